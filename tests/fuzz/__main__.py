"""Goes on for some time: `python -m tests.fuzz --seconds 600 [--seed N] [--target door]`. Prints how often each answer came; a finding ends it.

Every round has a seed of its own; `--seed N --rounds 1` plays one again.
"""

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.targets import Targets


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=2**60)
    parser.add_argument("--target", choices=["decoder", "ops", "door", "answer", "bundle"])
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    until, counts = time.monotonic() + asked.seconds, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        targets = Targets(Path(folder))
        chosen = {name: put for name, put in targets.all().items() if asked.target in (None, name)}
        for seed in range(asked.seed, asked.seed + asked.rounds):
            if time.monotonic() >= until:
                break
            for name, put in chosen.items():
                try:
                    counts[f"{name} {put(random.Random(f'{seed} {name}'))}"] += 1
                except Exception:
                    sys.stderr.write(f"finding: --seed {seed} --rounds 1 --target {name}\n")
                    raise
        targets.check()
        targets.close()
    for answer, count in sorted(counts.items()):
        sys.stdout.write(f"{count:8} {answer}\n")


if __name__ == "__main__":
    main()
