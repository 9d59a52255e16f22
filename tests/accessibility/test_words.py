"""The words of every page: a Chinese page says nothing in English that the catalogue can say in Chinese, an English page nothing in Chinese,
and no placeholder is left unfilled. Names and other people's words are marked translate="no" or with their own lang, and are left out."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from tests.accessibility.conftest import Looker
from tests.accessibility.pages import VISITS, Visit

pytestmark = pytest.mark.browser

CATALOGUE = Path(__file__).parents[2] / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
LEFT_OVER = re.compile(r"%\(|\{[a-z_]+\}|\bundefined\b|\bNaN\b|\[object |\{\{|\{%")
# Three words in a row of which two are no names; five characters in a row are no name either.
ENGLISH = re.compile(r"\b[A-Za-z]{2,}(?:[ ,'’-]+[a-z]{2,}){2,}")
CHINESE = re.compile(r"[\u4e00-\u9fff]{5,}")

# Every text that a person sees or hears: text, and the attributes that are read out. What is of another language or nobody's to
# translate is left out, scripts and templates too.
TEXTS = """(lang) => {
  const found = [];
  const heard = ["aria-label", "alt", "title", "placeholder"];
  const skipped = (each) => {
    const other = each.closest("[lang]");
    return each.closest("[translate=no], script, style, template, noscript") || (other && other.lang !== lang);
  };
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const element = node.nodeType === 1 ? node : node.parentElement;
    if (!element || skipped(element)) continue;
    if (node.nodeType === 3) found.push(node.textContent);
    else for (const name of heard) if (element.hasAttribute(name)) found.push(element.getAttribute(name));
  }
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


@cache
def known_texts() -> dict[str, list[re.Pattern[str]]]:
    """{language: patterns of the catalogue's texts in it that read differently in the other}"""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    pairs = [(text, other) for message in catalogue for text, other in _pairs(message)]
    return {
        "en": [_pattern(text) for text, other in pairs if text != other and _says(text, r"[A-Za-z]{4}")],
        "zh": [
            _pattern(other) for text, other in pairs if text != other and _says(other, r"[\u4e00-\u9fff]{2}")
        ],
    }


def _pairs(message: Message) -> list[tuple[str, str]]:
    ids = message.id if isinstance(message.id, (list, tuple)) else [message.id]
    said = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return [(str(text), str(said[0])) for text in ids if text]


def _says(text: str, words: str) -> bool:
    """Whether there are words in it besides what is filled in."""
    return bool(re.search(words, PLACEHOLDER.sub(" ", text)))


def _pattern(text: str) -> re.Pattern[str]:
    """The whole text, with anything in the place of what is filled in."""
    return re.compile(".{0,80}".join(re.escape(piece) for piece in PLACEHOLDER.split(text)))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.id)
def test_words(looker: Looker, visit: Visit, lang: str) -> None:
    page = looker.page(visit.site, visit.who)
    page.goto(looker.address(visit, lang))
    texts: list[str] = page.evaluate(TEXTS, {"en": "en", "zh": "zh-Hans"}[lang])
    assert len(texts) > 5
    unfilled = [text for text in texts if LEFT_OVER.search(text)]
    stranger, known = (ENGLISH, known_texts()["en"]) if lang == "zh" else (CHINESE, known_texts()["zh"])
    foreign = [text for text in texts if stranger.search(text) or any(each.fullmatch(text) for each in known)]
    assert (unfilled, sorted(set(foreign))) == ([], [])
