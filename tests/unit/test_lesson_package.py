"""A lesson folder is taken whole or refused with a code that names what is wrong. Nothing here touches a site."""

import os
import re
import stat
import textwrap
import zipfile
from pathlib import Path

import pytest

from workshop.lessons import limits
from workshop.lessons.errors import BadFigure, BadLesson, LessonError, UnsafeSource
from workshop.lessons.figures import ELEMENTS, check_figure
from workshop.lessons.package import Package, parse_package
from workshop.lessons.pinyin import words_of
from workshop.lessons.problems import problems
from workshop.lessons.source import Files, read_packages

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>a</title><path d="M0 0h10"/></svg>'
YAML = """
format: 1
slug: safe-start
version: 2
title: {en: A safe start, zh: 安全起步}
summary: {en: How to begin., zh: 如何开始。}
course: plc
minutes: 30
licence: MIT
source: {en: Own work., zh: 自编。}
figures:
  - file: one.svg
    alt: {en: A line., zh: 一条线。}
    caption: {en: A line., zh: 一条线。}
terms:
  - zh: 验电/yàndiàn
    en: prove dead
    meaning: {en: Show that no voltage is left., zh: 确认无电。}
"""
ENGLISH = "## Begin\n\nProve dead first.\n\n![](figures/one.svg)\n\n1. Stop\n2. Lock\n\n> [!DANGER]\n> Live parts.\n"
CHINESE = "## 开始\n\n先验电。\n\n![](figures/one.svg)\n\n1. 停机\n2. 上锁\n\n> [!DANGER]\n> 带电部分。\n"


def lesson_files(**changes: bytes | None) -> Files:
    files: dict[str, bytes | None] = {
        "lesson.yaml": YAML.encode(),
        "en.md": ENGLISH.encode(),
        "zh.md": CHINESE.encode(),
        "figures/one.svg": SVG,
    }
    files |= changes
    return {name: content for name, content in files.items() if content is not None}


def parsed(**changes: bytes | None) -> Package:
    return parse_package(lesson_files(**changes))


