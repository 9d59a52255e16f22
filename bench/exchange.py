"""Measures the exchange: a simulated tablet, a workshop and a campus in real server processes, loopback HTTP. Prints one JSON object.

    python bench/exchange.py [ROUNDS]

Each figure is the median of the rounds; each round starts from a fresh copy of the same two sites and measures the floor too.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import floor
from line import TabletLine, held
from meter import CountedConnection, cost, cpu_s, judged, medians, neat, rss_mb, spent
from meter import circumstances as circumstances_of
from proxy import Proxy
from servers import Server, Visitor, free_port, served
from workload import MARKS, MARKS_MORE, PASSWORD, USERNAME, Seeded, correct, mark_all, mark_more, seed

ROUNDS = 3
CHANGES, CHANGES_TIMES = 200, 5
CONTACTS, SERVER_CONTACTS = 50, 5
RTT_MS, KBIT = 300, 256
PAGES = 50
WAIT_S = 60.0

# The best-known browser sync needed 6.1 s and 8.1 s of CPU for the same marks where the floor needed 0.16 s; the bar is a fifth of it.
UP_BARS = {
    "wall_s": 1.22,
    "cpu_s": 1.62,
    "server_cpu_ms_per_op": 0.05,
    "bytes": 450_000,
    "requests": 42,
    "ratio_wall_s": 7.6,
    "ratio_cpu_s": 10.1,
}
NOTHING_BARS = {"bytes": 1000, "requests": 1, "wall_s": 0.1}
BARS: dict[str, dict[str, float]] = {
    "marks_20000_up": UP_BARS,
    "changes_200": {"bytes": 8000, "requests": 2},
    "nothing_new": NOTHING_BARS,
    "workshop_to_campus_20000": UP_BARS,
    "nothing_new_servers": NOTHING_BARS,
    "marks_2000_slow": {"wall_s": 4.0},
}
FLOOR_OF = {
    "marks_20000_up": "up",
    "changes_200": "changes",
    "nothing_new": "nothing",
    "workshop_to_campus_20000": "up",
    "nothing_new_servers": "nothing",
    "marks_2000_slow": "slow",
}
SERVER_BARS: dict[str, float] = {
    "ready_s": 1.0,
    "ready_s_with_20000_marks": 1.0,
    "rss_mb_after_50_pages": 80,
    "rss_mb_after_20000_marks": 80,
    "rss_mb_after_both": 80,
}
Cases = dict[str, dict[str, float]]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        campus_door = free_port()
        seeded = seed(Path(folder), campus_door)
        found = [measure(seeded, Path(folder) / f"round-{n}", campus_door) for n in range(rounds)]
    floors = {name: medians([least[name] for _, _, least in found]) for name in found[0][2]}
    cases = {}
    for name, bars in BARS.items():
        case: dict[str, Any] = medians([measured[name] for measured, _, _ in found])
        least = floors[FLOOR_OF[name]]
        case |= {f"ratio_{what}": ratio(case[what], least[what]) for what in ("wall_s", "cpu_s", "bytes")}
        cases[name] = judged(case, bars)
    server = judged(medians([of_server for _, of_server, _ in found]), SERVER_BARS)
    about = circumstances_of(load) | {"rounds": rounds}
    print(json.dumps({"exchange": about, "cases": cases, "server": server, "floor": floors}, indent=1))


def ratio(value: float, least: float) -> float | None:
    """None when the floor's processor time is below what the system counts in."""
    return neat(value / least) if least else None


def measure(seeded: Seeded, folder: Path, campus_door: int) -> tuple[Cases, dict[str, float], Cases]:
    """One round: everything once. The cases, the server's figures, the floor's cases."""
    shutil.copytree(seeded.campus, folder / "campus")
    shutil.copytree(seeded.workshop, folder / "mbale")
    untouched = seeded.tablet.backup()
    with ExitStack() as stack:
        campus = stack.enter_context(served(folder / "campus"))
        door = Proxy(campus_door, campus.port)
        stack.callback(door.stop)
        door.say("hold")
        workshop = stack.enter_context(served(folder / "mbale", every_s=1))
        server = {"ready_s": campus.ready_s}
        visitor = Visitor(workshop.port)
        visitor.sign_in(USERNAME, PASSWORD)
        if visitor.browse(PAGES) < PAGES:
            raise RuntimeError("too few pages to open")
        server["rss_mb_after_50_pages"] = rss_mb(workshop.pid)
        cases = measure_exchange(seeded, workshop, campus, door)
        server["rss_mb_after_20000_marks"] = rss_mb(workshop.pid)
        visitor.browse(PAGES)
        server["rss_mb_after_both"] = rss_mb(workshop.pid)
        expect(workshop.folder, MARKS + MARKS_MORE)
        workshop.stop()
        again = stack.enter_context(served(folder / "mbale"))
        server["ready_s_with_20000_marks"] = again.ready_s
    seeded.tablet.restore(untouched)
    return cases, server, measure_floor(folder / "floor")


