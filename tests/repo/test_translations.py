"""Both languages are whole: the catalogue fits the sources, no visible text stands bare in a template, pages say their language."""

import importlib.util
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import Environment, nodes
from jinja2.lexer import TOKEN_BLOCK_BEGIN, TOKEN_BLOCK_END, TOKEN_DATA, TOKEN_NAME, TOKEN_WHITESPACE

from tests.repo.conftest import ROOT, own_files, read
from workshop.factory import create_app
from workshop.site import Site

TEMPLATES = own_files(".html", under="workshop/templates/")
SPOKEN = {"alt", "aria-label", "aria-description", "placeholder", "title", "label", "summary"}
LETTERS = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"[A-Z][a-z]+|[a-z]+ [a-z]+ [a-z]+|[\u4e00-\u9fff]")
ENTITY = re.compile(r"&#?\w+;")
NAMES = {"中文", "English", "UTC", "PIN", "QR", "XLSX", "CSV", "PDF", "USB"}
"""Written alike in both languages."""

LANGUAGE = Environment(
    extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True
)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations_tool", ROOT / ".ci" / "translations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalogue_has_no_gap_and_no_wrong_placeholder(tool: ModuleType) -> None:
    assert tool.problems(tool.updated(None)) == []


def test_the_catalogue_fits_the_sources_and_is_compiled(tool: ModuleType) -> None:
    po, _ = tool.rendered(tool.updated(None))
    assert tool.PO.read_bytes() == po, "run `make translations`"
    assert tool.PO.with_suffix(".mo").exists()


def html_of(source: str) -> str:
    """A template's own HTML: expressions, blocks and what stands in {% trans %} left out, lines kept."""
    kept, tag, translated = [], [], False
    inside = False
    for _, kind, value in LANGUAGE.lexer.tokeniter(source, None):
        if kind == TOKEN_BLOCK_BEGIN:
            inside, tag = True, []
        elif kind == TOKEN_BLOCK_END:
            inside = False
            translated = tag[:1] == ["trans"] or (translated and tag[:1] != ["endtrans"])
        elif inside and kind == TOKEN_NAME:
            tag.append(value)
        elif kind == TOKEN_DATA and not translated and not inside:
            kept.append(value)
            continue
        kept.append("\n" * value.count("\n") if kind != TOKEN_WHITESPACE else "")
    return "".join(kept)


class Bare(HTMLParser):
    """Collects text and spoken attributes that hold words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[int, str]] = []
        self._data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._data = tag == "script"
        for name, value in attrs:
            if name in SPOKEN or (name == "content" and dict(attrs).get("name") == "description"):
                self._keep(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._data = False

    def handle_data(self, data: str) -> None:
        if not self._data:
            self._keep(data)

    def _keep(self, text: str) -> None:
        words = set(LETTERS.findall(ENTITY.sub("", text))) - NAMES
        if words:
            self.found.append((self.getpos()[0], " ".join(text.split())[:60]))


def bare_text(source: str) -> list[tuple[int, str]]:
    parser = Bare()
    parser.feed(html_of(source))
    parser.close()
    return parser.found


def bare_arguments(source: str) -> Iterator[tuple[int, str]]:
    """Sentences that are handed to a component as they are: {{ ui.button("Save") }}."""
    for call in LANGUAGE.parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and isinstance(call.node.node, nodes.Name):
            if call.node.node.name not in ("ui", "forms", "blocks", "signs"):
                continue
            for each in (*call.args, *(pair.value for pair in call.kwargs)):
                if (
                    isinstance(each, nodes.Const)
                    and isinstance(each.value, str)
                    and SENTENCE.match(each.value)
                ):
                    yield each.lineno, each.value


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_text_stands_bare_in_a_template(name: str) -> None:
    found = [*bare_text(read(name)), *bare_arguments(read(name))]
    assert [f"{name}:{line}: {text}" for line, text in found] == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ('<p>{{ _("Hello") }}: {{ name }}</p>', []),
        ("{% trans %}Hello there{% endtrans %}<b>late</b>", ["late"]),
        ('<img alt="A press" class="wide">', ["A press"]),
        ('<p{% if x %} title="Late"{% endif %}></p>', ["Late"]),
        ("{# a comment #}<i>&nbsp;·&mdash;</i>", []),
        ('{{ ui.button("Save") }}', ["Save"]),
        ('{{ ui.button(_("Save"), "second") }}', []),
        ("<p>出勤</p>", ["出勤"]),
    ],
)
def test_the_check_for_bare_text_sees_what_it_must(source: str, words: list[str]) -> None:
    assert [text for _, text in [*bare_text(source), *bare_arguments(source)]] == words


def test_no_sentence_is_put_together_inside_gettext() -> None:
    """f-strings and + inside a call of gettext cannot be looked up."""
    pattern = re.compile(r"""(?<![\w.])(?:_|gettext|lazy_gettext|N_)\(\s*(?:f["']|["'][^"'\n]*["']\s*[+%])""")
    found = [
        f"{name}: {hit[0]}"
        for name in own_files(".py", ".html", under="workshop/")
        for hit in pattern.finditer(read(name))
    ]
    assert found == []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site.create(tmp_path / "mbale", "mbale", "workshop", tz_minutes=180)
    yield made
    made.close()


@pytest.mark.parametrize(("lang", "said", "other"), [("en", "en", "zh-Hans"), ("zh", "zh-Hans", "en")])
def test_a_page_says_its_language_and_leads_to_the_other(
    site: Site, lang: str, said: str, other: str
) -> None:
    client = create_app(site, TESTING=True).test_client()
    for path in ("", "sign-in", "no-such-page"):
        page = client.get(f"/{lang}/{path}").text
        assert f'<html lang="{said}">' in page
        assert f'hreflang="{other}"' in page


def test_the_manifest_is_there_in_both_languages(site: Site) -> None:
    client = create_app(site, TESTING=True).test_client()
    names = {client.get(f"/{lang}/manifest.webmanifest").get_json()["name"] for lang in ("en", "zh")}
    assert len(names) == 2