def write_lesson(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def code_of(error: pytest.ExceptionInfo[LessonError]) -> str:
    assert error.value.code in problems, "every code has its words"
    what = problems[error.value.code].what % error.value.data
    assert what
    return error.value.code


def test_a_good_lesson_is_taken_with_aligned_blocks_and_terms() -> None:
    package = parsed()
    assert [en.shape for en, _zh in package.pairs] == ["h2", "p", "figure one.svg", "ol 2", "danger[p]"]
    assert (package.terms[0].zh, package.terms[0].pinyin) == ("验电", "yàndiàn")
    assert set(package.hashes) == set(package.files)


def test_the_digest_follows_every_byte_and_every_name() -> None:
    assert parsed().digest == parsed().digest
    assert parsed().digest != parsed(**{"en.md": ENGLISH.replace("first", "FIRST").encode()}).digest


@pytest.mark.parametrize(
    ("chinese", "block", "en", "zh"),
    [
        (CHINESE.replace("先验电。", "先验电。\n\n再开始。"), 3, "figure one.svg", "p"),
        (CHINESE.replace("2. 上锁\n", ""), 4, "ol 2", "ol 1"),
        (CHINESE.replace("DANGER", "NOTE"), 5, "danger[p]", "note[p]"),
        (CHINESE.replace("## 开始", "### 开始"), 1, "h2", "h3"),
        (CHINESE + "\n完。\n", 6, "-", "p"),
        (CHINESE.partition("> ")[0], 5, "danger[p]", "-"),
    ],
)
def test_the_first_block_that_differs_is_named(chinese: str, block: int, en: str, zh: str) -> None:
    with pytest.raises(BadLesson) as error:
        parsed(**{"zh.md": chinese.encode()})
    assert code_of(error) == "lesson_blocks_differ"
    assert {key: error.value.data[key] for key in ("block", "en", "zh")} == {
        "block": block,
        "en": en,
        "zh": zh,
    }


def test_a_difference_names_the_lines_in_both_files() -> None:
    with pytest.raises(BadLesson) as error:
        parsed(**{"zh.md": CHINESE.replace("## 开始", "## 开始\n\n多一段。").encode()})
    assert (error.value.data["en_line"], error.value.data["zh_line"]) == (5, 5)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("lesson.yaml", None, "lesson_file_missing"),
        ("zh.md", None, "lesson_file_missing"),
        ("figures/one.svg", None, "lesson_file_missing"),
        ("notes.txt", b"x", "lesson_file_unexpected"),
        ("figures/two.svg", SVG, "lesson_file_unexpected"),
        ("en.md", b"\xff\xfe", "lesson_not_utf8"),
        ("en.md", b"", "lesson_block_count"),
        ("en.md", b"# Title\n", "lesson_block_kind"),
        ("en.md", b"    indented\n", "lesson_block_kind"),
        ("en.md", b"> just a quote\n", "lesson_callout_kind"),
        ("en.md", b"> [!CHECK] Why?\n", "lesson_callout_empty"),
        ("en.md", b"See ![](figures/one.svg) here.\n", "lesson_figure_inline"),
        ("en.md", b"![](https://example.org/a.png)\n", "lesson_figure_inline"),
        ("en.md", b"![](../../etc/passwd)\n", "lesson_figure_inline"),
        ("en.md", b"- ![](figures/one.svg)\n", "lesson_figure_inline"),
        ("en.md", b"x" * (limits.TEXT_BYTES_MAX + 1), "lesson_too_large"),
        ("en.md", b"a\n\n" * (limits.BLOCKS_MAX + 1), "lesson_block_count"),
        ("lesson.yaml", b"a: [", "lesson_yaml"),
        ("lesson.yaml", b"a: !!python/object/apply:os.system [id]", "lesson_yaml"),
        ("lesson.yaml", b"a: &x 1\nb: *x\n", "lesson_yaml_alias"),
        ("lesson.yaml", b"a: 1\na: 2\n", "lesson_yaml_twice"),
        ("lesson.yaml", b"a: " + b"[" * 50 + b"]" * 50, "lesson_too_deep"),
        ("lesson.yaml", YAML.replace("plc", "PLC 1").encode(), "lesson_field"),
        ("lesson.yaml", YAML.replace("one.svg", "../one.svg").encode(), "lesson_field"),
        ("lesson.yaml", YAML.replace("minutes: 30", "minutes: 30\nauthor: x").encode(), "lesson_field"),
        ("lesson.yaml", YAML.replace("safe-start", "../up").encode(), "lesson_field"),
        ("lesson.yaml", YAML.replace("/yàndiàn", "/yandian").encode(), "lesson_pinyin"),
    ],
)
def test_what_is_wrong_has_a_code(name: str, content: bytes | None, code: str) -> None:
    with pytest.raises(LessonError) as error:
        parsed(**{name: content})
    assert code_of(error) == code


def test_a_figure_must_be_declared_and_used() -> None:
    more = YAML.replace("terms:", "  - {file: two.svg, alt: {en: a, zh: b}, caption: {en: a, zh: b}}\nterms:")
    with pytest.raises(BadLesson) as error:
        parsed(**{"lesson.yaml": more.encode(), "figures/two.svg": SVG})
    assert code_of(error) == "lesson_figure_unused"
    texts = {
        name: text.replace("one.svg", "two.svg").encode()
        for name, text in [("en.md", ENGLISH), ("zh.md", CHINESE)]
    }
    with pytest.raises(BadLesson) as error:
        parsed(**texts)
    assert code_of(error) == "lesson_figure_unused"


