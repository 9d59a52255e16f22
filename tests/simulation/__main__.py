"""`python -m tests.simulation`: many seeds, two at a time; or one seed, or a shrunk trace, told again."""

import argparse
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence

from tests.simulation import shrink, story
from tests.simulation.invariants import Broken
from tests.simulation.world import Step

CHUNK = 25
FAILURES_TOLD = 5

Result = tuple[int, Counter[str], str | None]


def run_seed(seed: int, trace: Sequence[Step] | None = None, steps: int = story.STEPS) -> Result:
    """(seed, what happened, what broke)."""
    try:
        return seed, story.tell(seed, trace if trace is not None else story.trace_of(seed, steps)).count, None
    except Broken as broken:
        return seed, Counter(), str(broken)
    except Exception:  # noqa: BLE001 - whatever the program raises where it must not is a finding
        return seed, Counter(), traceback.format_exc()


def run_chunk(chunk: tuple[range, int]) -> list[Result]:
    seeds, steps = chunk
    return [run_seed(seed, steps=steps) for seed in seeds]


def report(seed: int, what: str, trace: Sequence[Step]) -> str:
    """What a failure prints: seed, rule, the shrunk trace and the command that tells it again."""
    rule = shrink.broken_rule(seed, trace)
    if rule is None:
        return f"seed {seed}: {what}\nIt did not break again: something in it does not come from the seed."
    short = shrink.shrink(seed, trace, rule)
    _, _, again = run_seed(seed, short)
    return (
        f"seed {seed}: {what}\nshrunk to {len(short)} of {len(trace)} steps: {again}\n"
        f'python -m tests.simulation --seed {seed} --trace "{shrink.told(short)}"'
    )


def coverage(total: Counter[str], stories: int) -> str:
    """How often everything happened."""
    return "\n".join(
        [f"in {stories} stories:", *(f"{count:>9}  {what}" for what, count in total.most_common())]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first one")
    parser.add_argument("--steps", type=int, default=story.STEPS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, help="tell one seed again")
    parser.add_argument("--trace", help="and only these of its steps")
    found = parser.parse_args(arguments)
    if found.seed is not None:
        trace = (
            shrink.read(found.trace) if found.trace is not None else story.trace_of(found.seed, found.steps)
        )
        _, count, broken = run_seed(found.seed, trace)
        say(broken or coverage(count, 1))
        if broken and found.trace is None:
            say(report(found.seed, "shrinking", trace))
        return int(broken is not None)
    return many(found.first, found.seeds, found.steps, found.workers)


def many(first: int, seeds: int, steps: int, workers: int) -> int:
    began, total, failed = time.monotonic(), Counter[str](), []
    chunks = [(range(at, min(at + CHUNK, first + seeds)), steps) for at in range(first, first + seeds, CHUNK)]
    with multiprocessing.Pool(workers) as pool:
        for results in pool.imap_unordered(run_chunk, chunks):
            for seed, count, broken in results:
                total += count
                if broken:
                    failed.append((seed, broken))
    took = time.monotonic() - began
    say(coverage(total, seeds - len(failed)))
    say(
        f"{seeds} seeds x {steps} steps in {took:.0f} s on {workers} workers: {seeds / took * 60:.0f} a minute"
    )
    for seed, broken in sorted(failed)[:FAILURES_TOLD]:
        say(report(seed, broken, story.trace_of(seed, steps)))
    say(
        f"{len(failed)} of {seeds} seeds broke a rule"
        + (f": {sorted(s for s, _ in failed)[:50]}" if failed else "")
    )
    return int(bool(failed))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
