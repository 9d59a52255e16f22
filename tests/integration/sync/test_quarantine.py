"""What may not be applied is kept, shown with its reason, and comes out by itself when it may. It never holds up others."""

import itertools

import pytest

from sync import Change
from sync.author import Author
from tests.sync_world import (
    PART,
    PARTS,
    World,
    bind,
    device,
    give,
    grant,
    key,
    mark,
    quarantine,
    replica,
    rows,
    status,
)
from workshop.admission import SYSTEM


def test_a_poisoned_op_in_a_run_of_fifty(world: World) -> None:
    world.enrol(world.one)
    for number in range(50):
        world.one.mark(f"p{number}", "present" if number != 20 else "asleep")
    world.one.send(world.workshop)
    assert rows(world.workshop.node, "select count(*) from rm_attendance") == [(49,)]
    assert list(quarantine(world.workshop.node).values()) == ["bad_fields"]
    assert world.one.at(world.workshop.device) == 50
    world.exchange()
    world.agree()


def test_ops_come_before_everything_that_allows_them(world: World) -> None:
    """The tablet was handed out before anybody enrolled it: each record that arrives moves its ops one step on."""
    op = world.one.mark("p1")
    world.one.send(world.workshop)
    steps = [
        ("unknown_device", device(world.one.device, world.one.key.public)),
        ("unknown_actor", grant("pak")),
        ("actor_not_on_device", bind(world.one.device, "pak")),
    ]
    for code, change in steps:
        assert quarantine(world.workshop.node) == {op: code}
        world.workshop.record(actor=SYSTEM, intent="device.enrol", changes=[change])
    assert quarantine(world.workshop.node) == {}
    assert status(world.workshop.node, "p1") == "present"
    world.exchange()
    world.agree()


def test_a_chain_of_grants_opens_in_one_go(world: World) -> None:
    """Each admin was made by the one before; the first grant arrives last."""
    people = ["pa", "pb", "pc", "pd"]
    for giver, taker in itertools.pairwise(people):
        other = world.campus.node
        with pytest.raises(Exception, match="unknown_actor"):
            world.campus.record(actor=giver, intent="x", changes=[grant(taker, "admin")], part=PART)
        assert other.log.branches((world.campus.device, other.epoch, PART)) == []
    second = Author(key("second campus"), "aaaaaaaa", world.clock)
    for giver, taker in itertools.pairwise(people):
        second.record(PART, giver, "x", [grant(taker, "admin")])
    assert give(world.campus.node, *second.runs(PART)) == []
    world.campus.record(
        actor=SYSTEM, intent="x", changes=[device(second.device, second.key.public, "campus", "campus")]
    )
    assert set(quarantine(world.campus.node).values()) == {"unknown_actor"}
    world.campus.record(actor=SYSTEM, intent="x", changes=[grant("pa", "admin")])
    assert quarantine(world.campus.node) == {}
    assert len(rows(world.campus.node, "select id from rm_grant where role = 'admin'")) == 4
    world.exchange()
    world.agree()


def test_what_held_itself_up_falls_when_its_ground_does(world: World) -> None:
    """A person who was made admin by a server that is revoked cannot stay admin by having granted it to herself."""
    workshop = world.workshop
    workshop.record(actor=SYSTEM, intent="x", changes=[grant("pak")])
    good = workshop.node.log.branches((workshop.device, workshop.node.epoch, PART))[0].seq
    workshop.record(actor=SYSTEM, intent="x", changes=[grant("pmal", "admin")])
    world.exchange()
    again = world.campus.record(actor="pmal", intent="x", changes=[grant("pmal", "admin")], part=PART)
    revoked = {f"{workshop.node.epoch}/{PART}": good}
    world.campus.record(
        actor=SYSTEM,
        intent="device.revoke",
        changes=[Change("device", workshop.device, {"revoked_at": revoked})],
    )
    assert quarantine(world.campus.node)[again] == "unknown_actor"
    assert rows(world.campus.node, "select id from rm_grant order by id") == [("pak.instructor.all",)]
    world.exchange()
    world.agree()


@pytest.mark.parametrize("arrives", ["before", "between", "after"])
def test_a_revocation_names_a_seq_and_comes_when_it_comes(world: World, arrives: str) -> None:
    world.enrol(world.one)
    for number in range(4):
        world.one.mark(f"p{number}")
    runs = world.one.runs(PART, most=2)

    def revoke() -> None:
        change = Change("device", world.one.device, {"revoked_at": {f"{world.one.epoch}/{PART}": 3}})
        world.workshop.record(actor=SYSTEM, intent="device.revoke", changes=[change])

    if arrives == "before":
        revoke()
    give(world.workshop.node, runs[0])
    if arrives == "between":
        revoke()
    give(world.workshop.node, runs[1])
    if arrives == "after":
        revoke()
    assert list(quarantine(world.workshop.node).values()) == ["device_revoked"]
    assert [status(world.workshop.node, f"p{n}") for n in range(4)] == ["present"] * 3 + [None]
    world.exchange()
    world.agree()