@pytest.mark.parametrize(
    ("drawing", "code"),
    [
        ("<svg/>", "figure_type"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "figure_no_viewbox"),
        ("{0}<script>alert(1)</script></svg>", "figure_element"),
        ("{0}<foreignObject/></svg>", "figure_element"),
        ('{0}<image href="x.png"/></svg>', "figure_element"),
        ('{0}<animate attributeName="href"/></svg>', "figure_element"),
        ('{0}<h:script xmlns:h="http://www.w3.org/1999/xhtml"/></svg>', "figure_element"),
        ('{0}<rect onclick="x()"/></svg>', "figure_event"),
        ('{0}<rect OnLoad="x()"/></svg>', "figure_event"),
        ('{0}<use href="https://example.org/a.svg#b"/></svg>', "figure_outside"),
        (
            '{0}<use xmlns:x="http://www.w3.org/1999/xlink" x:href="data:image/svg+xml,a"/></svg>',
            "figure_outside",
        ),
        ('{0}<rect fill="url(https://example.org/a)"/></svg>', "figure_outside"),
        ('{0}<rect style="background: u\\72l(x)"/></svg>', "figure_outside"),
        ('{0}<style>@import "a.css";</style></svg>', "figure_outside"),
        ('{0}<rect xmlns:e="urn:e" e:x="1"/></svg>', "figure_attribute"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>{0}</svg>', "figure_doctype"),
        ('<?xml-stylesheet href="a.css"?>{0}</svg>', "figure_doctype"),
        ('<?xml version="1.0" encoding="utf-16"?>{0}</svg>', "figure_not_utf8"),
        ("{0}<rect>", "figure_broken"),
        ("", "figure_broken"),
        ("{0}" + "<g>" * 30 + "</g>" * 30 + "</svg>", "figure_too_complex"),
        ("{0}" + "<g/>" * (limits.SVG_ELEMENTS_MAX + 1) + "</svg>", "figure_too_complex"),
    ],
)
def test_a_drawing_that_could_do_more_than_be_looked_at_is_refused(drawing: str, code: str) -> None:
    text = drawing.replace("{0}", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">')
    with pytest.raises(BadFigure) as error:
        check_figure("one.svg", text.encode())
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("name", "content"), [("a.png", SVG), ("a.jpg", b"<html>"), ("a.svg", b"\x89PNG\r\n\x1a\n")]
)
def test_a_picture_is_judged_by_its_content(name: str, content: bytes) -> None:
    with pytest.raises(BadFigure):
        check_figure(name, content)


def test_real_pictures_pass() -> None:
    check_figure("a.png", b"\x89PNG\r\n\x1a\n....")
    check_figure("a.jpg", b"\xff\xd8\xff\xe0....")
    check_figure("a.svg", b"\xef\xbb\xbf" + SVG)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("热/rè 继电器/jìdiànqì", (("热", "rè"), ("继电器", "jìdiànqì"))),
        ("Z 轴/zhóu", (("Z", ""), ("轴", "zhóu"))),
        ("西安/xī'ān", (("西安", "xī'ān"),)),
        ("倍率/bèilǜ", (("倍率", "bèilǜ"),)),
        ("桌子/zhuōzi", (("桌子", "zhuōzi"),)),
    ],
)
def test_pinyin_is_read_word_by_word(text: str, words: tuple[tuple[str, str], ...]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    "text",
    ["接触器", "接触器/", "接触器/jiechuqi", "接触器/jiēchù", "接触器/jiē4", "PLC/pī", "/a", "触a/chù"],
)
def test_pinyin_that_cannot_be_right_is_refused(text: str) -> None:
    with pytest.raises(BadLesson) as error:
        words_of(text)
    assert code_of(error) == "lesson_pinyin"


def test_a_folder_of_lessons_is_read_in_order_and_litter_is_left(tmp_path: Path) -> None:
    for name in ("b-lesson", "a-lesson"):
        write_lesson(tmp_path / name, lesson_files())
    write_lesson(tmp_path / "a-lesson", {".DS_Store": b"x", "figures/Thumbs.db": b"x"})
    (tmp_path / "notes.txt").write_text("not a lesson")
    assert [sorted(files) for files in read_packages(tmp_path)] == [sorted(lesson_files())] * 2


def test_links_and_pipes_in_a_folder_are_refused(tmp_path: Path) -> None:
    lesson = write_lesson(tmp_path / "lesson", lesson_files())
    secret = tmp_path / "secret"
    secret.write_text("key")
    (lesson / "figures/a.svg").symlink_to(secret)
    with pytest.raises(UnsafeSource) as error:
        read_packages(lesson)
    assert code_of(error) == "lesson_link"
    (lesson / "figures/a.svg").unlink()
    os.mkfifo(lesson / "figures/a.svg")
    with pytest.raises(UnsafeSource) as error:
        read_packages(lesson)
    assert code_of(error) == "lesson_not_a_file"


def test_a_link_instead_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(write_lesson(tmp_path / "lesson", lesson_files()))
    with pytest.raises(UnsafeSource, match="lesson_link"):
        read_packages(tmp_path / "link")


