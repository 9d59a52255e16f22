"""Clocks lie: order within a device is the chain, across devices the base; a clock note mends what only time can decide."""

import pytest

from sync import Change
from tests.sync_world import PART, World, give, mark, rows, status
from workshop.admission import SYSTEM
from workshop.devices.contacts import note_contact

YEARS_3 = 3 * 365 * 24 * 3600 * 1000


def note(world: World, offset_ms: int, seq: int = 1) -> None:
    change = Change("clock", f"{world.one.device}.{world.one.epoch}.{seq}", {"offset_ms": offset_ms})
    world.workshop.record(actor=SYSTEM, intent="device.clock", changes=[change])


def test_a_clock_set_back_three_years_does_not_undo_anything(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1", "present")
    world.clock.now -= YEARS_3
    world.one.mark("p1", "absent")
    world.clock.now += YEARS_3
    world.one.send(world.workshop)
    assert status(world.workshop.node, "p1") == "absent"
    assert rows(world.workshop.node, "select conflict from rm_attendance") == [(0,)]


def test_an_edit_in_view_of_a_mark_from_the_future_wins(world: World) -> None:
    """Also for a note, whose policy is `latest`."""
    world.enrol(world.one)
    world.clock.now += YEARS_3
    changes = [mark("p1", "late", 5), Change("attendance", "T01.1.p1", {"note": "from the future"})]
    op = world.one.record(PART, "pak", "x", changes)
    world.clock.now -= YEARS_3
    world.one.send(world.workshop)
    edit = [mark("p1", "present", base=[op]), Change("attendance", "T01.1.p1", {"note": "seen"}, (op,))]
    world.workshop.record(actor="pak", intent="x", changes=edit)
    assert rows(world.workshop.node, "select status, note, conflict from rm_attendance") == [
        ("present", "seen", 0)
    ]
    world.exchange()
    world.agree()


@pytest.mark.parametrize("arrives", ["before", "after"])
def test_a_note_mends_the_time_of_what_it_covers(world: World, arrives: str) -> None:
    """Tablet one is three years ahead. Once that is known, its old value no longer wins over the newer one of tablet two."""
    world.enrol(world.one, world.two)
    world.clock.now += YEARS_3
    world.one.mark("p1", "absent")
    world.clock.now -= YEARS_3 - 60_000
    world.two.mark("p1", "present")
    if arrives == "before":
        note(world, YEARS_3)
    give(world.workshop.node, *world.one.runs(PART), *world.two.runs(PART))
    if arrives == "after":
        assert status(world.workshop.node, "p1") == "absent"
        note(world, YEARS_3)
    assert status(world.workshop.node, "p1") == "present"
    assert rows(world.workshop.node, "select conflict from rm_attendance") == [(1,)]
    world.exchange()
    world.agree()


def test_a_note_covers_from_its_seq_on_until_the_next(world: World) -> None:
    world.enrol(world.one, world.two)
    world.one.mark("p1", "absent")
    world.clock.now += YEARS_3
    for trainee in ("p2", "p3"):
        world.one.mark(trainee, "absent")
    world.clock.now -= YEARS_3 - 60_000
    for trainee in ("p1", "p2", "p3"):
        world.two.mark(trainee, "present")
    give(world.workshop.node, *world.two.runs(PART), *world.one.runs(PART))
    note(world, YEARS_3, seq=2)
    note(world, 0, seq=3)
    assert [status(world.workshop.node, t) for t in ("p1", "p2", "p3")] == ["present", "present", "absent"]
    world.exchange()
    world.agree()


def test_a_note_that_says_nothing_is_harmless(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.send(world.workshop)
    for seq in ("x", "9" * 30, "-1", "1~"):
        change = Change("clock", f"{world.one.device}.{world.one.epoch}.{seq}", {"offset_ms": 5})
        world.workshop.record(actor=SYSTEM, intent="device.clock", changes=[change])
    assert status(world.workshop.node, "p1") == "present"
    world.exchange()
    world.agree()


def test_a_note_about_a_server_does_not_move_who_may_do_what(world: World) -> None:
    """Times of devices' records are taken as they stand; else a note could move a revocation, and with it the note."""
    world.enrol(world.one)
    server = world.workshop
    change = Change("clock", f"{server.device}.{server.node.epoch}.1", {"offset_ms": YEARS_3})
    for revoked in ({f"{world.one.epoch}/{PART}": 5}, {f"{world.one.epoch}/{PART}": 0}):
        world.campus.record(
            actor=SYSTEM,
            intent="x",
            changes=[Change("device", world.one.device, {"revoked_at": revoked})],
            part=PART,
        )
        server.record(
            actor=SYSTEM, intent="x", changes=[Change("device", world.one.device, {"revoked_at": revoked})]
        )
    server.record(actor=SYSTEM, intent="device.clock", changes=[change])
    world.one.mark("p1")
    world.one.send(server)
    world.exchange()
    world.agree()


def contact(world: World, offset_ms: int) -> None:
    """What the server does after each exchange with tablet one."""
    now = world.workshop.now()
    hello = {
        "device": world.one.device,
        "now": now + offset_ms,
        "epoch": world.one.epoch,
        "head": world.one.heads(),
    }
    note_contact(world.workshop, hello, now)


def notes(world: World) -> int:
    made = rows(world.workshop.node, "select count(*) from op_log where instr(header, 'device.clock') > 0")
    return int(made[0][0])


def test_a_note_before_the_newest_is_not_made_again_at_every_contact(world: World) -> None:
    """The server's own clock was turned back meanwhile, so that nothing seems to have come before the last contact."""
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.mark("p2")
    world.one.send(world.workshop)
    note(world, YEARS_3, seq=2)
    world.clock.now -= YEARS_3
    contact(world, 0)
    made = notes(world)
    contact(world, 0)
    assert notes(world) == made
    offsets = rows(
        world.workshop.node, "select seq, offset_ms from rm_clock order by cast(seq as integer) desc"
    )
    assert offsets[0] == ("2", 0)


def test_two_idle_copies_with_two_clocks_are_not_noted_in_turn(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.send(world.workshop)
    contact(world, YEARS_3)
    made = notes(world)
    for offset in (0, YEARS_3, 0):
        contact(world, offset)
    assert notes(world) == made == 1
    world.one.mark("p2")
    world.one.send(world.workshop)
    contact(world, 0)
    assert notes(world) == made + 1
