"""What can happen in a step, and how often. A step takes all its chance from its own number, so that others can be left out."""

from collections.abc import Callable
from random import Random
from typing import Any

from sync import AdmissionError, Change
from sync.merge import DECIDE
from tests.simulation import faults
from tests.simulation.invariants import TAPS, Broken
from tests.simulation.network import FATES
from tests.simulation.server import Server, heads_in
from tests.simulation.tablet import Refused, Tablet
from tests.simulation.world import World
from tests.sync_world import bind, device, grant, mark
from workshop.admission import SYSTEM

TRAINEES = ("tokot", "tauma", "twere", "tnekesa")
Act = Callable[[World, Random], None]


def record(
    world: World, tablet: Tablet, changes: list[Change], actor: str = "pak", intent: str = "attendance.mark",
    forbidden: str = "", **more: Any,
) -> None:  # fmt: skip
    """A tap; a killed browser has shown nothing, though the op may be there."""
    with world.on(tablet):
        try:
            place, op = tablet.record(actor, intent, changes, **more)
        except Refused as error:
            raise Broken(TAPS, f"{tablet.name}: {error}") from error
        world.saw(tablet, place, op)
        if forbidden:
            world.forbidden[op.link] = forbidden


def at_form(
    world: World,
    server: Server,
    changes: list[Change],
    actor: str,
    intent: str = "form",
    part: str | None = None,
) -> None:
    with world.at(server):
        try:
            server.record(actor, intent, changes, part)
            world.tell("ops at servers")
        except AdmissionError as error:
            world.tell(f"form refused: {error.code}")


def seen(world: World, tablet: Tablet, rng: Random, kind: str, record_id: str) -> tuple[str, ...]:
    """What the page under a tap shows: what the workshop had, or nothing."""
    if rng.random() < 0.4:
        return ()
    server = world.servers[tablet.part]
    rows = server.rows(f"select heads from rm_{kind} where part = ? and id = ?", tablet.part, record_id)
    return heads_in(rows[0] if rows else None)


def some_mark(world: World, tablet: Tablet, rng: Random) -> Change:
    trainee, status = rng.choice(TRAINEES), rng.choice(["present", "absent", "late", "excused"])
    base = seen(world, tablet, rng, "attendance", f"T01.1.{trainee}")
    return mark(trainee, status, 5 if status == "late" else None, base)


# -- at tablets