def zipped(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    inside = [(f"safe-start/{name}", content) for name, content in lesson_files().items()]
    assert read_packages(zipped(tmp_path / "a.zip", inside)) == [lesson_files()]  # type: ignore[arg-type]
    assert read_packages(zipped(tmp_path / "b.zip", list(lesson_files().items()))) == [lesson_files()]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../evil", "lesson_name_unsafe"),
        ("/etc/evil", "lesson_name_unsafe"),
        ("C:/evil", "lesson_name_unsafe"),
        ("a\\..\\evil", "lesson_name_unsafe"),
        ("a\x00b", "lesson_name_unsafe"),
        ("a/./b", "lesson_name_unsafe"),
        ("a\u202egvs.js", "lesson_name_unsafe"),
        ("n" * 200, "lesson_name_unsafe"),
        ("a/b/c/d/e", "lesson_too_deep"),
        ("EN.md", "lesson_name_twice"),
    ],
)
def test_names_in_a_zip_stay_inside(tmp_path: Path, name: str, code: str) -> None:
    # The name is put in after making the entry: ZipInfo itself would tidy it.
    entry = zipfile.ZipInfo("x")
    entry.filename = entry.orig_filename = name
    source = zipped(tmp_path / "a.zip", [*lesson_files().items(), (entry, b"x")])
    with pytest.raises(UnsafeSource) as error:
        read_packages(source)
    assert code_of(error) == code


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("figures/one.svg")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(UnsafeSource, match="lesson_link"):
        read_packages(zipped(tmp_path / "a.zip", [("lesson.yaml", b"x"), (entry, b"/etc/passwd")]))


def test_a_bomb_is_cut_while_reading(tmp_path: Path) -> None:
    source = zipped(tmp_path / "a.zip", [("lesson.yaml", b"\0" * (limits.FILE_BYTES_MAX + 1))])
    assert source.stat().st_size < 10_000
    with pytest.raises(UnsafeSource) as error:
        read_packages(source)
    assert code_of(error) == "lesson_too_large"


def test_too_much_in_all_is_refused(tmp_path: Path) -> None:
    part = b"x" * limits.FILE_BYTES_MAX
    many = [(f"figures/{n}.png", part) for n in range(limits.PACKAGE_BYTES_MAX // limits.FILE_BYTES_MAX + 1)]
    with pytest.raises(UnsafeSource, match="lesson_too_large"):
        read_packages(zipped(tmp_path / "a.zip", [("lesson.yaml", b"x"), *many]))  # type: ignore[list-item]
    files = [(f"figures/{n}.png", b"") for n in range(limits.PACKAGE_FILES_MAX)]
    with pytest.raises(UnsafeSource, match="lesson_too_many_files"):
        read_packages(zipped(tmp_path / "b.zip", [("lesson.yaml", b"x"), *files]))  # type: ignore[list-item]


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_a_damaged_zip_is_refused(tmp_path: Path, cut: int) -> None:
    source = zipped(tmp_path / "a.zip", list(lesson_files().items()))
    source.write_bytes(source.read_bytes()[:cut])
    with pytest.raises(UnsafeSource) as error:
        read_packages(source)
    assert code_of(error) == "lesson_zip_broken"


def test_a_place_without_lessons_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadLesson) as error:
        read_packages(tmp_path)
    assert code_of(error) == "lesson_none_found"
    with pytest.raises(UnsafeSource) as missing:
        read_packages(tmp_path / "nowhere")
    assert code_of(missing) == "lesson_source_missing"


DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_example_of_the_guide_is_a_lesson() -> None:
    guide = (DOCS / "how-to" / "write-a-lesson.md").read_text("utf-8")
    yaml, text = (
        textwrap.dedent(found)
        for found in re.findall(r"^ *```(?:yaml|markdown)\n(.*?)^ *```", guide, re.MULTILINE | re.DOTALL)
    )
    files = {"lesson.yaml": yaml, "en.md": text, "zh.md": text}
    package = parse_package(
        {name: content.encode() for name, content in files.items()} | {"figures/interlock.svg": SVG}
    )
    assert [en.kind for en, _zh in package.pairs] == ["h2", "p", "figure", "danger", "check"]


def test_the_reference_names_what_drawings_may_hold() -> None:
    reference = (DOCS / "reference" / "lesson-format.md").read_text("utf-8")
    listed = re.search(r"Allowed elements: `([^`]+)`", reference)
    assert listed
    assert set(listed[1].split()) == ELEMENTS
