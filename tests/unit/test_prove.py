"""`workshop prove` adds up what tests recorded, says in words what is missing, and fails when anything failed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from workshop.cli import prove
from workshop.cli.main import main

REPORT = """<testsuites><testsuite>
<testcase name="test_fault_01_a"><properties>
  <property name="did taps" value="40"/><property name="did kills" value="40"/><property name="found lost" value="0"/>
  <property name="most MB_more" value="7"/></properties></testcase>
<testcase name="test_fault_02_b"><properties>
  <property name="did taps" value="2"/><property name="found lost" value="{lost}"/><property name="most MB_more" value="5"/>
</properties>{trouble}</testcase>
</testsuite></testsuites>"""


def result(folder: Path, lost: int = 0, trouble: str = "") -> prove.Result:
    path = folder / "report.xml"
    path.write_text(REPORT.format(lost=lost, trouble=trouble))
    return prove.read_report("taps", "kill after every tap", path, 62)


def test_figures_are_those_of_the_tests(tmp_path: Path) -> None:
    found = result(tmp_path)
    assert (found.tests, found.did, found.found, found.most) == (
        2,
        {"taps": 42, "kills": 40},
        {"lost": 0},
        {"MB_more": 7},
    )
    assert found.verdict == "proved"
    last = prove.table([found]).splitlines()[-1]
    assert last == "kill after every tap | 42 taps, 40 kills | 0 lost, at most 7 MB more | 62 s | proved"


@pytest.mark.parametrize("kind", ["failure", "error", "skipped"])
def test_what_failed_or_was_skipped_proves_nothing(tmp_path: Path, kind: str) -> None:
    found = result(tmp_path, trouble=f'<{kind} message="why\nmore"/>')
    assert found.verdict == "NOT PROVED"
    assert found.failed == [f"test_fault_02_b: {kind}: why more"]


def test_one_lost_is_enough(tmp_path: Path) -> None:
    assert result(tmp_path, lost=1).failed == ["kill after every tap: lost: 1"]


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(prove, "FAULTS", tmp_path / "none")
    monkeypatch.setattr(prove, "find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["prove", "--suite", "clock"])
    assert done.exit_code == 1
    assert "run this from a clone of the source" in done.output
    assert "pytest is not installed: run `make setup-dev`" in done.output
