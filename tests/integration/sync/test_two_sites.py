"""A workshop and its campus, offline for weeks, then together: both hold the same ops and say the same."""

import json
import random

import pytest

from sync import AdmissionError, CarrierError, Change, Draft
from sync.bundle import read_bundle, write_bundle
from sync.http import synchronise
from tests.sync_world import PART, PARTS, World, bind, device, grant, key, mark, quarantine, rows, status
from workshop.admission import SYSTEM
from workshop.site import Site


def people(world: World) -> None:
    world.workshop.record(actor=SYSTEM, intent="staff.add", changes=[grant("pak"), grant("pmuk", "admin")])
    world.campus.record(actor=SYSTEM, intent="staff.add", changes=[grant("pwang", "reviewer")])
    world.exchange()


def test_marks_made_at_both_ends_meet(world: World) -> None:
    people(world)
    world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("tokot", "present")])
    world.campus.record(actor="pwang", intent="attendance.mark", changes=[mark("tokot", "absent")], part=PART)
    world.campus.record(
        actor="pwang", intent="attendance.mark", changes=[mark("tauma", "late", 5)], part=PART
    )
    outcome = world.exchange()
    assert (outcome.sent, outcome.taken, outcome.refused) == (1, 2, [])
    world.agree()
    for site in (world.workshop, world.campus):
        assert rows(site.node, "select id, conflict from rm_attendance order by id") == [
            ("T01.1.tauma", 0), ("T01.1.tokot", 1),
        ]  # fmt: skip
        assert rows(site.node, "select actor, winner from rm_conflict order by actor") == [
            ("pak", 0),
            ("pwang", 1),
        ]


def test_an_edit_in_view_of_both_settles_it_everywhere(world: World) -> None:
    test_marks_made_at_both_ends_meet(world)
    heads = rows(
        world.campus.node, "select json_extract(heads, '$.mark') from rm_attendance where conflict = 1"
    )
    base = json.loads(heads[0][0])
    world.campus.record(
        actor="pwang", intent="conflict.decide", changes=[mark("tokot", "excused", base=base)], part=PART
    )
    world.exchange()
    world.agree()
    assert status(world.workshop.node, "tokot") == "excused"
    assert rows(world.workshop.node, "select count(*) from rm_conflict") == [(0,)]


def test_the_sessions_own_instructor_wins_for_now_also_when_named_later(world: World) -> None:
    test_marks_made_at_both_ends_meet(world)
    assert status(world.workshop.node, "tokot") == "absent"
    world.workshop.record(
        actor="pak", intent="session.plan", changes=[Change("session", "T01.1", {"instructor_id": "pak"})]
    )
    world.exchange()
    world.agree()
    assert status(world.campus.node, "tokot") == "present"
    assert rows(world.campus.node, "select conflict from rm_attendance where id = 'T01.1.tokot'") == [(1,)]


def test_the_same_by_three_roads_at_once(world: World) -> None:
    """HTTP, a file, and the file again; in whichever order, nothing is there twice."""
    people(world)
    for number in range(30):
        world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark(f"p{number}")])
    folder = world.campus.folder.parent
    write_bundle(world.workshop.node, folder / "one.luban", PARTS)
    for _ in range(2):
        assert read_bundle(world.campus.node, folder / "one.luban", PARTS)[2] == []
    assert world.exchange().refused == []
    assert read_bundle(world.campus.node, folder / "one.luban", PARTS)[1] == 0
    world.agree()
    write_bundle(world.campus.node, folder / "two.luban", PARTS, world.workshop.node.log.vector(PARTS))
    assert read_bundle(world.workshop.node, folder / "two.luban", PARTS)[1] == 0
    assert world.workshop.node.receipts.lacks_some_of(world.campus.device, PARTS) is False


