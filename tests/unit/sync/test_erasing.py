"""Erasing a person: one rule over the set of ops, whatever came first and by which road; and what is no word about a person stays."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync import AdmissionError, Change, Draft, Node, restating
from sync.erasing import Eraser
from sync.messages import request_statement
from sync.ops import Header, b64, body_hash, encode_header, erased_line
from sync.wire import Run, compress, pack, unpack
from tests.sync_world import PARTS, World, assert_sound, give, mark, quarantine, replica, rows, serve, status
from workshop.admission import SYSTEM

PERSON = {
    "name": "Okot James",
    "name_zh": "奥科特",
    "phone": "+256 700 000000",
    "category": "employee",
    "same_as": "tauma",
}
MARK = ("T01.1.tokot", {"status": "late", "minutes": 5, "note": "Okot came by boda"})


@pytest.fixture
def world(tmp_path: Path) -> Any:
    made = World(tmp_path)
    made.enrol(made.one, made.two)
    yield made
    made.close()


def add(world: World, trainee: str = "tokot", **fields: Any) -> str:
    change = Change("trainee", trainee, PERSON | fields)
    return world.workshop.record(actor=SYSTEM, intent="trainee.add", changes=[change])


def note(world: World) -> str:
    """A mark with a word about Okot beside another's mark, in one op."""
    changes = [Change("attendance", *MARK), mark("tauma", "present")]
    return world.one.record("mbale", "pak", "attendance.mark", changes)


def erase(world: World, *records: str, settle: bool = True) -> None:
    changes = [
        Change("erasure", one, {"kind": "trainee", "reason": "asked"}) for one in records or ("tokot",)
    ]
    world.campus.node.author([Draft(SYSTEM, "person.erase", changes, "mbale")])
    if settle:
        world.campus.settle_erasures()


def words(node: Node) -> int:
    """How many places of a whole file still hold his name."""
    tables = [row[0] for row in rows(node, "select name from sqlite_schema where type = 'table'")]
    found = 0
    for table in tables:
        columns = [row[1] for row in rows(node, f"pragma table_info({table})")]
        for column in columns:
            found += rows(node, f"select count(*) from {table} where instr({column}, 'Okot') > 0")[0][0]
    return found


def serve_as(world: World, mark: str) -> dict[str, Any]:
    """The first line of the workshop's answer to tablet one, which says that it has done what `mark` stands for."""
    device = world.one
    hello = {
        "luban": 1,
        "device": device.device,
        "epoch": device.epoch,
        "key": device.key.public,
        "role": "tablet",
    }
    raw = pack({**hello, "to": world.workshop.device, "now": 0, "head": device.heads(), "erased": mark}, [])
    signature = b64(device.key.sign(request_statement(raw)))
    return unpack(serve(world.workshop.node, compress(raw), signature, []))[0]


def everything(node: Node) -> list[Run]:
    return list(node.log.all_missing_for({}, PARTS))


def test_the_words_go_everywhere_and_the_counts_stay(world: World) -> None:
    add(world)
    note(world)
    world.one.send(world.workshop)
    world.exchange()
    erase(world)
    world.exchange()
    world.agree()
    for site in (world.campus, world.workshop):
        assert words(site.node) == 0
        assert rows(site.node, "select name, phone, category, same_as from rm_trainee") == [
            (None, None, "employee", "tauma")
        ]
        assert rows(site.node, "select status, minutes, note, actor from rm_attendance order by id") == [
            ("present", None, None, "pak"),
            ("late", 5, None, "pak"),
        ]
        assert rows(site.node, "select count(*) from rm_conflict") == [(0,)]
    assert world.exchange().taken == 0


def test_the_file_itself_holds_no_word_any_more(world: World) -> None:
    add(world)
    world.exchange()
    erase(world)
    world.workshop.locked().__enter__()
    with world.workshop.locked():
        pass
    world.exchange()
    with world.workshop.locked():
        pass
    for site in (world.campus, world.workshop):
        for path in site.folder.iterdir():
            if path.is_file():
                assert b"Okot James" not in path.read_bytes(), path.name


def test_what_comes_a_year_later_goes_too_and_its_mark_stays(world: World) -> None:
    add(world)
    world.exchange()
    erase(world)
    world.exchange()
    world.clock.now += 365 * 24 * 3600 * 1000
    note(world)
    world.one.send(world.workshop)
    assert words(world.workshop.node) == 0
    with world.workshop.locked():
        pass
    assert status(world.workshop.node, "tokot") == "late"
    assert status(world.workshop.node, "tauma") == "present"
    world.exchange()
    world.agree()
    assert status(world.campus.node, "tokot") == "late"
    assert rows(world.campus.node, "select count(*) from rm_conflict") == [(0,)]


