"""The tree stays as small, closed and honest as the house rules say. A failure names the file and, where it helps, the line."""

import hashlib
import json
import posixpath
import re
import tomllib
from pathlib import Path

import pytest

from tests.repo.conftest import ROOT, own_files, read, repo_files

LINES_MAX = {".py": 400, ".js": 300, ".html": 200, ".css": 400}
BINARY = (".png", ".mo", ".woff2", ".luban", ".xlsx", ".pdf", ".ico", ".jpg", ".ttf", ".gz")
WRITES = re.compile(
    r"""(?:\binsert\s+(?:or\s+\w+\s+)?into|\breplace\s+into|\bupdate(?:\s+or\s+\w+)?|\bdelete\s+from|\b(?:create|drop|alter)\s+table"""
    r"""(?:\s+if\s+(?:not\s+)?exists)?)\s+["'\[]?(rm|op)_|\[["'](rm|op)_\w+["']\]\.(?:insert|upsert|update|delete|create|drop)""",
    re.IGNORECASE,
)
IMPORT = re.compile(
    r"""(?:\bfrom|\bimport)\s*\(?\s*["'`]([^"'`]+)["'`]|\bimportScripts\(\s*["']([^"']+)["']"""
)
OUTSIDE = re.compile(
    r"""(?:\b(?:src|href|action|poster|srcset|data)\s*=\s*["']?|url\(\s*["']?|@import\s+["']?|\bimport\s*\(?\s*["']|\bfrom\s+["']"""
    r"""|\bfetch\(\s*["'`]|\bimportScripts\(\s*["'])((?:https?:)?//[^"'\s)`]+)""",
    re.IGNORECASE,
)
INLINE = re.compile(
    r"""<style|<[^>]*\sstyle\s*=|<[^>]*\son[a-z]+\s*=|javascript:|<script(?![^>]*(?:\ssrc\s*=|type="application/(?:ld\+)?json"))""",
    re.IGNORECASE,
)


def line_of(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def found_in(names: list[str], pattern: re.Pattern[str]) -> list[str]:
    """`path:line: what` of every match."""
    return [
        f"{name}:{line_of(text, hit.start())}: {hit[0][:90]}"
        for name in names
        for text in [read(name)]
        for hit in pattern.finditer(text)
    ]


@pytest.mark.parametrize("ending", sorted(LINES_MAX))
def test_no_file_is_too_long(ending: str) -> None:
    long = {
        name: lines
        for name in own_files(ending)
        if (lines := len(read(name).splitlines())) > LINES_MAX[ending]
    }
    assert own_files(ending)
    assert long == {}


def test_every_module_says_what_lives_in_it() -> None:
    """A module opens with a docstring. An empty `__init__.py` has nothing to say."""
    modules = [*own_files(".py", under="sync/"), *own_files(".py", under="workshop/")]
    assert [name for name in modules if read(name).strip() and not read(name).startswith('"""')] == []


def test_templates_carry_no_script_no_style_and_no_handlers() -> None:
    assert found_in(own_files(".html", under="workshop/templates/"), INLINE) == []


@pytest.mark.parametrize(
    "text",
    [
        '<p style="x">',
        "<p onclick=x>",
        "<script>1</script>",
        "<style>",
        '<a href="javascript:x">',
        "<p\n  onload='x'>",
    ],
)
def test_the_check_for_inline_code_would_see_it(text: str) -> None:
    assert INLINE.search(text)


def test_nothing_is_loaded_from_elsewhere() -> None:
    names = own_files(".html", ".css", ".js", ".svg", under="workshop/templates/")
    names += own_files(".html", ".css", ".js", ".svg", under="workshop/static/")
    assert [hit for hit in found_in(names, OUTSIDE) if "http://www.w3.org/" not in hit] == []


def vendored() -> list[str]:
    return [name for name in repo_files() if name.endswith("/VENDORED.json")]


@pytest.mark.parametrize("manifest", vendored())
def test_vendored_files_are_the_ones_that_were_checked(manifest: str) -> None:
    folder = Path(manifest).parent.as_posix()
    told = json.loads(read(manifest))
    here = {name.removeprefix(folder + "/") for name in repo_files() if name.startswith(folder + "/")}
    assert here - {"VENDORED.json"} == set(told["sha256"])
    assert folder.endswith(f"@{told['version']}")
    assert told["licence"] and told["source"]
    assert any(name.startswith("LICENSE") for name in here)
    for name, expected in told["sha256"].items():
        assert hashlib.sha256((ROOT / folder / name).read_bytes()).hexdigest() == expected, name


def test_every_vendored_folder_says_what_it_is() -> None:
    folders = {re.split(r"(?<=/vendor/)([^/]+)", name)[1] for name in repo_files() if "/vendor/" in name}
    assert folders == {Path(name).parent.name for name in vendored()}


def imports_of(name: str, scripts: set[str]) -> set[str]:
    """What a script imports, now or later. In `${folder}/x@1/y.js` only the end is known."""
    found = set()
    for hit in IMPORT.finditer(read(name)):
        path = hit[1] or hit[2]
        if path.startswith("."):
            found.add(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)))
        elif "${" in path:
            found |= {each for each in scripts if each.endswith(path.rpartition("}")[2])}
    return found & scripts


def reachable(roots: set[str], scripts: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(roots & scripts)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += imports_of(name, scripts)
    return seen


def test_every_script_is_used_somewhere() -> None:
    """From the worker, from app.js, from the main.js of a feature that a page names, or by its address in a template or in Python."""
    static = "workshop/static/"
    scripts = {name for name in repo_files() if name.startswith(static) and name.endswith((".js", ".mjs"))}
    pages = "\n".join(read(name) for name in own_files(".html", ".py", under="workshop/"))
    roots = {f"{static}sw.js", f"{static}js/app.js"}
    roots |= {
        f"{static}js/{name}/main.js" for name in re.findall(r"""set feature = ["']([\w-]+)["']""", pages)
    }
    roots |= {name for name in scripts if name.removeprefix(static) in pages}
    assert sorted(scripts - reachable(roots, scripts)) == []


def test_the_log_and_the_read_model_are_written_by_sync_only() -> None:
    assert found_in(own_files(".py", under="sync/"), WRITES)
    assert found_in(own_files(".py", under="workshop/"), WRITES) == []


@pytest.mark.parametrize(
    "sql",
    [
        "insert into rm_site values",
        "insert or replace into op_log values",
        "update rm_x set",
        "delete from op_key",
        'db["rm_site"].insert(',
        "drop table if exists rm_site",
    ],
)
def test_the_check_for_writes_would_see_it(sql: str) -> None:
    assert WRITES.search(sql)


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """A test may look for files beside the repository, when it says that it is skipped without them."""
    beside, machine = "../" + "shared", re.compile(r"(?<![\w.-])/(?:work|root|home/\w+)/")
    found = []
    for name in repo_files():
        if name.endswith(BINARY) or "/vendor/" in name or name.endswith(".lock"):
            continue
        text = read(name)
        skips = name.startswith("tests/") and "skip" in text
        if (beside in text and not skips) or machine.search(text):
            found.append(name)
    assert found == []


def test_a_package_would_hold_every_file_of_the_program() -> None:
    """Templates, scripts, lessons, typesetting and tables too. The catalogues stand beside the package: it runs from its checkout."""
    patterns = tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]["package-data"]["workshop"]
    held = {path.relative_to(ROOT).as_posix() for each in patterns for path in (ROOT / "workshop").glob(each)}
    others = {name for name in repo_files() if name.startswith("workshop/") and not name.endswith(".py")}
    assert len(others) > 100
    assert sorted(others - held) == []