@pytest.mark.parametrize("seed", range(4))
def test_a_line_that_breaks_at_any_trip(world: World, seed: int) -> None:
    """Requests and answers are lost at random; each try goes on where the last one stood."""
    rng = random.Random(seed)
    people(world)
    for number in range(1100):
        world.workshop.node.author([draft(number)])
    for number in range(40):
        world.campus.record(actor="pwang", intent="attendance.mark", changes=[mark(f"q{number}")], part=PART)
    tries = 0
    while True:
        tries += 1
        line = world.line

        def poor(data: bytes, signature: str, line: object = line) -> bytes:
            if rng.random() < 0.4:
                raise CarrierError("unreachable", reason="request lost")
            answer = line(data, signature)  # type: ignore[operator]
            if rng.random() < 0.4:
                raise CarrierError("unreachable", reason="answer lost")
            return answer  # type: ignore[no-any-return]

        try:
            synchronise(world.workshop.node, world.talk, poor, PARTS)
            break
        except CarrierError:
            assert tries < 200
    world.agree()
    assert rows(world.campus.node, "select count(*) from rm_attendance") == [(1140,)]


def draft(number: int) -> Draft:
    return Draft("pak", "attendance.mark", [mark(f"p{number}")], PART)


def test_a_restored_workshop_begins_an_epoch_and_loses_nothing(world: World) -> None:
    people(world)
    folder = world.workshop.folder
    world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p1")])
    world.workshop.node.db.conn.execute("pragma wal_checkpoint(truncate)")
    backup = {name: (folder / name).read_bytes() for name in ("site.db", "site.json", "site.key")}
    world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p2")])
    world.exchange()
    life = world.workshop.node.epoch
    world.workshop.close()

    restored = folder.parent / "restored"
    restored.mkdir()
    for name, data in backup.items():
        (restored / name).write_bytes(data)
    world.workshop = Site(restored, world.clock)
    assert world.workshop.node.epoch == life
    forked = world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p2", "absent")])
    world.talk = type(world.talk)()
    outcome = world.exchange()
    assert outcome.fork
    assert world.workshop.node.epoch != life
    after = world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p3")])
    world.exchange()
    world.agree()
    ids = {op.id for op in world.campus.node.log.read_since(0, 1000)}
    assert {forked, after} <= ids
    assert rows(world.campus.node, "select conflict from rm_attendance where id = 'T01.1.p2'") == [(1,)]
    assert Site(restored, world.clock).node.epoch == world.workshop.node.epoch


def test_a_restored_campus_is_filled_again_by_its_workshop(world: World) -> None:
    people(world)
    world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p1")])
    world.campus.node.db.conn.execute("pragma wal_checkpoint(truncate)")
    folder = world.campus.folder
    backup = {name: (folder / name).read_bytes() for name in ("site.db", "site.json", "site.key")}
    world.exchange()
    world.campus.record(actor="pwang", intent="attendance.mark", changes=[mark("p5")], part=PART)
    world.exchange()
    life = world.campus.node.epoch
    world.campus.close()
    restored = folder.parent / "restored"
    restored.mkdir()
    for name, data in backup.items():
        (restored / name).write_bytes(data)
    world.campus = Site(restored, world.clock)
    world.exchange()
    world.agree()
    assert status(world.campus.node, "p5") == "present", "its own later op came back"
    assert world.campus.node.epoch != life, "and it will not use that number again"


# -- one folder, two processes


def test_two_processes_write_one_folder(world: World) -> None:
    """Server and command line: each sees what the other wrote before it takes the next number."""
    people(world)
    other = Site(world.workshop.folder, world.clock)
    for number in range(6):
        site = (world.workshop, other)[number % 2]
        site.record(actor="pak", intent="attendance.mark", changes=[mark(f"p{number}")])
    other.record(actor=SYSTEM, intent="staff.add", changes=[grant("pna")])
    world.workshop.record(actor="pna", intent="attendance.mark", changes=[mark("p7")])
    world.enrol(world.one)
    world.one.mark("p8")
    world.one.send(other)
    world.one.mark("p9")
    world.one.send(world.workshop)
    assert world.one.at(world.workshop.device) == 2
    assert not world.one.forked
    hybrids = [
        op.header.hybrid
        for op in other.node.log.read_since(0, 100)
        if op.header.chain[:2] == (other.device, other.node.epoch)
    ]
    assert hybrids == sorted(set(hybrids)), "hybrid time never stands still in a chain"
    world.exchange()
    world.agree()
    life = other.node.begin_epoch()
    world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p10")])
    assert world.workshop.node.epoch == life
    other.close()


