"""Markdown -> the blocks of a lesson, each with a shape that can be compared between two languages. No HTML here."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from workshop.lessons import limits
from workshop.lessons.errors import BadLesson

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

CALLOUTS = ("danger", "warning", "note", "example", "check")
_MARK = re.compile(r"\[!([A-Za-z]+)\][ \t]*\n?")
_FIGURE = re.compile(r"!\[\]\(figures/([a-z0-9][a-z0-9-]{0,59}\.(?:svg|png|jpg))\)")


@cache
def markdown() -> "MarkdownIt":
    from markdown_it import (
        MarkdownIt,
    )  # not above: most servers serve no lesson for days, and it takes memory

    return MarkdownIt("commonmark", {"html": False, "maxNesting": 12}).enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """`shape` is what both languages must share: "h2", "p", "ol 7", "table 4x3", "danger[p ul 3]", "figure a.svg"."""

    kind: str
    shape: str
    line: int
    tokens: "tuple[Token, ...]"
    inner: tuple["Block", ...] = ()


def blocks_of(text: str, name: str) -> list[Block]:
    """The top-level blocks of one language file; `name` is for messages. Raises BadLesson for kinds we do not show."""
    blocks = [_block(tokens, name) for tokens in _cut(markdown().parse(text, {}))]
    if not 0 < len(blocks) <= limits.BLOCKS_MAX:
        raise BadLesson("lesson_block_count", file=name, count=len(blocks), limit=limits.BLOCKS_MAX)
    return blocks


def _cut(tokens: "list[Token]") -> "list[list[Token]]":
    """Runs of tokens, one for each block of the outermost level present."""
    found: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            found.append([])
        found[-1].append(token)
        depth += token.nesting
    return found


def _block(tokens: "list[Token]", name: str, outer: bool = True) -> Block:
    first = tokens[0]
    line = first.map[0] + 1 if first.map else 0
    match first.type:
        case "heading_open" if outer and first.tag in {"h2", "h3"}:
            kind = shape = first.tag
        case "paragraph_open":
            kind, shape = _paragraph(tokens, name, line, outer)
        case "ordered_list_open" | "bullet_list_open":
            kind = first.tag
            items = sum(token.type == "list_item_open" and token.level == first.level + 1 for token in tokens)
            shape = f"{kind} {items}"
        case "table_open":
            rows = sum(token.type == "tr_open" for token in tokens)
            cells = sum(token.type in {"th_open", "td_open"} for token in tokens)
            kind, shape = "table", f"table {rows}x{cells // rows}"
        case "fence":
            kind, shape = "code", f"code {len(first.content.splitlines())}"
        case "blockquote_open" if outer:
            return _callout(tokens, name, line)
        case _:
            raise BadLesson("lesson_block_kind", file=name, line=line, kind=first.tag or first.type)
    if kind != "figure" and any(_has_image(token) for token in tokens):
        raise BadLesson("lesson_figure_inline", file=name, line=line)
    return Block(kind, shape, line, tuple(tokens))


def _paragraph(tokens: "list[Token]", name: str, line: int, outer: bool) -> tuple[str, str]:
    content = tokens[1].content
    if not _has_image(tokens[1]):
        return "p", "p"
    figure = _FIGURE.fullmatch(content)
    if not figure or not outer:
        raise BadLesson("lesson_figure_inline", file=name, line=line)
    return "figure", f"figure {figure[1]}"


def _has_image(token: "Token") -> bool:
    return any(child.type == "image" for child in token.children or ())


def _callout(tokens: "list[Token]", name: str, line: int) -> Block:
    inside = tokens[1:-1]
    mark = _MARK.match(inside[1].content) if len(inside) > 1 and inside[1].type == "inline" else None
    kind = mark[1].lower() if mark else ""
    if not mark or kind not in CALLOUTS:
        raise BadLesson("lesson_callout_kind", file=name, line=line, allowed=" ".join(CALLOUTS))
    rest = inside[1].content[mark.end() :]
    inline = markdown().parseInline(rest, {})[0]
    inside = [inside[0], inline, *inside[2:]]
    inner = tuple(_block(run, name, outer=False) for run in _cut(inside if rest.strip() else inside[3:]))
    if not inner or (kind == "check" and (len(inner) < 2 or inner[0].kind != "p")):
        raise BadLesson("lesson_callout_empty", file=name, line=line, kind=kind)
    return Block(kind, f"{kind}[{' '.join(block.shape for block in inner)}]", line, (), inner)
