"""Cloned and restored tablets: both branches stay, everywhere, and each twin goes on under a new epoch."""

import random

import pytest

from tests.sync_world import PART, PARTS, World, rows, status


def test_twins_meet_their_server(world: World) -> None:
    world.enrol(world.one)
    for number in range(3):
        world.one.mark(f"p{number}")
    world.one.send(world.workshop)
    twin = world.one.clone()
    world.one.mark("p7", "present")
    twin.mark("p7", "absent")
    twin.mark("p8")
    world.one.send(world.workshop)
    assert not world.one.forked, "nothing is known of the twin yet"
    twin.send(world.workshop)
    assert twin.forked
    assert twin.at(world.workshop.device, epoch="aaaaaaaa") == 5, "all of its branch is here"
    world.one.mark("p9")
    world.one.send(world.workshop)
    assert world.one.forked
    for each in (world.one, twin):
        each.mark("p10")
        each.send(world.workshop)
        each.send(world.workshop)
        assert each.unsent(world.workshop.device) == []
    world.exchange()
    world.agree()
    assert rows(world.campus.node, "select id, conflict from rm_attendance where conflict = 1") == [
        ("T01.1.p7", 1)
    ]


def test_two_sites_that_met_different_branches_first_end_equal(world: World) -> None:
    """Campus and workshop each take another branch for the chain; after the exchange their vectors show both tips."""
    world.enrol(world.one)
    world.exchange()
    world.one.mark("p1")
    twin = world.one.clone()
    world.one.mark("p2", "present")
    world.one.mark("p3")
    twin.mark("p2", "absent")
    world.one.send(world.workshop)
    twin.send(world.campus)
    world.exchange()
    world.agree()
    tips = world.campus.node.log.vector(PARTS)[f"{world.one.device}/aaaaaaaa/{PART}"]
    assert [seq for seq, _ in tips] == [2, 3]
    for site in (world.workshop, world.campus):
        assert rows(site.node, "select conflict from rm_attendance where id = 'T01.1.p2'") == [(1,)]
    assert not world.workshop.node.receipts.lacks_some_of(world.campus.device, PARTS)
    for each in (world.one, twin):
        each.send(world.workshop)
        assert each.forked


def test_a_tablet_restored_from_an_old_backup_is_told_before_it_writes(world: World) -> None:
    """Nothing new is sent: its head alone shows that it has gone back."""
    world.enrol(world.one)
    world.one.mark("p1")
    old = world.one.clone()
    world.one.mark("p2")
    world.one.send(world.workshop)
    old.received.clear()
    old.send(world.workshop, runs=[])
    assert old.forked
    op = old.mark("p3")
    old.send(world.workshop)
    assert status(world.workshop.node, "p3") == "present"
    assert rows(world.workshop.node, "select count(*) from op_chain where parent is not null") == [(0,)]
    assert op


def test_a_tablet_that_rewrote_its_history_at_the_same_length_is_told(world: World) -> None:
    world.enrol(world.one)
    twin = world.one.clone()
    world.one.mark("p1", "present")
    twin.mark("p1", "absent")
    world.one.send(world.workshop)
    twin.send(world.workshop, runs=[])
    assert twin.forked


@pytest.mark.parametrize("seed", range(6))
def test_many_twins_of_twins_over_two_servers(world: World, seed: int) -> None:
    rng = random.Random(seed)
    world.enrol(world.one)
    world.exchange()
    herd = [world.one]
    for _ in range(40):
        act = rng.random()
        each = rng.choice(herd)
        if act < 0.5:
            each.mark(f"p{rng.randrange(4)}", rng.choice(["present", "absent", "excused"]))
        elif act < 0.6 and len(herd) < 5:
            herd.append(each.clone())
        elif act < 0.9:
            each.send(rng.choice([world.workshop, world.campus]), lose_reply=rng.random() < 0.3)
        else:
            world.exchange()
    for each in herd:
        for _ in range(4):
            each.send(world.workshop)
        assert each.unsent(world.workshop.device) == [], "whatever was written has arrived"
    world.exchange()
    world.agree()