def test_a_refused_act_leaves_no_trace_in_memory(world: World) -> None:
    people(world)
    before = (world.workshop.node.log.vector(PARTS), world.workshop.node.epoch)
    with pytest.raises(AdmissionError, match="unknown_actor"):
        world.workshop.record(actor="mallory", intent="attendance.mark", changes=[mark("p1")])
    with pytest.raises(AdmissionError, match="bad_fields"):
        world.workshop.record(
            actor="pak", intent="x", changes=[Change("attendance", "T01.1.p1", {"status": "\ud800"})]
        )
    with world.workshop.writing():
        world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p2")])
        with pytest.raises(AdmissionError):
            world.workshop.record(actor="pak", intent="x", changes=[mark("p3", "late", -5)])
        world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p4")])
    with pytest.raises(ZeroDivisionError), world.workshop.writing():
        world.workshop.node.begin_epoch()
        world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p5")])
        raise ZeroDivisionError
    assert world.workshop.node.epoch == before[1]
    world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p6")])
    assert [row[0] for row in rows(world.workshop.node, "select id from rm_attendance order by id")] == [
        "T01.1.p2", "T01.1.p4", "T01.1.p6",
    ]  # fmt: skip
    world.exchange()
    world.agree()


# -- who decides about whom


def test_only_the_root_decides_about_servers(world: World) -> None:
    people(world)
    stranger = key("mallory")
    world.workshop.record(actor=SYSTEM, intent="x", changes=[device(stranger.device, stranger.public)])
    with pytest.raises(AdmissionError, match="wrong_part"):
        world.workshop.record(
            actor=SYSTEM, intent="x", changes=[device(stranger.device, stranger.public, "workshop")]
        )
    with pytest.raises(AdmissionError, match="wrong_part"):
        world.workshop.record(
            actor=SYSTEM, intent="x", changes=[device(stranger.device, stranger.public)], part="common"
        )
    with pytest.raises(AdmissionError, match="wrong_part"):
        world.workshop.record(actor="pak", intent="x", changes=[mark("p1")], part="kampala")


def test_a_workshop_cannot_take_rank_by_a_record_in_its_own_part(world: World) -> None:
    """A tablet that its workshop calls a campus is a tablet: what only servers state stays in quarantine."""
    people(world)
    world.enrol(world.one)
    world.one.record(PART, "pak", "x", [Change("device", world.one.device, {"kind": "campus"})])
    op = world.one.record(PART, "pak", "x", [bind(world.two.device, "pak")])
    world.one.send(world.workshop)
    assert quarantine(world.workshop.node)[op] == "role_missing"
    world.exchange()
    world.agree()


def test_a_revoked_workshop_takes_with_it_what_it_had_allowed(world: World) -> None:
    """The campus revokes a stolen box from a seq on: what rests on its later word goes to quarantine, and comes back when the
    revocation is lifted. The rest of its work stays.
    """
    people(world)
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.send(world.workshop)
    good = world.workshop.node.log.branches((world.workshop.device, world.workshop.node.epoch, PART))[0].seq
    world.enrol(world.two, people=["pna"])
    late = world.two.mark("p2", actor="pna")
    world.two.send(world.workshop)
    world.exchange()
    assert status(world.campus.node, "p2") == "present"

    life = f"{world.workshop.node.epoch}/{PART}"
    change = Change("device", world.workshop.device, {"revoked_at": {life: good}})
    revoked = world.campus.record(actor=SYSTEM, intent="device.revoke", changes=[change])
    world.exchange()
    world.agree()
    for site in (world.workshop, world.campus):
        assert quarantine(site.node)[late] == "unknown_device"
        assert status(site.node, "p2") is None
        assert status(site.node, "p1") == "present"

    lifted = Change("device", world.workshop.device, {"revoked_at": None}, (revoked,))
    world.campus.record(actor=SYSTEM, intent="device.revoke", changes=[lifted])
    world.exchange()
    world.agree()
    assert status(world.campus.node, "p2") == "present"
    assert quarantine(world.campus.node) == {}
