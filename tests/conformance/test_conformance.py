"""The conformance suite itself: a second implementation, written from the page alone, passes it, and wrong ones do not."""

import subprocess
import sys
from pathlib import Path

import pytest

from sync import exchange
from sync.bundle import read_bundle
from sync.errors import SyncError
from sync.ops import unb64
from tests.conformance import __main__ as suite
from tests.conformance.asks import all_asks, load
from tests.sync_vectors import cases
from tests.sync_world import Clock, key, replica

SECOND = [sys.executable, "-m", "tests.conformance.second"]
FAMILIES = {ask.family for ask in all_asks()}

BROKEN = {
    "chain": ("lines", "next_link", "lambda link, header, body: lines.hashlib.sha256(link + header + body).digest()"),
    "verify": ("lines", "verify", "lambda key, statement, signature: True"),
    "header": ("lines", "header", "lambda line: lines.json.loads(line)"),
    "body": ("lines", "is_change", "lambda change: True"),
    "runs": ("lines", "verify", "lambda key, statement, signature: True"),
    "request": ("store", "inflate", "lambda packed, most, code: lines.zlib.decompressobj(31).decompress(packed)"),
    "bundle": ("store", "inflate", "lambda packed, most, code: lines.zlib.decompressobj(31).decompress(packed)"),
    "receipt": ("lines", "verify", "lambda key, statement, signature: True"),
    "merge": ("store", "merge", "lambda policy, facts, *_: {'winner': facts[0]['op'], 'heads': [f['op'] for f in facts], 'conflict': False}"),
}  # fmt: skip
"""family -> what to break in the second implementation: module, function, and what stands in its place."""


def program(tmp_path: Path, module: str, name: str, instead: str) -> list[str]:
    """The second implementation with one function replaced."""
    script = tmp_path / "broken.py"
    script.write_text(
        "import hashlib, json, sys, zlib\n"
        "from tests.conformance.second import lines, store\n"
        "from tests.conformance.second.__main__ import answer\n"
        "lines.zlib = zlib\n"
        f"{module}.{name} = {instead}\n"
        "for question in sys.stdin:\n"
        "    try:\n        said = answer(json.loads(question))\n"
        "    except Exception as error:\n        said = {'error': repr(error)}\n"
        "    print(json.dumps(said, default=repr))\n"
    )
    return [sys.executable, str(script)]


def test_the_second_implementation_passes() -> None:
    found = suite.put(SECOND)
    assert found.wrong == []
    assert not found.not_done
    assert set(found.right) == FAMILIES
    assert sum(found.right.values()) == len(all_asks()) > 100


@pytest.mark.parametrize("family", BROKEN)
def test_a_broken_one_does_not(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    found = suite.put(program(tmp_path, *BROKEN[family]))
    assert family in {ask.family for ask, _ in found.wrong}


def test_one_that_says_nothing_is_wrong_everywhere() -> None:
    assert len(suite.put([sys.executable, "-c", ""]).wrong) == len(all_asks())


def test_one_that_does_less_is_told_so() -> None:
    program = "import sys\nfor line in sys.stdin: print('{\"unsupported\": true}')"
    found = suite.put([sys.executable, "-c", program])
    assert sum(found.not_done.values()) == len(all_asks())
    assert "not done" in found.table()


def test_the_command_prints_a_table_and_says_how_it_ended() -> None:
    good = subprocess.run(
        [sys.executable, "-m", "tests.conformance", *SECOND], capture_output=True, text=True, check=False
    )
    bad = subprocess.run(
        [sys.executable, "-m", "tests.conformance", "cat"], capture_output=True, text=True, check=False
    )
    assert (good.returncode, bad.returncode) == (0, 1)
    assert all(family in good.stdout for family in FAMILIES)
    assert "wrong: header: no JSON" in bad.stdout


@pytest.mark.parametrize("case", cases(load("requests")))
def test_requests(case: dict[str, str]) -> None:
    try:
        caller = exchange.open_request(unb64(case["gzip"]), case["signature"], case["here"])
        found = (None, sum(len(run.lines) for run in caller.runs))
    except SyncError as error:
        found = (error.code, 0)
    assert found == (case["code"], case["ops"])


@pytest.mark.parametrize("case", cases(load("bundles")))
def test_bundles(case: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "x.luban"
    file.write_bytes(unb64(case["file"]))
    node = replica(key("campus").device, Clock())
    try:
        info, taken, *_ = read_bundle(node, file, ["mbale"])
        assert taken == info.ops
        assert (None, taken) == (case["code"], case["ops"])
    except SyncError as error:
        assert (error.code, 0) == (case["code"], case["ops"])
        assert node.db.execute("select count(*) from op_log").fetchone() == (0,)
