"""Measures what a long log costs: the same small pieces of work beside logs of different lengths. Prints one JSON object.

    python bench/sync [--sizes 10000,100000,1000000] [--quick] [--rounds 1] [--keep FOLDER]

Logs are made once and kept in `bench/.cache`. Everything runs over loopback HTTP between real processes; the floor is measured in the same run.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pieces
from biglog import BigLog, big_log
from exchange import ratio
from floors import measure_floor
from meter import circumstances, judged, medians, neat

SIZES = [10_000, 100_000, 1_000_000]
CACHE = Path(__file__).parent / ".cache"
FLAT = 1.5
"""How much more a piece of work may cost beside the longest log than beside the shortest."""

FLAT_CASES = ("changes_200", "nothing_new", "changes_200_servers", "nothing_new_servers")
FLAT_FIGURES = ("wall_s", "cpu_s", "bytes", "requests")
SECONDS_PER_MILLION = 60.0
STREAM_FROM = 100_000
"""In shorter logs of 300 chains a run has 30 ops, and its signature, which no packing makes smaller, is a third of the bytes."""

BARS: dict[str, dict[str, float]] = {
    "changes_200": {"bytes": 8000, "requests": 2},
    "nothing_new": {"bytes": 1000, "requests": 1, "wall_s": 0.1},
    "changes_200_servers": {"bytes": 8000, "requests": 2},
    "nothing_new_servers": {"bytes": 1000, "requests": 1, "wall_s": 0.1},
    "first_load": {"wall_s": SECONDS_PER_MILLION, "bytes_to_log_gzip": 1.3},
    "rebuild": {"wall_s": SECONDS_PER_MILLION},
    "server": {"rss_mb_after_exchange": 80, "rss_mb_after_pages": 80},
}
FLOOR_OF = {
    "changes_200": "changes",
    "nothing_new": "nothing",
    "changes_200_servers": "changes",
    "nothing_new_servers": "nothing",
    "first_load": "load",
}
Cases = dict[str, dict[str, Any]]


def main() -> None:
    asked = _arguments()
    load = os.getloadavg()
    sizes: dict[str, Any] = {}
    for size in asked.sizes:
        log = big_log(asked.keep, size)
        rounds = [_round(log) for _ in range(asked.rounds)]
        sizes[str(size)] = {"ops": log.ops} | {
            name: _judged(name, size, medians([each[name] for each in rounds]), rounds)
            for name in rounds[0]
            if name != "floor"
        }
        sizes[str(size)]["floor"] = {
            name: medians([each["floor"][name] for each in rounds]) for name in rounds[0]["floor"]
        }
        print(f"{size}: measured", file=sys.stderr)
    about = circumstances(load) | {"rounds": asked.rounds}
    print(json.dumps({"sync": about, "sizes": sizes, "flat": _flat(sizes)}, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=lambda text: [int(each) for each in text.split(",")], default=SIZES)
    parser.add_argument("--quick", action="store_true", help="the shortest log only")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=CACHE, help="where made logs are kept")
    asked = parser.parse_args()
    if asked.quick:
        asked.sizes = SIZES[:1]
    return asked


def _round(log: BigLog) -> Cases:
    """Everything once, from fresh copies of the sites."""
    steps: tuple[Callable[[BigLog, Path], Cases], ...] = (
        pieces.exchange,
        pieces.first_load,
        pieces.rebuild,
        pieces.rare_acts,
    )
    found: Cases = {}
    for step in steps:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found |= step(log, Path(folder))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found["floor"] = measure_floor(Path(folder), log.ops)
    return found


def _judged(name: str, size: int, case: dict[str, Any], rounds: list[Cases]) -> dict[str, Any]:
    """A case with its ratios to the floor and its bars; those of the whole log are in proportion to its length."""
    if least := FLOOR_OF.get(name):
        floors = medians([each["floor"][least] for each in rounds])
        case |= {f"ratio_{what}": ratio(case[what], floors[what]) for what in ("wall_s", "cpu_s", "bytes")}
    bars = dict(BARS.get(name, {}))
    if size < STREAM_FROM:
        bars.pop("bytes_to_log_gzip", None)
    if bars.get("wall_s") == SECONDS_PER_MILLION:
        bars["wall_s"] = neat(SECONDS_PER_MILLION * max(size / 1_000_000, 0.05))
    return judged(case, bars) if bars else case


def _flat(sizes: dict[str, Any]) -> dict[str, Any]:
    """Each figure beside each log, divided by the same beside the shortest."""
    shortest = next(iter(sizes.values()))
    return {
        name: judged(
            {
                what: max(neat(found[name][what] / shortest[name][what]) for found in sizes.values())
                for what in FLAT_FIGURES
            },
            dict.fromkeys(FLAT_FIGURES, FLAT),
        )
        for name in FLAT_CASES
    }


if __name__ == "__main__":
    main()
