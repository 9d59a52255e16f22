"""A campus that was put back from a backup does not issue before every workshop has shown what it holds, or an admin has spoken."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync import Change, exchange
from sync.http import synchronise
from sync.ops import b64
from sync.signing import PrivateKey
from sync.wire import compress
from tests.integration.certificates.conftest import CLASS, PART, Meet, SignIn, _meet, record
from tests.integration.certificates.test_flow import AKELLO, MUKASA, WANG, approved, refused
from tests.integration.conftest import Clock, csrf_of
from workshop.admission import COMMON, SYSTEM
from workshop.backup import restore_backup, write_backup
from workshop.certificates import commands, gone
from workshop.certificates.serial import Block, above, parse_serial
from workshop.devices import commands as devices
from workshop.exchange import bundles, caught_up
from workshop.exchange.bundles import Wanted
from workshop.factory import create_app
from workshop.setup import join_workshop
from workshop.site import Site

PutBack = Callable[[], Site]


@pytest.fixture
def put_back(campus: Site, tmp_path: Path, clock: Clock) -> Iterator[PutBack]:
    """A backup of the campus as it is now; called, it is put back into a folder of its own and opened."""
    opened: list[Site] = []
    write_backup(campus, tmp_path / "campus.tar")

    def act() -> Site:
        folder = tmp_path / f"back {len(opened)}"
        restore_backup(tmp_path / "campus.tar", folder, clock)
        opened.append(Site(folder, clock))
        return opened[-1]

    yield act
    for site in opened:
        site.close()


@pytest.fixture
def batch(workshop: Site, campus: Site, meet: Meet) -> str:
    """Approved by both sides and known at both; the backup is made after this."""
    return approved(workshop, campus, meet)


def awaited(site: Site) -> list[str]:
    return [one.part for one in caught_up.behind(site, site.db)]


def serials(site: Site) -> list[str]:
    return [row[0] for row in site.db.execute("select id from rm_certificate order by id")]


def admin(site: Site) -> None:
    record(site, SYSTEM, "staff.add", Change("grant", "swang.admin.all", {"active": True}), part=COMMON)


def through_the_door(workshop: Site, campus: Site) -> None:
    """One whole exchange with the campus's own web server."""
    client = create_app(campus, TESTING=True).test_client()

    def carrier(data: bytes, signature: str) -> bytes:
        answer = client.post("/sync/v1/exchange", data=data, headers={"Luban-Signature": signature})
        assert answer.status_code == 200
        return answer.data

    with workshop.locked() as node:
        synchronise(node, exchange.Conversation(), carrier, [COMMON, PART])


def test_a_campus_that_was_never_put_back_waits_for_nobody(campus: Site, batch: str) -> None:
    assert awaited(campus) == []
    assert len(commands.issue(campus, PART, WANG, batch)) == 3


def test_nothing_is_issued_before_the_workshop_has_exchanged(
    workshop: Site, campus: Site, meet: Meet, batch: str, put_back: PutBack
) -> None:
    given = commands.issue(campus, PART, WANG, batch)
    meet()
    back = put_back()
    refused("restored_not_caught_up", commands.issue, back, PART, WANG, batch)
    assert serials(back) == []
    through_the_door(workshop, back)
    assert awaited(back) == [] and serials(back) == given
    refused("certificate_issued", commands.issue, back, PART, WANG, batch)
    again = commands.propose(workshop, PART, AKELLO, CLASS, ["tkato"])
    commands.approve(workshop, PART, MUKASA, again, "site")
    through_the_door(workshop, back)
    commands.approve(back, PART, WANG, again, "campus")
    [fourth] = commands.issue(back, PART, WANG, again)
    assert parse_serial(fourth).number == 4


def test_every_workshop_is_waited_for_also_one_that_only_the_other_ones_know(
    workshop: Site, campus: Site, meet: Meet, batch: str, put_back: PutBack, tmp_path: Path
) -> None:
    back = put_back()
    key = PrivateKey.load_or_create(tmp_path / "gulu.key")
    join_workshop(campus, key.public, "gulu", "Gulu", "古卢", 180)
    meet()
    assert awaited(back) == [PART]
    _meet(workshop, back)
    assert awaited(back) == ["gulu"], "enrolled after the backup; the first workshop brought word of it"
    refused("restored_not_caught_up", commands.issue, back, PART, WANG, batch)


def test_a_first_request_that_shows_more_than_is_here_is_not_enough(
    workshop: Site, campus: Site, meet: Meet, batch: str, put_back: PutBack
) -> None:
    commands.issue(campus, PART, WANG, batch)
    meet()
    back = put_back()
    with workshop.locked() as node:
        raw, _ = exchange.ask(node, exchange.Conversation(back.device, None), [COMMON, PART])
    caller = exchange.open_request(compress(raw), node_signature(workshop, raw), back.device)
    assert caller.said.have
    caught_up.note_contact(back, caller)
    assert awaited(back) == [PART]


def node_signature(site: Site, raw: bytes) -> str:
    return b64(site.key.sign(exchange.request_statement(raw)))


