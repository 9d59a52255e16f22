"""Measures what a log on PostgreSQL costs beside one in the site's own file, in one run. Prints one JSON object.

    python bench/postgres.py [ROUNDS]

20,000 marks come in through one node, in the messages that a tablet sends; a second node takes them in one go; then single ops are
written on one node and looked for on the other. PostgreSQL runs on this machine, with fsync on. Figures are medians of the rounds.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' PostgreSQL

from workload import MARKS, PART, mark_all, seed

from sync import Change, exchange
from tests.postgres_server import Postgres
from workshop.admission import SYSTEM
from workshop.growing import join_log, move_to_postgres
from workshop.site import Site

ROUNDS = 3
LOOKS, SINGLES = 2000, 200
Message = tuple[bytes, str]
Figures = dict[str, float]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    postgres = Postgres()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        try:
            postgres.start(fsync=True)
            seeded = seed(Path(folder), 9)
            mark_all(seeded)
            messages = _messages(seeded.tablet)
            found = [
                _round(seeded.workshop, Path(folder) / f"round-{n}", messages, postgres.url, n)
                for n in range(rounds)
            ]
        finally:
            postgres.remove()
    figures = {name: round(statistics.median(each[name] for each in found), 3) for name in found[0]}
    figures["ratio_wall"] = round(figures["postgres_wall_s"] / figures["file_wall_s"], 2)
    circumstances = {"rounds": rounds, "marks": MARKS, "load": os.getloadavg()[0], "cores": os.cpu_count()}
    print(json.dumps({"postgres": figures, "circumstances": circumstances}, indent=1))


def _messages(tablet: Any) -> list[Message]:
    """What the tablet sends, message by message, without waiting for answers."""
    made = []
    while runs := tablet.unsent()[:1]:
        made.append(tablet.request(None, runs))
        for run in runs:
            tablet.receipt(run)
    return made


def _round(source: Path, folder: Path, messages: list[Message], url: str, number: int) -> Figures:
    plain, shared = (shutil.copytree(source, folder / name) for name in ("plain", "shared"))
    figures: Figures = {}
    site = Site(plain)
    figures |= _take(site, messages, "file")
    figures["file_op_ms"] = _write_singles(site)
    site.close()
    address = f"{url}?options=-csearch_path%3Dround{number}"
    before = time.perf_counter()
    move_to_postgres(shared, address)
    join_log(shared, folder / "two")
    figures["move_and_join_s"] = time.perf_counter() - before
    site, other = Site(shared), Site(folder / "two")
    figures |= _take(site, messages, "postgres")
    before = time.perf_counter()
    other.catch_up()
    figures["catch_up_20000_s"] = time.perf_counter() - before
    assert other.node.model.state_hash() == site.node.model.state_hash()
    figures["postgres_op_ms"] = _write_singles(site)
    other.catch_up()
    figures["lag_ms"] = _lag_ms(site, other)
    before = time.perf_counter()
    for _ in range(LOOKS):
        other.catch_up()
    figures["look_ms"] = (time.perf_counter() - before) / LOOKS * 1000
    before = time.perf_counter()
    join_log(shared, folder / "three")
    figures["new_node_20000_s"] = time.perf_counter() - before
    site.close()
    other.close()
    return figures


def _take(site: Site, messages: list[Message], name: str) -> Figures:
    wall, cpu = time.perf_counter(), time.process_time()
    for data, signature in messages:
        with site.locked() as node:
            exchange.answer(node, exchange.open_request(data, signature, node.device), [])
    figures = {
        f"{name}_wall_s": time.perf_counter() - wall,
        f"{name}_node_cpu_s": time.process_time() - cpu,
    }
    assert site.db.execute("select count(*) from rm_attendance").fetchone()[0] == MARKS
    return figures


def _write(site: Site, name: str) -> None:
    change = Change("staff", name, {"name_en": name})
    site.record(actor=SYSTEM, intent="staff.add", changes=[change], part=PART)


def _write_singles(site: Site) -> float:
    """Milliseconds for one op, committed."""
    before = time.perf_counter()
    for number in range(SINGLES):
        _write(site, f"one{number}")
    return (time.perf_counter() - before) / SINGLES * 1000


def _lag_ms(site: Site, other: Site) -> float:
    """From the acknowledgement on one node to the row on another that is asked for a page."""
    found = []
    for number in range(SINGLES):
        _write(site, f"lag{number}")
        before = time.perf_counter()
        other.catch_up()
        found.append((time.perf_counter() - before) * 1000)
        assert other.db.execute("select 1 from rm_staff where id = ?", (f"lag{number}",)).fetchone()
    return statistics.median(found)


if __name__ == "__main__":
    main()
