"""Finds a lesson's terms in its text and marks them: a link to the term sheet, pinyin over the Chinese. No blocks here."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import escape

from workshop.lessons.package import Term
from workshop.lessons.pinyin import Word

if TYPE_CHECKING:
    from markdown_it.token import Token


class Marker:
    """Marks one language of one lesson, in reading order.

    Every occurrence in Chinese bears its pinyin; only the first in each section is a link, or a page
    would be more links than text. `new_section` starts counting again.
    """

    def __init__(self, terms: Iterable[Term], lang: str) -> None:
        self._chinese = lang == "zh"
        self._terms: dict[str, tuple[int, Term]] = {}
        for number, term in enumerate(terms, start=1):
            for key in [term.zh] if self._chinese else _english_keys(term.en):
                self._terms.setdefault(key, (number, term))
        longest_first = sorted(self._terms, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._pattern = (
            re.compile(f"({either})")
            if self._chinese
            else re.compile(rf"(?<![\w-])({either})(?:e?s)?(?![\w-])", re.IGNORECASE)
        )
        self._linked: set[int] = set()

    def new_section(self) -> None:
        self._linked.clear()

    def marked(self, tokens: "list[Token]", link: bool) -> "list[Token]":
        """The same inline tokens, text turned into ready HTML where it holds a term. Links are left alone."""
        from markdown_it.token import Token

        found: list[Token] = []
        inside_link = 0
        for token in tokens:
            inside_link += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and not inside_link:
                token = Token("html_inline", "", 0, content=self._html(token.content, link))
            found.append(token)
        return found

    def _html(self, text: str, link: bool) -> str:
        made, end = [], 0
        for match in self._pattern.finditer(text):
            made += [str(escape(text[end : match.start()])), self._term(match, link)]
            end = match.end()
        return "".join([*made, str(escape(text[end:]))])

    def _term(self, match: re.Match[str], link: bool) -> str:
        number, term = self._terms[match[1] if self._chinese else match[1].lower()]
        shown = ruby(term.words) if self._chinese else str(escape(match[0]))
        if not link or number in self._linked:
            return shown
        self._linked.add(number)
        return f'<a class="lesson-term" href="#term-{number}">{shown}</a>'


def _english_keys(term: str) -> list[str]:
    """ "residual current device (RCD)" is found under both its names."""
    name, _bracket, short = term.lower().partition(" (")
    return [name, short.rstrip(")")] if short else [name]


def ruby(words: Iterable[Word]) -> str:
    """Word by word, not sign by sign; the reading is for eyes, a screen reader reads the signs themselves."""
    return "".join(
        f'<ruby>{escape(word)}<rp aria-hidden="true">(</rp><rt aria-hidden="true" lang="zh-Latn-pinyin">{escape(pinyin)}</rt>'
        '<rp aria-hidden="true">)</rp></ruby>'
        if pinyin
        else str(escape(word))
        for word, pinyin in words
    )
