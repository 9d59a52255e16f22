"""Measures bundle files: a month of a workshop's marks, with --year ten of them, from eight tablets to a workshop to its campus. Prints JSON.

    python bench/bundle.py [--year]

The month is an upper bound of the demonstration's busiest: 25 classes of 40 people, 20 sessions each, every mark an op of its own as the
tablets write them; 250 practical tests of 8 steps, every step an op; every register closed. `lock_s` is the longest that the writer's lock is held in one go, `lock_cpu_s` the CPU time of it.
"""

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync import Change, sealed
from sync.bundle import check_bundle
from workshop.admission import SYSTEM
from workshop.demo.tablet import Tablet
from workshop.exchange import bundles, sealing
from workshop.exchange.bundles import Wanted
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

SEED = "bundle"
PART, TZ_MINUTES = "mbale", 180
TABLETS, CLASSES, PEOPLE, SESSIONS, TESTS, STEPS = 8, 25, 40, 20, 250, 8
MONTHS_A_YEAR = 10
ACTOR = "sakello"
START_MS = 1_772_438_400_000  # 2026-03-02 08:00 UTC
DAY_MS = 24 * 3600 * 1000
BARS = {"month": {"bytes": 1_000_000, "sealed_bytes": 1_000_000}}


def main() -> None:
    months = MONTHS_A_YEAR if "--year" in sys.argv[1:] else 1
    with tempfile.TemporaryDirectory() as scratch:
        found = measured(Path(scratch), months)
    name = "year" if months > 1 else "month"
    bars = BARS.get(name, {})
    if bars:
        found |= {"bar": bars, "within_bar": {key: found[key] <= most for key, most in bars.items()}}
    print(json.dumps({name: found}, indent=1))