def measure_exchange(seeded: Seeded, workshop: Server, campus: Server, door: Proxy) -> Cases:
    cases: Cases = {}
    line = TabletLine(seeded.tablet, workshop.port, seeded.workshop_device)
    marks = mark_all(seeded)
    cases["marks_20000_up"] = spent(line.send_all, line.connection, workshop.pid)
    expect(workshop.folder, MARKS)
    cases["workshop_to_campus_20000"] = relay(workshop, campus, door)
    expect(campus.folder, MARKS)
    contacts = [next_contact(workshop, campus, door) for _ in range(SERVER_CONTACTS)]
    cases["nothing_new_servers"] = medians(contacts)
    door.say("hold")
    changes = []
    for _ in range(CHANGES_TIMES):
        correct(seeded, marks, CHANGES)
        changes.append(spent(line.send_all, line.connection, workshop.pid))
    cases["changes_200"] = medians(changes)
    cases["nothing_new"] = spent(line.nothing, line.connection, workshop.pid, CONTACTS)
    mark_more(seeded)
    slow = Proxy(free_port(), workshop.port, RTT_MS, KBIT)
    try:
        line = TabletLine(seeded.tablet, slow.port, seeded.workshop_device)
        cases["marks_2000_slow"] = spent(line.send_all, line.connection, workshop.pid)
    finally:
        slow.stop()
    return cases


def relay(workshop: Server, campus: Server, door: Proxy) -> dict[str, float]:
    """Open the held door; the workshop has waited with everything. Counted until the connection that carried it ends."""
    before, begun = (cpu_s(workshop.pid), cpu_s(campus.pid)), time.monotonic()
    door.say("go")
    ended = door.ended.get(timeout=WAIT_S)
    while ended["bytes"] < MARKS:  # a contact that had begun before the marks came
        ended = door.ended.get(timeout=WAIT_S)
    client, server = cpu_s(workshop.pid) - before[0], cpu_s(campus.pid) - before[1]
    wall = ended["closed"] - begun
    return cost(wall, client, server, ended["bytes"], ended["body"], ended["requests"], MARKS)


def next_contact(workshop: Server, campus: Server, door: Proxy) -> dict[str, float]:
    """The next exchange between the servers, which have nothing new for each other."""
    before = cpu_s(workshop.pid), cpu_s(campus.pid)
    ended = door.ended.get(timeout=WAIT_S)
    client, server = cpu_s(workshop.pid) - before[0], cpu_s(campus.pid) - before[1]
    wall = ended["closed"] - ended["opened"]
    return cost(wall, client, server, ended["bytes"], ended["body"], ended["requests"], 0)


def expect(folder: Path, marks: int) -> None:
    """A figure counts only when the work was done. Raises RuntimeError."""
    found = held(folder)
    if found != {"rm_attendance": marks, "rm_conflict": 0, "rm_quarantine": 0}:
        raise RuntimeError(f"{marks} marks were expected: {found}")


def measure_floor(folder: Path) -> Cases:
    server = floor.Floor(folder, free_port())
    try:
        line = CountedConnection(server.port)
        floor.send(line, [])
        lines, some, more = floor.marks(MARKS), floor.marks(CHANGES), floor.marks(MARKS_MORE)
        cases = {
            "up": spent(lambda: floor.send(line, lines), line, server.pid),
            "changes": spent(lambda: floor.send(line, some), line, server.pid, CHANGES_TIMES),
            "nothing": spent(lambda: floor.send(line, []), line, server.pid, CONTACTS),
        }
        slow = Proxy(free_port(), server.port, RTT_MS, KBIT)
        try:
            line = CountedConnection(slow.port)
            cases["slow"] = spent(lambda: floor.send(line, more), line, server.pid)
        finally:
            slow.stop()
        return cases
    finally:
        server.stop()


if __name__ == "__main__":
    main()
