"""What a stranger reads is true: links lead somewhere, commands exist with the options shown, limits are those of the code."""

import re
import shlex
from pathlib import PurePosixPath
from urllib.parse import unquote

import click
import pytest

from sync import limits
from tests.repo.conftest import ROOT, own_files, read
from workshop.cli.main import main

PAGES = own_files(".md", under="")
DOCS = [name for name in PAGES if name.startswith("docs/") or "/" not in name]
LINK = re.compile(r"(?<!`)!?\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```([^\n`]*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\s*(?:\$ )?workshop( .+)?$")
LIMITS = "docs/reference/wire-format.md"


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """The anchors that a forge makes of a page's headings."""
    found = set()
    for heading in re.findall(r"^#{1,6} (.+?)\s*$", FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def links() -> list[tuple[str, str]]:
    return [
        (name, unquote(target))
        for name in PAGES
        for target in LINK.findall(without_code(read(name)))
        if not re.match(r"[a-z+]+:", target)
    ]


def test_there_are_links_to_check() -> None:
    assert len(links()) > 20


@pytest.mark.parametrize(("page", "target"), links())
def test_a_link_leads_somewhere(page: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    there = (ROOT / PurePosixPath(page).parent / path) if path else ROOT / page
    assert there.exists(), f"{page}: {target}"
    assert ROOT in there.resolve().parents
    if anchor and there.suffix == ".md":
        assert anchor in anchors(there.read_text("utf-8")), f"{page}: {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    to: dict[str, set[str]] = {name: set() for name in PAGES}
    for page, target in links():
        there = (ROOT / PurePosixPath(page).parent / target.partition("#")[0]).resolve()
        if there.is_file() and there.relative_to(ROOT).as_posix() in to:
            to[page].add(there.relative_to(ROOT).as_posix())
    seen: set[str] = set()
    waiting = ["README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen:
            seen.add(page)
            waiting += to[page]
    assert sorted(name for name in DOCS if name not in seen) == []


def test_every_page_that_the_code_names_is_there() -> None:
    named = {
        (path, page)
        for path in own_files(".py", ".js", ".html", ".css")
        if not path.startswith("tests/repo/")
        for page in re.findall(r"\bdocs/[\w/-]+\.md\b", read(path))
    }
    assert len(named) > 3
    assert sorted(pair for pair in named if not (ROOT / pair[1]).exists()) == []


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Every command by its words: {"user add": ...}."""
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        words = f"{before} {name}".strip()
        found.update(commands(command, words) if isinstance(command, click.Group) else {words: command})
    return found


def test_every_command_can_be_loaded_and_helps() -> None:
    assert isinstance(main, click.Group)
    for words, command in commands(main).items():
        assert command.get_help(click.Context(command, info_name=words)).startswith("Usage:")
        assert command.help, words


def test_every_command_is_described() -> None:
    assert isinstance(main, click.Group)
    text = "\n".join(read(name) for name in DOCS)
    missing = [words for words in commands(main) if not re.search(rf"\b{words}\b", text)]
    assert missing == []


def shown() -> list[tuple[str, str]]:
    """Every `workshop ...` line of a code block: (page, line). A line that ends with a backslash goes on."""
    found = []
    for page in DOCS:
        for _, block in FENCE.findall(read(page)):
            lines = re.sub(r"\\\n\s*", " ", block).splitlines()
            found += [(page, hit[1].strip()) for line in lines if (hit := COMMAND.match(line)) and hit[1]]
    return found


@pytest.mark.parametrize(("page", "line"), shown())
def test_a_command_that_is_shown_exists_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line.split("  #")[0].split(" | ")[0].split(" > ")[0])
    command: click.Command = main
    while words:
        word = words.pop(0)
        if word.startswith("-"):
            name = word.partition("=")[0]
            option = next((p for p in command.params if name in p.opts), None)
            assert option is not None or name in ("--help", "-h"), f"{page}: {line}: no option {name}"
            if isinstance(option, click.Option) and not option.is_flag and "=" not in word:
                words.pop(0)
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"{page}: {line}: no command {word}"
            command = found


def size(number: int) -> str:
    return f"{number // 2**20} MiB" if number % 2**20 == 0 else f"{number // 1024} KiB"


def test_the_limits_of_the_wire_format_are_those_of_the_code() -> None:
    section = read(LIMITS).partition("\n## 8. ")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    expected = [
        ("header line", size(limits.HEADER_BYTES)),
        ("body line", size(limits.BODY_BYTES)),
        ("changes in an op", str(limits.CHANGES_PER_OP)),
        ("ops in a message", str(limits.OPS_PER_MESSAGE)),
        ("message, gzip", f"{size(limits.MESSAGE_GZIP_BYTES)} / {size(limits.MESSAGE_RAW_BYTES)}"),
        ("inflation ratio", str(limits.INFLATE_RATIO)),
        ("bundle, gzip", f"{size(limits.BUNDLE_GZIP_BYTES)} / {size(limits.BUNDLE_RAW_BYTES)}"),
        ("JSON depth", str(limits.JSON_DEPTH)),
    ]
    for what, bound in expected:
        row = next((line for line in rows if what in line), "")
        assert re.search(rf"{what}.*(?<!\d){re.escape(bound)}(?![\d])", row), (what, bound, row)


def test_every_refusal_that_sync_can_make_is_in_the_wire_format() -> None:
    """What another client can meet: codes of messages, runs, bundles and admission."""
    section = read(LIMITS).partition("\n## 9. ")[2]
    codes = {
        code
        for name in own_files(".py", under="sync/")
        for code in re.findall(r"(?:MessageError|RunRefused|AdmissionError)\(\s*\"(\w+)\"", read(name))
    }
    assert len(codes) > 10
    assert sorted(code for code in codes if f"`{code}`" not in section) == []


def test_the_protocol_names_every_code_that_crosses_the_line() -> None:
    raised = re.compile(r'(?:MessageError|RunRefused|AdmissionError|BundleError)\(\s*"([a-z_]+)"')
    told = set(re.findall(r"`([a-z_]+)`", read("docs/reference/protocol.md")))
    sources = [*own_files(".py", under="sync/"), "workshop/admission.py"]
    codes = {code for name in sources for code in raised.findall(read(name))}
    assert {"chain_gap", "unknown_device", "bundle_damaged", "too_large"} <= codes
    assert codes <= told