def test_a_revocation_is_raised_and_lifted(world: World) -> None:
    test_a_revocation_names_a_seq_and_comes_when_it_comes(world, "after")
    for good, held in (({f"{world.one.epoch}/{PART}": 1}, 3), ({}, 4), (None, 0)):
        heads = rows(
            world.workshop.node,
            "select json_extract(heads, '$.revoked_at[0]') from rm_device where part = ?",
            PART,
        )
        change = Change("device", world.one.device, {"revoked_at": good}, (heads[0][0],))
        world.workshop.record(actor=SYSTEM, intent="device.revoke", changes=[change])
        assert len(quarantine(world.workshop.node)) == held
        assert rows(world.workshop.node, "select count(*) from rm_attendance") == [(4 - held,)]
        world.exchange()
        world.agree()


def test_ops_of_a_withdrawn_role_stand(world: World) -> None:
    """Late news never destroys work: `active` false ends what a person may begin at a server, not what was done."""
    world.enrol(world.one)
    world.one.mark("p1")
    world.workshop.record(
        actor=SYSTEM, intent="x", changes=[Change("grant", "pak.instructor.all", {"active": False})]
    )
    world.one.send(world.workshop)
    assert status(world.workshop.node, "p1") == "present"


def test_a_tablet_writes_nothing_that_admission_rests_on(world: World) -> None:
    """Not even with an admin at it: else a stolen tablet could lift its own revocation."""
    world.enrol(world.one, people=["pmuk"])
    world.workshop.record(actor=SYSTEM, intent="x", changes=[grant("pmuk", "admin")])
    ops = [
        world.one.record(PART, "pmuk", "x", [change])
        for change in (
            grant("pmal", "admin"),
            Change("device", world.one.device, {"revoked_at": None}),
            bind(world.one.device, "pmal"),
        )
    ]
    world.one.send(world.workshop)
    assert quarantine(world.workshop.node) == dict.fromkeys(ops, "role_missing")
    world.exchange()
    world.agree()


def test_the_part_common_belongs_to_the_campus(world: World) -> None:
    world.enrol(world.one, people=["pmuk"])
    op = world.one.record("common", "pmuk", "x", [Change("course", "c1", {"planned_minutes": 60})])
    world.one.send(world.workshop)
    assert quarantine(world.workshop.node) == {op: "unknown_device"}
    world.exchange()
    world.agree()


def test_a_newer_version_lies_still_and_is_passed_on(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    header = world.one.runs(PART)[0].lines[0][0].replace(b'"v":1', b'"v":2').replace(b'"seq":1', b'"seq":2')
    world.one.append(PART, header, b'[{"what":"a later version"}]')
    world.one.mark("p2")
    world.one.send(world.workshop)
    assert quarantine(world.workshop.node) == {}
    assert [status(world.workshop.node, f"p{n}") for n in (1, 2)] == ["present", "present"]
    assert world.one.at(world.workshop.device) == 3
    world.exchange()
    world.agree()


def test_hostile_values_never_reach_a_table(world: World) -> None:
    world.enrol(world.one)
    bodies = [
        b'[["attendance","T01.1.p1",{"note":"a\\u0000b"}]]',
        b'[["attendance","T01.1.p1",{"status":"late","minutes":1e2}]]',
        b'[["attendance","T01.1.p1",{"status":"late","minutes":9007199254740993}]]',
        b'[["attendance","T01.1.p1",{"note":1}]]',
        b'[["attendance","T01.1.p1",{"new":"x"}]]',
        b'[["attendance","T01.1.p1",{}]]',
        b'[["attendance","T01.1.p1; drop table op_log",{"note":"x"}]]',
        b'[["attendance","T01.1",{"note":"x"}]]',
        b'[["rm_meta","x",{"value":"x"}]]',
        b'[["attendance","T01.1.p1",{"note":"' + b"x" * 5000 + b'"}]]',
        b'[["attendance","T01.1.p1",{"note":"x"},["' + b'","'.join([b"A" * 16] * 33) + b'"]]]',
        b'[["attendance","T01.1.p1",{"note":' + b"[" * 30 + b"]" * 30 + b"}]]",
    ]
    world.one.mark("p0")
    line = world.one.runs(PART)[0].lines[0][0]
    for number, body in enumerate(bodies, 2):
        world.one.append(PART, line.replace(b'"seq":1,', b'"seq":%d,' % number), body)
    world.one.mark("p9")
    world.one.send(world.workshop)
    assert len(quarantine(world.workshop.node)) == len(bodies)
    assert rows(world.workshop.node, "select count(*) from rm_attendance") == [(2,)]
    world.exchange()
    world.agree()


def test_a_replica_that_hears_all_at_the_end_agrees(world: World) -> None:
    """A fresh store gets the whole log in one go, chains in another order: the same rows."""
    test_a_revocation_is_raised_and_lifted(world)
    node = replica(world.campus.device, world.clock)
    runs = list(world.campus.node.log.all_missing_for({}, PARTS))
    assert give(node, *reversed(runs)) == []
    assert node.model.state_hash() == world.campus.node.model.state_hash()
    assert mark("p1").type == "attendance"
