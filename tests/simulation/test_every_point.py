"""A stop at each statement and each transaction border of one round, one after another: a loop, not a guess."""

from collections.abc import Callable
from random import Random

import pytest

from tests.simulation import audit, invariants, story
from tests.simulation.network import Message
from tests.simulation.world import World
from tests.sync_world import mark

CHANCE = Random(1)
POINTS_MAX = 400


def taps(world: World) -> None:
    tablet = world.tablets[0]
    for trainee in ("tokot", "tauma"):
        with world.on(tablet):
            world.saw(tablet, *tablet.record("pak", "attendance.mark", [mark(trainee)]))


def one_way(world: World, name: str) -> None:
    """Deliver what is under way to one machine."""
    waiting: list[Message] = [m for m in world.network.queue if m.target == name]
    for message in waiting:
        world.network.queue.remove(message)
        world.deliver(message, "ok", CHANCE)


def tablet_round(world: World) -> None:
    taps(world)
    world.call(world.tablets[0])
    one_way(world, "mbale")
    one_way(world, "one")


def server_round(world: World) -> None:
    tablet_round(world)
    world.ask(world.servers["mbale"])
    for _ in range(6):
        one_way(world, "campus")
        one_way(world, "mbale")


def until_it_is_past(fault: Callable[[World, int], None], act: Callable[[World], None], sign: str) -> int:
    """Tell the round with the fault at point 0, 1, 2 ... until it comes too late to happen; at how many points it happened."""
    for point in range(POINTS_MAX):
        world = World(0)
        fault(world, point)
        act(world)
        happened = world.count[sign]
        world.touched.update(world.servers)
        invariants.after_step(world)
        story.rest(world)
        audit.look(world)
        if not happened:
            return point
    raise AssertionError(f"more than {POINTS_MAX} points")


@pytest.mark.parametrize("name", ["mbale", "campus"])
def test_a_server_stops_at_every_statement_of_a_round(name: str) -> None:
    def stop(world: World, point: int) -> None:
        world.servers[name].disk.stop_in(point)

    act = tablet_round if name == "mbale" else server_round
    assert until_it_is_past(stop, act, "server stopped") > 20


def test_a_servers_disk_is_full_at_every_statement_of_a_round() -> None:
    def fill(world: World, point: int) -> None:
        world.servers["mbale"].disk.full_in(point)

    assert until_it_is_past(fill, tablet_round, "server disk full") > 20


def test_a_tablet_is_killed_at_every_border_of_a_transaction() -> None:
    def kill(world: World, point: int) -> None:
        world.tablets[0].disk.stop_in(point)

    assert until_it_is_past(kill, tablet_round, "tablet killed") > 8