def test_who_only_ever_got_the_hash_says_the_same(world: World) -> None:
    add(world)
    note(world)
    world.one.send(world.workshop)
    world.exchange()
    whole = everything(world.workshop.node)
    erase(world)
    world.exchange()
    node = world.campus.node
    bare = replica(world.campus.device, world.clock, "bare")
    assert give(bare, *everything(node)) == []
    late = replica(world.campus.device, world.clock, "late")
    assert give(late, *whole, *everything(node)) == []
    for other in (bare, late):
        assert other.model.state_hash() == node.model.state_hash()
        assert words(other) == 0
        assert_sound(other)
    assert give(bare, *whole) == []
    assert words(bare) == 0
    assert bare.model.state_hash() == node.model.state_hash()


def test_a_conflict_stays_one_and_what_was_replaced_stays_so(world: World) -> None:
    add(world)
    world.one.mark("tokot", "absent")
    world.one.record("mbale", "pak", "attendance.mark", [Change("attendance", *MARK)])
    world.two.mark("tokot", "excused")
    for tablet in (world.one, world.two):
        tablet.send(world.workshop)
    world.exchange()
    before = status(world.campus.node, "tokot")
    shown = rows(world.campus.node, "select value, winner from rm_conflict order by value")
    erase(world)
    world.exchange()
    world.agree()
    assert status(world.campus.node, "tokot") == before
    assert rows(world.campus.node, "select value, winner from rm_conflict order by value") == shown


def test_a_signed_test_keeps_its_outcome_its_assessor_and_its_time(world: World) -> None:
    result = {"steps": [["s1", "yes", "Okot was slow"], ["s2", "no", ""]], "outcome": "not_yet"}
    scope = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "r1"}
    world.one.record("mbale", "pak", "attempt.start", [Change("attempt", "a1", {**scope, "started_at": 5})])
    step = Change("attempt_step", "a1.s1", {"result": "yes", "remark": "Okot was slow"})
    world.one.record("mbale", "pak", "attempt.step", [step])
    signed = world.one.record(
        "mbale", "pak", "attempt.sign_off", [Change("attempt", "a1", {**scope, "result": result})]
    )
    world.one.send(world.workshop)
    world.exchange()
    wall = rows(world.campus.node, "select wall from rm_attempt")
    erase(world, "tokot", "a1")
    world.exchange()
    world.agree()
    assert words(world.campus.node) == 0
    [(kept, actor)] = rows(world.campus.node, "select result, actor from rm_attempt")
    assert kept == '{"outcome":"not_yet","steps":[["s1","yes",""],["s2","no",""]]}'
    assert actor == "pak"
    assert rows(world.campus.node, "select wall from rm_attempt") == wall
    assert rows(world.campus.node, "select was from rm_again where was = ?", signed) == [(signed,)]
    assert rows(world.campus.node, "select result, remark from rm_attempt_step") == [("yes", None)]


def test_a_test_that_turns_up_later_is_followed_up_by_the_root(world: World) -> None:
    add(world)
    world.exchange()
    erase(world)
    scope = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "r1", "started_at": 5}
    world.one.record("mbale", "pak", "attempt.start", [Change("attempt", "a7", scope)])
    step = Change("attempt_step", "a7.s1", {"result": "yes", "remark": "Okot was slow"})
    world.one.record("mbale", "pak", "attempt.step", [step])
    world.one.send(world.workshop)
    world.exchange()
    with world.campus.locked():
        pass
    world.exchange()
    world.agree()
    assert words(world.campus.node) == words(world.workshop.node) == 0
    assert rows(world.campus.node, "select result, remark from rm_attempt_step") == [("yes", None)]


def test_only_the_root_erases(world: World) -> None:
    add(world)
    change = Change("erasure", "tokot", {"kind": "trainee"})
    with pytest.raises(AdmissionError) as refused:
        world.workshop.record(actor=SYSTEM, intent="person.erase", changes=[change])
    assert refused.value.code == "role_missing"
    with pytest.raises(AdmissionError):
        world.campus.record(actor="pak", intent="person.erase", changes=[change], part="mbale")
    op = world.one.record("mbale", "pak", "person.erase", [change])
    world.one.send(world.workshop)
    assert quarantine(world.workshop.node)[op] == "role_missing"
    assert words(world.workshop.node) > 0


