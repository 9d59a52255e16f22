"""Puts the worked cases to another implementation: `python -m tests.conformance COMMAND ...`. Prints a table; exit code 1 when an answer is wrong.

The command reads one question a line on its standard input and writes one answer a line, both JSON.
"""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.asks import Ask, all_asks

TIME_LIMIT_S = 60


@dataclass
class Findings:
    """How many answers of each family were right, wrong, or not given; `wrong` tells of each wrong one."""

    right: Counter[str] = field(default_factory=Counter)
    not_done: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Ask, Any]] = field(default_factory=list)

    def table(self) -> str:
        families = dict.fromkeys(ask.family for ask in all_asks())
        lines = [f"{'family':10}{'right':>7}{'wrong':>7}{'not done':>10}"]
        for family in families:
            wrong = sum(ask.family == family for ask, _ in self.wrong)
            lines.append(f"{family:10}{self.right[family]:7}{wrong:7}{self.not_done[family]:10}")
        return "\n".join(lines)


def put(command: list[str]) -> Findings:
    """Ask everything. A program that says `{"unsupported": true}` has not done that family; what is missing or no JSON is wrong."""
    asks = all_asks()
    said = subprocess.run(
        command,
        input="".join(ask.line() + "\n" for ask in asks).encode(),
        stdout=subprocess.PIPE,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    answers = said.stdout.decode(errors="replace").splitlines()
    found = Findings()
    for number, ask in enumerate(asks):
        answer = _parsed(answers[number]) if number < len(answers) else None
        if isinstance(answer, dict) and answer.get("unsupported") is True:
            found.not_done[ask.family] += 1
        elif isinstance(answer, dict) and all(answer.get(key) == ask.answer[key] for key in ask.answer):
            found.right[ask.family] += 1
        else:
            found.wrong.append((ask, answer))
    return found


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.conformance COMMAND [ARGUMENT ...]")
    found = put(sys.argv[1:])
    write = sys.stdout.write
    for ask, answer in found.wrong:
        write(
            f"wrong: {ask.family}: {ask.name}\n  expected {json.dumps(ask.answer)[:300]}\n  answered {json.dumps(answer)[:300]}\n"
        )
    write(found.table() + "\n")
    sys.exit(1 if found.wrong else 0)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


if __name__ == "__main__":
    main()