def measured(folder: Path, months: int) -> dict[str, Any]:
    campus, workshop = sites(folder)
    rng = random.Random(SEED)
    tablets = [Tablet(f"tablet {n}", SEED, PART, TZ_MINUTES) for n in range(TABLETS)]
    enrol(workshop, tablets)
    carry(workshop, campus, folder)
    carry(campus, workshop, folder)
    for month in range(months):
        a_month(rng, tablets, month)
    with workshop.locked() as node:
        for tablet in tablets:
            assert not node.take(tablet.unsent())[1]
    found: dict[str, Any] = {}
    plain, shut, text = (folder / name for name in ("a.luban", "a.luban.age", "a.luban.txt"))
    with timed(found, "export_s"):
        written = bundles.write_to(workshop, Wanted(PART), plain)
    with timed(found, "export_sealed_s"):
        bundles.write_to(workshop, Wanted(PART, seal=True), shut)
    bundles.write_to(workshop, Wanted(PART, text=True), text)
    found |= {"ops": written.info.ops, "runs": written.info.runs}
    found |= {
        "bytes": plain.stat().st_size,
        "sealed_bytes": shut.stat().st_size,
        "text_bytes": text.stat().st_size,
    }
    with timed(found, "check_s"):
        check_bundle(plain)
    with timed(found, "unseal_s"):
        sealed.unseal(shut, folder / "open", sealing.identity_of(campus))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    holds = watched(campus)
    for name, expected in (("import", written.info.ops), ("again", 0)):
        holds.clear()
        begun = time.process_time()
        with timed(found, f"{name}_s"):
            row = bundles.take_file(campus, shut, campus.parts)
        found[f"{name}_cpu_s"] = round(time.process_time() - begun, 2)
        found[f"{name}_lock_s"], found[f"{name}_lock_cpu_s"] = (
            round(max(each), 2) for each in zip(*holds, strict=True)
        )
        assert (row.new, row.refused) == (expected, ())
    assert campus.db.execute("select count(*) from rm_quarantine").fetchone()[0] == 0
    assert campus.node.model.state_hash() == workshop.node.model.state_hash()
    found["memory_grown_kb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    back = folder / "b.luban"
    with timed(found, "answer_s"):
        bundles.write_to(campus, Wanted(PART), back)
    found["answer_bytes"] = back.stat().st_size
    bundles.take_file(workshop, back, workshop.parts)
    assert bundles.write_to(workshop, Wanted(PART), plain).info.ops == 0
    campus.close()
    workshop.close()
    return found


def sites(folder: Path) -> tuple[Site, Site]:
    campus = Site.create(folder / "campus", "tianjin", "campus", tz_minutes=480)
    begin_campus(campus, "Home campus", "天津校本部")
    sealing.publish_recipient(campus)
    workshop = Site.create(folder / "mbale", PART, "workshop", root=campus.device, tz_minutes=TZ_MINUTES)
    join_workshop(campus, workshop.key.public, PART, "Mbale workshop", "姆巴莱工坊", TZ_MINUTES)
    carry(campus, workshop, folder)
    return campus, workshop


def carry(giver: Site, taker: Site, folder: Path) -> None:
    """A file from one to the other, so that they know each other."""
    bundles.write_to(giver, Wanted(PART), folder / "first.luban")
    bundles.take_file(taker, folder / "first.luban", taker.parts)


def enrol(workshop: Site, tablets: list[Tablet]) -> None:
    roles = [Change("grant", f"{ACTOR}.{role}.all", {"active": True}) for role in ("instructor", "assessor")]
    workshop.record(actor=SYSTEM, intent="grant.add", changes=roles)
    for tablet in tablets:
        own = {
            "name": tablet.name,
            "key": tablet.key.public,
            "kind": "tablet",
            "site": PART,
            "enrolled": True,
        }
        changes = [
            Change("device", tablet.device, own),
            Change("device_person", f"{tablet.device}.{ACTOR}", {"active": True}),
        ]
        workshop.record(actor=SYSTEM, intent="device.enrol", changes=changes)


def a_month(rng: random.Random, tablets: list[Tablet], month: int) -> None:
    """Marks, closed registers and tests of one month, spread over the tablets by class."""
    people = {f"c{month}-{n}": [new_id(rng) for _ in range(PEOPLE)] for n in range(CLASSES)}
    for day in range(SESSIONS):
        for n, (name, trainees) in enumerate(people.items()):
            tablet, wall = tablets[n % TABLETS], START_MS + (month * 30 + day) * DAY_MS + n * 900_000
            for trainee in trainees:
                wall += rng.randint(700, 4000)
                status = rng.choices(["present", "late", "absent", "excused"], [82, 7, 8, 3])[0]
                late = {"minutes": rng.choice([5, 10, 15, 20, 30])} if status == "late" else {}
                change = Change("attendance", f"{name}.{day + 1}.{trainee}", {"status": status} | late)
                tablet.act(wall, ACTOR, "attendance.mark", [change])
            closed = Change("session", f"{name}.{day + 1}", {"register": "closed"})
            tablet.act(wall + 5000, ACTOR, "register.close", [closed])
    for n in range(TESTS):
        name = rng.choice(list(people))
        a_test(rng, tablets[n % TABLETS], month, name, rng.choice(people[name]))


def a_test(rng: random.Random, tablet: Tablet, month: int, name: str, trainee: str) -> None:
    wall = START_MS + (month * 30 + rng.randint(0, 19)) * DAY_MS + rng.randint(0, 8 * 3_600_000)
    attempt = "a" + new_id(rng)
    begun = {"class_id": name, "trainee_id": trainee, "rubric_id": "bench-1", "started_at": wall}
    tablet.act(wall, ACTOR, "attempt.begin", [Change("attempt", attempt, begun)])
    for step in range(1, STEPS + 1):
        wall += rng.randint(20_000, 180_000)
        seen = rng.choices(["yes", "no"], [9, 1])[0]
        tablet.act(
            wall, ACTOR, "attempt.step", [Change("attempt_step", f"{attempt}.s{step}", {"result": seen})]
        )


def new_id(rng: random.Random) -> str:
    return "t" + "".join(rng.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(9))


def watched(site: Site) -> list[tuple[float, float]]:
    """From now on, (seconds, CPU seconds) of each time that the writer's lock is held for a bundle."""
    locked, holds = site.locked, []

    @contextmanager
    def watching() -> Iterator[Any]:
        with locked() as node:
            begun = time.monotonic(), time.process_time()
            yield node
        holds.append((time.monotonic() - begun[0], time.process_time() - begun[1]))

    site.locked = watching  # type: ignore[method-assign]
    return holds


@contextmanager
def timed(found: dict[str, Any], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    found[name] = round(time.monotonic() - begun, 2)


if __name__ == "__main__":
    main()