def test_another_persons_words_in_the_same_op_are_said_again(world: World) -> None:
    changes = [
        Change("trainee", "tokot", PERSON),
        Change("trainee", "tauma", {"name": "Auma Grace", "category": "other"}),
    ]
    world.workshop.record(actor=SYSTEM, intent="roster.import", changes=changes)
    world.exchange()
    erase(world)
    world.exchange()
    world.agree()
    assert rows(world.workshop.node, "select id, name from rm_trainee order by id") == [
        ("tauma", "Auma Grace"),
        ("tokot", None),
    ]


def test_what_is_held_back_is_blanked_and_said_again_when_its_author_is_known(world: World) -> None:
    add(world)
    world.exchange()
    erase(world)
    world.exchange()
    stranger = type(world.one)("tablet three", world.clock, "cccccccc")
    stranger.record("mbale", "pak", "attendance.mark", [Change("attendance", *MARK)])
    stranger.send(world.workshop)
    with world.workshop.locked():
        pass
    assert words(world.workshop.node) == 0
    assert status(world.workshop.node, "tokot") is None
    world.enrol(stranger)
    with world.workshop.locked():
        pass
    assert status(world.workshop.node, "tokot") == "late"
    world.exchange()
    world.agree()


def test_nothing_is_owed_twice(world: World) -> None:
    add(world)
    note(world)
    world.one.send(world.workshop)
    world.exchange()
    erase(world, settle=False)
    assert restating.settle(world.campus.node) == 2
    assert restating.settle(world.campus.node) == 0
    assert rows(world.campus.node, "select count(*) from op_residue") == [(0,)]


def test_the_place_of_the_erased_op_is_told(world: World) -> None:
    add(world)
    world.exchange()
    erase(world)
    [via] = [
        row[0]
        for row in rows(
            world.campus.node, "select header ->> 'via' from op_log where header ->> 'via' is not null"
        )
    ]
    assert restating.original(via) == (world.workshop.device, world.workshop.node.epoch, 2)
    assert restating.original("form") is None


def test_a_tablet_is_told_what_to_let_go_of_until_it_says_that_it_has(world: World) -> None:
    add(world)
    op = note(world)
    quiet, _ = unpack(world.one.send(world.workshop))
    assert "erased" not in quiet
    world.exchange()
    erase(world)
    world.exchange()
    told, _ = unpack(world.one.send(world.workshop, runs=[]))
    assert told["erased"]["ops"] == [op]
    assert told["erased"]["people"] == ["tokot"]
    again = serve_as(world, told["erased"]["mark"])
    assert "erased" not in again
    assert len(compress(pack(again, []))) < 1024
    erase(world, "tauma")
    world.exchange()
    assert serve_as(world, told["erased"]["mark"])["erased"]["people"] == ["tauma", "tokot"]


def test_an_erased_line_of_its_author_counts_only_where_the_op_is_held(world: World) -> None:
    add(world)
    note(world)
    [run] = world.one.unsent(world.workshop.device)
    bare = replace(run, lines=[(run.lines[0][0], erased_line(body_hash(run.lines[0][1])))])
    assert [error.code for _, error in world.workshop.node.take([bare], device=world.one.device)[1]] == [
        "bad_message"
    ]
    assert rows(
        world.workshop.node,
        "select count(*) from op_log l join op_chain c on c.id = l.chain where c.device = ?",
        world.one.device,
    ) == [(0,)]
    world.one.send(world.workshop)
    assert world.workshop.node.take([bare], device=world.one.device) == (0, [])


def test_a_rebuild_blanks_what_a_newer_program_knows_to_be_personal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(world)
    world.exchange()
    with monkeypatch.context() as older:
        older.setattr(Eraser, "_is_about", lambda *_: False)
        erase(world)
        world.exchange()
    assert words(world.workshop.node) > 0
    for site in (world.campus, world.workshop):
        site.node.rebuild()
        site.settle_erasures()
        assert words(site.node) == 0
    world.exchange()
    world.agree()
    assert rows(world.workshop.node, "select name, category from rm_trainee") == [(None, "employee")]


def test_a_body_of_a_later_version_is_left_until_it_can_be_read(world: World) -> None:
    add(world)
    world.exchange()
    erase(world)
    world.exchange()
    device = world.one
    header = Header(
        v=2, dev=device.device, ep=device.epoch, part="mbale", seq=1, wall=1, tz=0, actor="pak", intent="x"
    )
    device.append("mbale", encode_header(header), b'["tokot: what a later version writes"]')
    device.send(world.workshop)
    assert rows(world.workshop.node, "select count(*) from rm_newer") == [(1,)]
    assert rows(
        world.workshop.node, "select count(*) from op_log where instr(body, 'a later version') > 0"
    ) == [(1,)]