def test_a_file_counts_when_it_was_written_after_the_restore_and_holds_everything(
    workshop: Site, campus: Site, meet: Meet, batch: str, put_back: PutBack, tmp_path: Path, clock: Clock
) -> None:
    old, thin, whole = (tmp_path / name for name in ("old", "thin", "whole"))
    bundles.write_to(workshop, Wanted(PART, everything=True), old)
    given = commands.issue(campus, PART, WANG, batch)
    meet()
    clock.now += 60_000
    back = put_back()
    bundles.take_file(back, old, back.parts)
    assert awaited(back) == [PART], "written before the certificates came to the workshop"
    clock.now += 60_000
    bundles.write_to(workshop, Wanted(PART), thin)
    bundles.take_file(back, thin, back.parts)
    assert awaited(back) == [PART], "the workshop leaves out what the campus had receipted or made itself"
    bundles.write_to(workshop, Wanted(PART, everything=True), whole)
    bundles.take_file(back, whole, back.parts)
    assert awaited(back) == [] and serials(back) == given


def test_a_store_whose_own_ops_come_back_waits_as_well(
    workshop: Site, campus: Site, meet: Meet, batch: str, put_back: PutBack, tmp_path: Path, clock: Clock
) -> None:
    """A folder that was copied by hand: nobody told it that it was put back."""
    copy = shutil.copytree(campus.folder, tmp_path / "by hand")
    commands.issue(campus, PART, WANG, batch)
    meet()
    back = Site(copy, clock)
    assert awaited(back) == []
    life, file = back.node.epoch, tmp_path / "file"
    bundles.write_to(workshop, Wanted(PART, everything=True), file)
    clock.now += 60_000
    bundles.take_file(back, file, back.parts)
    assert back.node.epoch != life and awaited(back) == [PART]
    _meet(workshop, back)
    assert awaited(back) == []
    back.close()


def test_an_admin_says_that_a_workshop_is_gone_and_numbers_are_left_out(
    workshop: Site, campus: Site, meet: Meet, batch: str, put_back: PutBack, signed_in: SignIn
) -> None:
    given = commands.issue(campus, PART, WANG, batch)
    back = put_back()
    refused("gone_none", gone.state_gone, campus, WANG, workshop.device, "burnt")
    admin(back)
    wang, page = signed_in(back, "wang"), f"/en/certificates/{batch}"
    shown = wang.get(f"{page}?site={PART}").text
    assert "Go on without this workshop" in shown and "Issue the certificates" not in shown
    assert "备份" in wang.get(f"/zh/certificates/{batch}?site={PART}").text

    def say(reason: str) -> int:
        fields = {"csrf": csrf_of(wang, f"{page}?site={PART}"), "site": PART}
        fields |= {"device": workshop.device, "reason": reason}
        return wang.post(f"{page}/gone", data=fields).status_code

    assert say(" ") == 422 and awaited(back) == [PART]
    assert say("burnt with the building") == 303 and awaited(back) == []
    assert "Issue the certificates" in wang.get(f"{page}?site={PART}").text
    [(reason, actor)] = back.db.execute("select reason, actor from rm_gone_workshop")
    assert (reason, actor) == ("burnt with the building", "swang")
    new = commands.issue(back, PART, WANG, batch)
    assert [parse_serial(serial).number for serial in new] == [1001, 1002, 1003]
    assert not set(new) & set(given)
    indexes = [row[0] for row in back.db.execute("select status_index from rm_certificate order by id")]
    assert indexes == [1002, 1003, 1004]


def test_only_an_admin_of_the_campus_sees_and_sends_the_form(
    workshop: Site, campus: Site, batch: str, put_back: PutBack, signed_in: SignIn
) -> None:
    back = put_back()
    wang, page = signed_in(back, "wang"), f"/en/certificates/{batch}?site={PART}"
    shown = wang.get(page).text
    assert "Nothing is issued until" in shown and "Go on without" not in shown
    fields = {"csrf": csrf_of(wang, "/en/account"), "site": PART, "device": workshop.device, "reason": "gone"}
    assert wang.post(f"/en/certificates/{batch}/gone", data=fields).status_code == 403
    assert awaited(back) == [PART]
    refused("certificate_campus_only", gone.state_gone, workshop, MUKASA, workshop.device, "no")


def test_a_workshop_revoked_after_the_restore_needs_the_word_too(
    workshop: Site, campus: Site, meet: Meet, batch: str, put_back: PutBack, tmp_path: Path, clock: Clock
) -> None:
    """Its papers may bear numbers that this store does not know. One revoked before the backup had nothing since."""
    back = put_back()
    clock.forward(60_000)
    devices.revoke(back, COMMON, workshop.device, SYSTEM)
    assert awaited(back) == [PART]
    admin(back)
    gone.state_gone(back, WANG, workshop.device, "stolen")
    assert awaited(back) == []
    write_backup(back, tmp_path / "second.tar")
    clock.forward(60_000)
    restore_backup(tmp_path / "second.tar", tmp_path / "second", clock)
    second = Site(tmp_path / "second", clock)
    assert awaited(second) == []
    second.close()


def test_another_restore_asks_again(
    workshop: Site, batch: str, put_back: PutBack, tmp_path: Path, clock: Clock
) -> None:
    back = put_back()
    _meet(workshop, back)
    assert awaited(back) == []
    write_backup(back, tmp_path / "second.tar")
    restore_backup(tmp_path / "second.tar", tmp_path / "second", clock)
    second = Site(tmp_path / "second", clock)
    assert awaited(second) == [PART]
    second.close()


def test_blocks_above_a_number() -> None:
    blocks = [Block(1, 500), Block(10_001, 10_500)]
    assert above(blocks, 0) == blocks
    assert above(blocks, 480) == [Block(481, 500), Block(10_001, 10_500)]
    assert above(blocks, 1_480) == [Block(10_001, 10_500)]
