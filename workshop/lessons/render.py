"""A checked package -> rows of safe HTML, English and Chinese of one paragraph in one row. No Flask, no files."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from workshop.lessons.blocks import Block, markdown
from workshop.lessons.package import FigureInfo, Package
from workshop.lessons.terms import Marker

if TYPE_CHECKING:
    from markdown_it.token import Token

TAGS = {
    *("p", "em", "strong", "code", "pre", "br", "ol", "ul", "li", "a", "ruby", "rt", "rp"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "rt": {"aria-hidden", "lang"},
    "rp": {"aria-hidden"},
}
LABELS = {
    "danger": ("Danger", "危险"),
    "warning": ("Warning", "警告"),
    "note": ("Note", "说明"),
    "example": ("Worked example", "例题"),
    "check": ("Check yourself", "自测"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One language of a row. `label` heads a callout; `question` is the visible half of a check."""

    html: Markup
    label: str = ""
    question: Markup = Markup("")  # noqa: RUF009 - immutable


@dataclass(frozen=True, slots=True)
class Row:
    """`kind` is the block's; `anchor` is set for headings; a figure row has no parts of its own."""

    kind: str
    en: Part
    zh: Part
    anchor: str = ""
    figure: FigureInfo | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    rows: tuple[Row, ...]

    @property
    def contents(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.kind == "h2")


def rendered(package: Package) -> Rendered:
    """All rows in order. Safe twice over: Markdown without HTML, and a closed list of tags and attributes after it."""
    figures = {figure.file: figure for figure in package.info.figures}
    english, chinese = Marker(package.terms, "en"), Marker(package.terms, "zh")
    rows = []
    for number, (en, zh) in enumerate(package.pairs, start=1):
        if en.kind == "figure":
            rows.append(Row("figure", _NOTHING, _NOTHING, figure=figures[en.shape.removeprefix("figure ")]))
            continue
        if en.kind == "h2":
            english.new_section()
            chinese.new_section()
        anchor = f"part-{number}" if en.kind in {"h2", "h3"} else ""
        rows.append(Row(en.kind, _part(en, english, 0), _part(zh, chinese, 1), anchor))
    return Rendered(tuple(rows))


_NOTHING = Part(Markup(""))


def _part(block: Block, marker: Marker, language: int) -> Part:
    if block.kind in {"h2", "h3"}:
        inline = block.tokens[1].children or []
        return Part(_html([_inline(marker.marked(inline, link=False))]))
    if not block.inner:
        return Part(_html(_marked(block.tokens, marker)))
    label = LABELS[block.kind][language]
    inner = [_html(_marked(each.tokens, marker, link=block.kind != "check")) for each in block.inner]
    if block.kind == "check":
        return Part(Markup("").join(inner[1:]), label, inner[0])
    return Part(Markup("").join(inner), label)


def _marked(tokens: "tuple[Token, ...]", marker: Marker, link: bool = True) -> "list[Token]":
    return [
        _inline(marker.marked(token.children or [], link)) if token.type == "inline" else token
        for token in tokens
    ]


def _inline(children: "list[Token]") -> "Token":
    from markdown_it.token import Token

    return Token("inline", "", 0, children=children)


def _html(tokens: "list[Token]") -> Markup:
    import nh3  # not above, like markdown_it: only who reads a lesson needs it

    raw = str(markdown().renderer.render(tokens, markdown().options, {}))
    clean = nh3.clean(
        raw,
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes={"a": {"lesson-term"}},
        url_schemes={"https"},
        link_rel="noopener noreferrer",
    )
    return Markup(clean.strip())  # noqa: S704 - cleaned on the line before
