"""One seed's story: its steps, the telling of them, and the coming to rest at the end."""

import random
from collections.abc import Sequence

from tests.simulation import audit, invariants, steps
from tests.simulation.audit import QUIET
from tests.simulation.invariants import Broken
from tests.simulation.server import Server
from tests.simulation.tablet import Tablet
from tests.simulation.world import Step, World

STEPS = 200
ROUNDS_MAX = 12
TRIPS_MAX = 40
PAUSES = (400, 2_000, 30_000, 400_000)


def trace_of(seed: int, count: int = STEPS) -> list[Step]:
    """The steps of a seed."""
    rng = random.Random(seed)
    return [(name, rng.getrandbits(32)) for name in rng.choices(steps.NAMES, steps.WEIGHTS, k=count)]


def act(world: World, step: Step) -> None:
    """One step, then a look whether all still holds. Raises Broken."""
    name, number = step
    rng = random.Random(number)
    world.now += rng.choice(PAUSES)
    world.touched.clear()
    steps.STEPS[name][1](world, rng)
    invariants.after_step(world)


def tell(seed: int, trace: Sequence[Step] | None = None) -> World:
    """A whole story. Raises Broken."""
    world = World(seed)
    for step in trace_of(seed) if trace is None else trace:
        act(world, step)
    rest(world)
    audit.look(world)
    return world


def rest(world: World) -> None:
    """Nothing fails any more: lines are whole, everybody is upgraded and talks until nothing is left to say."""
    world.network.cuts.clear()
    world.network.queue.clear()
    for tablet in world.tablets:
        tablet.disk.calm()
        tablet.called = None
    for server in world.servers.values():
        server.generation = 1
        world.restart(server)
    for _ in range(ROUNDS_MAX):
        before = _all_that_is(world)
        for tablet in world.tablets:
            _talk_tablet(world, tablet)
        for server in world.servers.values():
            if server.role != "campus":
                _talk_server(world, server)
        if _all_that_is(world) == before:
            break
    else:
        raise Broken(QUIET, f"still talking after {ROUNDS_MAX} rounds")
    world.touched.update(world.servers)
    invariants.after_step(world)
    for tablet in world.tablets:
        invariants.receipts_are_true(world, tablet)


def _all_that_is(world: World) -> list[object]:
    said: list[object] = [server.node.log.vector(server.parts) for server in world.servers.values()]
    return said + [(tablet.epoch, tablet.pending()) for tablet in world.tablets]


def _talk_tablet(world: World, tablet: Tablet) -> None:
    server = world.servers[tablet.part]
    gaps = 0
    for _ in range(TRIPS_MAX):
        epoch = tablet.epoch
        grown, gap = tablet.take_answer(server.answer(*tablet.request()))
        if tablet.epoch != epoch:
            world.tell("tablet began a new epoch")
        gaps += gap
        if not grown and not (gap and gaps == 1):
            return
    raise Broken(QUIET, f"{tablet.name} calls on and on")


def _talk_server(world: World, server: Server) -> None:
    campus = world.servers["campus"]
    for _ in range(TRIPS_MAX):
        data, signature, sent = server.ask()
        outcome = server.absorb(campus.answer(data, signature), sent)
        if outcome.fork:
            world.tell("server began a new life")
        if not outcome.more:
            return
    raise Broken(QUIET, f"{server.name} and the campus talk on and on")
