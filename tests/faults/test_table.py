"""The public page names every fault, and every test it names is there; every test of a fault is in a suite of `workshop prove`."""

import ast
import re
from pathlib import Path

from workshop.cli.prove import SUITES

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "faults.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$")
TEST = re.compile(r"`(test_fault_\w+)`")
FAULTS = 34


def told_rows() -> dict[int, tuple[str, str, list[str]]]:
    """{number: (fault, expected, tests)} as the page says."""
    found = {}
    for line in PAGE.read_text("utf-8").splitlines():
        if match := ROW.match(line):
            found[int(match[1])] = (match[2], match[3], TEST.findall(match[4]))
    return found


def known_tests() -> dict[str, str]:
    """{test: its file}."""
    found = {}
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_fault_"):
                found[node.name] = path.name
    return found


def numbers(name: str) -> set[int]:
    """The faults that a test's name tells: test_fault_04_05_... is about two."""
    match = re.match(r"test_fault((?:_\d\d)+)_", name)
    assert match, name
    return {int(each) for each in match[1].split("_") if each}


def test_all_faults_are_on_the_page_each_with_its_tests() -> None:
    assert list(told_rows()) == list(range(1, FAULTS + 1))
    for number, (fault, expected, named) in told_rows().items():
        assert fault and expected and named, number
        assert all(number in numbers(name) for name in named), number


def test_every_test_that_the_page_names_is_there_and_none_is_left_out() -> None:
    named = {name for _, _, tests_named in told_rows().values() for name in tests_named}
    assert named == set(known_tests())


def test_no_figure_is_written_down_in_advance() -> None:
    """What was found is counted: a constant after assertions would be a claim."""
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "figures.found":
                assert not [k.arg for k in node.keywords if isinstance(k.value, ast.Constant)], path.name


def test_every_file_of_faults_is_in_a_suite() -> None:
    listed = [file for _, files in SUITES.values() for file in files]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(known_tests().values())
