"""Rows of safe HTML with terms and pinyin; and the lessons that come with the program keep their own promises."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from workshop.lessons.package import Package, parse_package
from workshop.lessons.render import Rendered, rendered
from workshop.lessons.source import read_packages
from workshop.lessons.store import LIBRARY

YAML = """
format: 1
slug: safe-start
version: 1
title: {en: A safe start, zh: 安全起步}
summary: {en: How to begin., zh: 如何开始。}
course: plc
minutes: 30
licence: MIT
source: {en: Own work., zh: 自编。}
terms:
  - {zh: 验电/yàndiàn, en: prove dead, meaning: {en: a, zh: b}}
  - {zh: 验电器/yàndiànqì, en: voltage tester, meaning: {en: a, zh: b}}
"""
PACKAGES = {
    files["lesson.yaml"].split(b"slug: ")[1].split()[0].decode(): files for files in read_packages(LIBRARY)
}
SCREEN_PX = 328  # a telephone of 360 px less the page's margins
LETTER_PX_MIN = 10.5


def rows_of(english: str, chinese: str) -> Rendered:
    files = {"lesson.yaml": YAML.encode(), "en.md": english.encode(), "zh.md": chinese.encode()}
    return rendered(parse_package(files))


def test_each_row_holds_the_same_block_of_both_languages() -> None:
    rows = rows_of("## One\n\nText.", "## 一\n\n正文。").rows
    assert [(row.kind, str(row.en.html), str(row.zh.html)) for row in rows] == [
        ("h2", "One", "一"),
        ("p", "<p>Text.</p>", "<p>正文。</p>"),
    ]


def test_chinese_terms_bear_pinyin_and_the_longest_term_wins() -> None:
    html = str(rows_of("Text.", "用验电器验电。").rows[0].zh.html)
    assert re.sub(r"<rp[^>]*>.</rp>", "", html) == (
        '<p>用<a class="lesson-term" href="#term-2" rel="noopener noreferrer"><ruby>验电器'
        '<rt aria-hidden="true" lang="zh-Latn-pinyin">yàndiànqì</rt></ruby></a>'
        '<a class="lesson-term" href="#term-1" rel="noopener noreferrer"><ruby>验电'
        '<rt aria-hidden="true" lang="zh-Latn-pinyin">yàndiàn</rt></ruby></a>。</p>'
    )


def test_a_term_is_a_link_once_in_a_section_and_has_pinyin_always() -> None:
    rows = rows_of("## A\n\nx\n\nx\n\n## B\n\nx", "## 甲\n\n验电，验电。\n\n验电。\n\n## 乙\n\n验电。").rows
    assert [str(row.zh.html).count('href="#term-1"') for row in rows] == [0, 1, 0, 0, 1]
    assert [str(row.zh.html).count("<ruby>") for row in rows] == [0, 2, 1, 0, 1]


def test_english_terms_are_found_as_whole_words_in_any_case_and_number() -> None:
    html = str(
        rows_of("Prove dead. Two voltage testers, not overvoltage testerish.", "正文。").rows[0].en.html
    )
    assert re.findall(r">([^<]+)</a>", html) == ["Prove dead", "voltage testers"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](http://example.org)",
        "<https://example.org/<script>>",
        '[a](https://example.org "x\\" onclick=\\"y")',
        "`</code><script>`",
        "| a |\n|:-:|\n| <b style='x'>b</b> |",
    ],
)
def test_nothing_active_comes_through(hostile: str) -> None:
    html = str(rows_of(hostile, hostile).rows[0].en.html)
    root = ElementTree.fromstring(f"<r>{html}</r>")  # noqa: S314 - our own output, and it must be well formed
    for element in root.iter():
        assert element.tag not in {"script", "img", "b"}
        assert set(element.attrib) <= {"href", "rel", "class"}
        assert element.get("href", "https:").startswith("https:")


def test_a_short_name_in_brackets_is_found_too() -> None:
    yaml = YAML.replace("en: voltage tester", "en: residual current device (RCD)").encode()
    files = {
        "lesson.yaml": yaml,
        "en.md": b"An RCD is a residual current device.",
        "zh.md": "正文。".encode(),
    }
    assert 'href="#term-2"' in str(rendered(parse_package(files)).rows[0].en.html).partition("RCD")[0]


def test_terms_inside_links_and_code_are_left_alone() -> None:
    html = str(rows_of("x", "[验电](https://example.org/) 和 `验电`").rows[0].zh.html)
    assert "<ruby>" not in html


def test_boxes_have_their_word_in_their_own_language() -> None:
    row = rows_of("> [!WARNING]\n> Hot.", "> [!WARNING]\n> 烫。").rows[0]
    assert (row.kind, row.en.label, row.zh.label) == ("warning", "Warning", "警告")
    assert str(row.en.html) == "<p>Hot.</p>"


def test_a_check_shows_the_question_and_holds_back_the_answer() -> None:
    text = "> [!CHECK] Is it safe?\n>\n> No.\n>\n> - Never."
    row = rows_of(text, text).rows[0]
    assert str(row.en.question) == "<p>Is it safe?</p>"
    assert str(row.en.html).replace("\n", "") == "<p>No.</p><ul><li>Never.</li></ul>"


def test_contents_are_the_headings_in_order_with_anchors_of_their_own() -> None:
    contents = rows_of("## A\n\n### C\n\n## B", "## 甲\n\n### 丙\n\n## 乙").contents
    assert [str(row.en.html) for row in contents] == ["A", "B"]
    assert len({row.anchor for row in contents}) == 2


@pytest.fixture(params=sorted(PACKAGES))
def own(request: pytest.FixtureRequest) -> Package:
    return parse_package(PACKAGES[request.param])


def test_own_lessons_are_four() -> None:
    assert sorted(PACKAGES) == [
        "electrical-safety-lockout",
        "secondary-refining",
        "start-stop-circuit",
        "workpiece-coordinates",
    ]


def test_own_lessons_have_what_a_lesson_needs(own: Package) -> None:
    kinds = [row.kind for row in rendered(own).rows]
    assert 4 <= kinds.count("h2") <= 7
    assert 12 <= len(kinds) - kinds.count("h2") <= 30
    assert 2 <= kinds.count("figure") <= 4
    assert kinds.count("check") >= 3
    assert {"danger", "warning", "example", "ol"} <= set(kinds)
    assert 10 <= len(own.terms) <= 16


def test_own_terms_can_be_tapped_in_the_text_of_both_languages(own: Package) -> None:
    rows = rendered(own).rows
    for language in ("en", "zh"):
        html = "".join(str(getattr(row, language).html) for row in rows)
        missing = [term.en for n, term in enumerate(own.terms, start=1) if f'href="#term-{n}"' not in html]
        assert missing == [], language


def test_own_chinese_keeps_its_script_and_english_has_none(own: Package) -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    assert not han.search(own.files["en.md"].decode())
    chinese_lines = [line for line in own.files["zh.md"].decode().splitlines() if len(line) > 40]
    assert all(han.search(line) for line in chinese_lines if not line.startswith("Q0.0"))


def test_numbers_of_the_worked_examples_agree_between_the_languages(own: Package) -> None:
    def bold_numbers(name: str) -> list[str]:
        bold = re.findall(r"\*\*(.+?)\*\*", own.files[name].decode())
        return [
            re.sub(r"[ ,]", "", number)
            for text in bold
            for number in re.findall(r"−?\d[\d ,]*(?:\.\d+)?", text)
        ]

    assert bold_numbers("en.md") == bold_numbers("zh.md")


def test_own_drawings_can_be_read_on_a_telephone_and_listened_to(own: Package) -> None:
    for name, content in own.files.items():
        if not name.endswith(".svg"):
            continue
        root = ElementTree.fromstring(content)  # noqa: S314 - our own file
        svg = "{http://www.w3.org/2000/svg}"
        assert root.find(f"{svg}title") is not None
        assert root.find(f"{svg}desc") is not None
        width = float(root.attrib["viewBox"].split()[2])
        sizes = [float(text.attrib["font-size"]) for text in root.iter(f"{svg}text")]
        assert min(sizes) * SCREEN_PX / width >= LETTER_PX_MIN, name
        written = "".join("".join(text.itertext()) for text in root.iter(f"{svg}text"))
        assert re.search(r"[\u4e00-\u9fff]", written)
        assert re.search(r"[A-Za-z]{3}", written)


def test_a_lesson_stays_small_enough_for_a_thin_line(own: Package) -> None:
    assert own.size_bytes <= 150_000


def test_packages_of_others_can_be_compared_with_ours() -> None:
    """Real pairs from elsewhere have no lesson.yaml: the reader says so and does not guess."""
    samples = Path(__file__).resolve().parents[3] / "shared" / "samples" / "lessons" / "iot"
    if not samples.is_dir():
        pytest.skip("needs ../shared/samples")
    with pytest.raises(Exception, match="lesson_none_found"):
        read_packages(samples / "en")
