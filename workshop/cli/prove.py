"""`workshop prove`: the public proof of the 34 faults, run from a clone of the source. Runs tests and adds up what they counted; proves nothing itself."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

ROOT: Final = Path(__file__).resolve().parents[2]
FAULTS: Final = ROOT / "tests" / "faults"
SECONDS_MAX: Final = 1200
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")

SUITES: Final = {
    "taps": ("kill after every tap", ("test_tablet_killed.py",)),
    "eviction": ("a full tablet, an emptied store", ("test_full_tablet.py",)),
    "order": ("arrival order and the line", ("test_line.py",)),
    "power": ("server killed, power cut", ("test_server_killed.py", "test_power_cut.py")),
    "disk": ("full disk of the server", ("test_full_disk.py",)),
    "restore": ("restore rehearsal", ("test_restores.py", "test_copies.py")),
    "clock": ("wrong clock", ("test_clocks.py",)),
    "hostile": ("hostile input and devices", ("test_hostile.py", "test_strangers.py")),
    "versions": ("newer versions, tables dropped, tabs", ("test_versions.py", "test_tabs.py")),
    "erasure": ("edited, taken back, erased", ("test_erasure.py",)),
}


@dataclass(frozen=True)
class Result:
    """One suite: how many tests, what they did and found by their own count, how long it took, and what failed."""

    suite: str
    title: str
    tests: int
    did: dict[str, int]
    found: dict[str, int]
    most: dict[str, int]
    seconds: int
    failed: list[str]

    @property
    def verdict(self) -> str:
        return "NOT PROVED" if self.failed or not self.tests else "proved"


@click.command()
@click.option(
    "--suite",
    "names",
    multiple=True,
    type=click.Choice(list(SUITES)),
    help="Only this one; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def prove(names: Sequence[str], as_json: bool) -> None:
    """Run the public proof: processes killed, power cut, disks full, clocks wrong. Needs a clone of the source.

    Prints what was done and what was found, as the tests themselves counted it. Exit code 1 when anything was not proved. Which fault is
    proved by which test: docs/reference/faults.md.
    """
    if missing := lacking():
        for line in missing:
            click.echo(f"workshop: {line}", err=True)
        raise SystemExit(1)
    results = []
    for name in names or SUITES:
        title, _ = SUITES[name]
        click.echo(f"{title} ...", err=True)
        results.append(run_suite(name))
    click.echo(json.dumps([told(each) for each in results], indent=1) if as_json else table(results))
    for each in results:
        for failure in each.failed:
            click.echo(f"not proved: {failure}", err=True)
    raise SystemExit(any(each.verdict != "proved" for each in results))


def lacking() -> list[str]:
    """What is not there and would be needed, each in a sentence that says what to do; empty when all is."""
    found = []
    if not FAULTS.is_dir():
        found.append(f"the tests are not here ({FAULTS}): run this from a clone of the source")
    for module in ("pytest", "pytest_timeout", "playwright", "pytest_playwright"):
        if find_spec(module) is None:
            found.append(
                f"{module} is not installed: run `make setup-dev` in the clone, then .venv/bin/workshop prove"
            )
    if not any(map(shutil.which, BROWSERS)) and not (Path.home() / ".cache" / "ms-playwright").exists():
        found.append("there is no Chromium: install it, or run `bash .ci/chromium` in the clone")
    return found


def run_suite(name: str) -> Result:
    """Run a suite's tests in a process of their own and read what they recorded."""
    title, files = SUITES[name]
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", *(str(FAULTS / file) for file in files)]
        command += [
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "-o",
            "junit_family=xunit1",
            f"--junitxml={report}",
        ]
        output = Path(folder) / "output.txt"
        with output.open("wb") as file:
            subprocess.run(  # noqa: S603 - our own tests
                command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, timeout=SECONDS_MAX, check=False
            )
        if not report.exists():
            return Result(
                name, title, 0, {}, {}, {}, seconds_since(started), [output.read_text("utf-8")[-2000:]]
            )
        return read_report(name, title, report, seconds_since(started))


def seconds_since(started: float) -> int:
    return round(time.monotonic() - started)


def read_report(name: str, title: str, report: Path, seconds: int) -> Result:
    """What the tests of a suite recorded: `did` and `found` are added up, of `most` the highest counts. A skipped test proves nothing."""
    did: Counter[str] = Counter()
    found: Counter[str] = Counter()
    most: dict[str, int] = {}
    failed, tests = [], 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 - written by our own process a moment ago
        tests += 1
        label = str(case.get("name"))
        for kind in ("failure", "error", "skipped"):
            if (trouble := case.find(kind)) is not None:
                failed.append(f"{label}: {kind}: {(trouble.get('message') or '').splitlines()[0][:200]}")
        for item in case.iter("property"):
            kind, _, what = str(item.get("name")).partition(" ")
            value = int(str(item.get("value")))
            if kind == "did":
                did[what] += value
            elif kind == "found":
                found[what] += value
            elif kind == "most":
                most[what] = max(value, most.get(what, value))
    failed += [f"{title}: {what}: {count}" for what, count in found.items() if count]
    return Result(name, title, tests, dict(did), dict(found), most, seconds, failed)


def told(result: Result) -> dict[str, object]:
    return {**asdict(result), "verdict": result.verdict}


def table(results: Sequence[Result]) -> str:
    """One line a suite, in columns."""
    rows = [("suite", "done", "found", "time", "verdict")]
    rows += [
        (each.title, counted(each.did), counted(each.found, each.most), f"{each.seconds} s", each.verdict)
        for each in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        " | ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    )


def counted(counts: dict[str, int], most: dict[str, int] | None = None) -> str:
    words = [f"{count} {what.replace('_', ' ')}" for what, count in counts.items()]
    words += [f"at most {value} {what.replace('_', ' ')}" for what, value in (most or {}).items()]
    return ", ".join(words) or "-"