def tap(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    record(world, tablet, [some_mark(world, tablet, rng)], rng.choice(["pak"] * 5 + ["pna"]))


def two_tabs(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    for tab in (1, 2, 1):
        record(world, tablet, [some_mark(world, tablet, rng)], tab=tab)
    world.tell("two tabs")


def note(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    trainee = rng.choice(TRAINEES)
    if rng.random() < 0.5:
        change = Change("attendance", f"T01.1.{trainee}", {"note": rng.choice("xyz")})
    else:
        change = Change(
            "trainee", trainee, {"name": rng.choice(["Okot", "Auma"]), "phone": rng.choice(["1", "2"])}
        )
    record(world, tablet, [change], intent="trainee.edit")


def attempt(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    result = {"steps": [["s1", rng.choice(["yes", "no"]), "钢丝绳"]], "outcome": "competent"}
    fields = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "r1", "result": result}
    base = seen(world, tablet, rng, "attempt", "a1")
    record(world, tablet, [Change("attempt", "a1", fields, base)], intent="attempt.sign")


def poison(world: World, rng: Random) -> None:
    """What no site may apply; what follows it must be applied all the same."""
    tablet = world.tablet_by(rng)
    good = some_mark(world, tablet, rng)
    bad, actor, part = rng.choice(
        [
            (Change("attendance", "T01", {"status": "present"}), "pak", None),
            (Change("nothing", "x", {"y": 1}), "pak", None),
            (Change("attendance", "T01.1.tokot", {"status": "present", "minutes": 3}), "pak", None),
            (good, "pghost", None),
            (good, SYSTEM, None),
            (good, "pak", "common"),
            (good, "pak", "jinja" if tablet.part == "mbale" else "mbale"),
            (grant("pak", "admin"), "pak", None),
            (device(tablet.device, tablet.key.public), "pak", None),
        ]
    )
    record(world, tablet, [good, bad], actor, forbidden="no rule allows it", part=part)
    world.tell("poisoned op")


def newer(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    record(world, tablet, [some_mark(world, tablet, rng)], version=2, forbidden="of a later version")
    world.tell("op of a later version")


def tool_check(world: World, rng: Random) -> None:
    """A type of record that a server of the former generation does not know."""
    tablet = world.tablet_by(rng)
    record(world, tablet, [Change("tool_check", f"k{rng.randrange(3)}", {"sound": rng.random() < 0.5})])
    world.tell("record of a later type")


def call(world: World, rng: Random) -> None:
    world.call(world.tablet_by(rng), rng.choice([None, None, 1, 3]))


def prune(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    with world.on(tablet):
        world.count["ops let go of"] += tablet.prune()


# -- at servers


def any_server(world: World, rng: Random) -> Server:
    return rng.choice(list(world.servers.values()))


def workshop(world: World, rng: Random) -> Server:
    return world.servers[rng.choice(["mbale", "jinja"])]


def form(world: World, rng: Random) -> None:
    server, trainee = any_server(world, rng), rng.choice(TRAINEES)
    part = rng.choice(["mbale", "jinja"]) if server.role == "campus" else server.part
    with world.at(server):
        base = server.heads("attendance", part, f"T01.1.{trainee}") if rng.random() < 0.6 else ()
        change = mark(trainee, rng.choice(["present", "absent"]), None, base)
        at_form(world, server, [change], rng.choice(["pmuk", "pwang"]), part=part)


def decide(world: World, rng: Random) -> None:
    server = any_server(world, rng)
    part = rng.choice(["mbale", "jinja"]) if server.role == "campus" else server.part
    rows = server.rows(
        "select distinct type, id from rm_conflict where part = ? and type in ('attendance', 'attempt')", part
    )
    if not rows:
        return
    kind, record_id = rng.choice(sorted(rows))
    with world.at(server):
        base = server.heads(kind, part, record_id)
        result = {"steps": [["s1", "yes", ""]], "outcome": "open"}
        fields = (
            {"class_id": "T01", "result": result}
            if kind == "attempt"
            else {"status": "excused", "minutes": None}
        )
        at_form(world, server, [Change(kind, record_id, fields, base)], "pwang", DECIDE, part)
        world.tell("conflict decided")


def session(world: World, rng: Random) -> None:
    server = workshop(world, rng)
    with world.at(server):
        base = server.heads("session", server.part, "T01.1") if rng.random() < 0.7 else ()
        change = Change("session", "T01.1", {"instructor_id": rng.choice(["pak", "pna", "pwang"])}, base)
        at_form(world, server, [change], "pmuk")


def person(world: World, rng: Random) -> None:
    """Somebody gets a role and a tablet: what was held back because of it is let out."""
    tablet = world.tablet_by(rng)
    changes = [grant("pna"), bind(tablet.device, "pna")]
    at_form(world, world.servers[tablet.part], [rng.choice(changes)], SYSTEM)


def enrol(world: World, rng: Random) -> None:
    tablet = next(t for t in world.tablets if t.name == "late")
    changes = [device(tablet.device, tablet.key.public, site=tablet.part), bind(tablet.device, "pak")]
    at_form(world, world.servers[tablet.part], changes, SYSTEM)


def revoke(world: World, rng: Random) -> None:
    tablet, back = world.tablet_by(rng), rng.random() < 0.4
    server = world.servers[tablet.part]
    with world.at(server):
        base = server.heads("device", server.part, tablet.device)
        good = None if back else server.good_seqs(tablet.device)
        if good and rng.random() < 0.5:
            good = {name: rng.randint(0, seq) for name, seq in good.items()}
        at_form(world, server, [Change("device", tablet.device, {"revoked_at": good}, base)], "pmuk")
        world.tell("revocation taken back" if back else "revocation")


def exchange(world: World, rng: Random) -> None:
    world.ask(workshop(world, rng))


def erase(world: World, rng: Random) -> None:
    """A person asks to be forgotten; a record of it travels like any other."""
    server = world.servers["campus"]
    with world.at(server):
        said = {"kind": "trainee", "reason": "asked"}
        changes = [Change("erasure", rng.choice(TRAINEES[1:]), said)]
        if rng.random() < 0.3:
            changes.append(Change("erasure", "a1", {**said, "of": changes[0].id}))
        at_form(world, server, changes, SYSTEM, part=rng.choice(["mbale", "jinja"]))
        world.tell("erasure")


def deliver(world: World, rng: Random) -> None:
    message = world.network.take(rng.randrange(1000) if rng.random() < 0.5 else 0)
    if message is not None:
        world.deliver(message, rng.choice(FATES), rng)


def good_hour(world: World, rng: Random) -> None:
    """For once the line holds: a tablet, its workshop and the campus say to each other all that they have."""
    tablet = world.tablet_by(rng)
    for _ in range(2):
        world.call(tablet)
        hurry(world, rng, {tablet.name, tablet.part})
        world.ask(world.servers[tablet.part])
        hurry(world, rng, {tablet.part, "campus"})


def bad_week(world: World, rng: Random) -> None:
    """A workshop works, tells the campus, loses its disk, is put back as it stood on Monday, and works on."""
    server, at = workshop(world, rng), "T01.1." + rng.choice(TRAINEES)
    tablet = rng.choice([tablet for tablet in world.tablets if tablet.part == server.part])
    monday = server.disk.serialize()
    at_form(world, server, [Change("attendance", at, {"note": "before"})], "pmuk")
    record(world, tablet, [some_mark(world, tablet, rng)])
    world.call(tablet)
    hurry(world, rng, {tablet.name, server.name})
    if rng.random() < 0.7:
        world.ask(server)
        hurry(world, rng, {server.name, "campus"})
    faults.put_back(world, server, monday, told=rng.random() < 0.3)
    at_form(world, server, [Change("attendance", at, {"note": "after"})], "pmuk")


def hurry(world: World, rng: Random, names: set[str]) -> None:
    for _ in range(12):
        places = [at for at, m in enumerate(world.network.queue) if {m.source, m.target} <= names]
        message = world.network.take(places[-1]) if places else None
        if message is None:
            return
        world.deliver(message, "ok", rng)


def wait(world: World, rng: Random) -> None:
    world.now += rng.choice([1, 24, 24 * 40, 24 * 40]) * 3_600_000


STEPS: dict[str, tuple[int, Act]] = {
    "tap": (26, tap),
    "two tabs": (2, two_tabs),
    "note": (3, note),
    "attempt": (3, attempt),
    "poison": (2, poison),
    "newer": (1, newer),
    "tool check": (2, tool_check),
    "call": (16, call),
    "prune": (3, prune),
    "form": (3, form),
    "decide": (2, decide),
    "session": (1, session),
    "person": (1, person),
    "enrol": (1, enrol),
    "revoke": (2, revoke),
    "exchange": (7, exchange),
    "erase": (1, erase),
    "deliver": (40, deliver),
    "good hour": (2, good_hour),
    "bad week": (1, bad_week),
    "wait": (2, wait),
    **faults.STEPS,
}
NAMES = tuple(STEPS)
WEIGHTS = tuple(weight for weight, _ in STEPS.values())
