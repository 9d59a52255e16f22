"""The files of one lesson -> a checked `Package`. Pure: bytes in, values out; what is wrong is named by code and place."""

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from workshop.lessons import limits
from workshop.lessons.blocks import Block, blocks_of
from workshop.lessons.errors import BadLesson
from workshop.lessons.figures import check_figure
from workshop.lessons.pinyin import Word, words_of
from workshop.lessons.source import Files

LANGUAGES = ("en", "zh")
FIGURE_NAME = r"^[a-z0-9][a-z0-9-]{0,59}\.(svg|png|jpg)$"

Line = Annotated[str, Meta(min_length=1, max_length=200)]
Sentence = Annotated[str, Meta(min_length=1, max_length=600)]


class Titles(Struct, frozen=True, forbid_unknown_fields=True):
    en: Line
    zh: Line


class Sentences(Struct, frozen=True, forbid_unknown_fields=True):
    en: Sentence
    zh: Sentence


class FigureInfo(Struct, frozen=True, forbid_unknown_fields=True):
    file: Annotated[str, Meta(pattern=FIGURE_NAME)]
    alt: Sentences
    caption: Sentences


class TermInfo(Struct, frozen=True, forbid_unknown_fields=True):
    zh: Line
    en: Line
    meaning: Sentences


class LessonInfo(Struct, frozen=True, forbid_unknown_fields=True):
    """What `lesson.yaml` says; the reference page explains every field."""

    format: Literal[1]
    slug: Annotated[str, Meta(pattern="^[a-z0-9](-?[a-z0-9]){1,47}$")]
    version: Annotated[int, Meta(ge=1, le=9999)]
    title: Titles
    summary: Sentences
    course: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
    minutes: Annotated[int, Meta(ge=1, le=600)]
    licence: Line
    source: Sentences
    figures: Annotated[tuple[FigureInfo, ...], Meta(max_length=limits.FIGURES_MAX)] = ()
    terms: Annotated[tuple[TermInfo, ...], Meta(max_length=limits.TERMS_MAX)] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """`words` are the Chinese words with their pinyin, in order."""

    zh: str
    pinyin: str
    words: tuple[Word, ...]
    en: str
    meaning: Sentences


@dataclass(frozen=True, slots=True)
class Package:
    """A lesson that passed every check. `pairs` are the aligned blocks (English, Chinese); `digest` names the content."""

    info: LessonInfo
    terms: tuple[Term, ...]
    pairs: tuple[tuple[Block, Block], ...]
    files: Files
    hashes: dict[str, str]
    digest: str

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.files.values()))


def parse_package(files: Files) -> Package:
    """Raises BadLesson (or BadFigure) at the first thing that is wrong; a package is taken whole or not at all."""
    info = _info(files)
    _check_files(info, files)
    pairs = _aligned(*(blocks_of(_text(files, f"{lang}.md"), f"{lang}.md") for lang in LANGUAGES))
    used = {block.shape.removeprefix("figure ") for block, _zh in pairs if block.kind == "figure"}
    for figure in info.figures:
        if figure.file not in used:
            raise BadLesson("lesson_figure_unused", name=figure.file)
    for name in sorted(used - {figure.file for figure in info.figures}):
        raise BadLesson("lesson_figure_undeclared", name=name)
    for figure in info.figures:
        check_figure(figure.file, files[f"figures/{figure.file}"])
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    return Package(info, _terms(info), pairs, files, hashes, digest_of(hashes))


def digest_of(hashes: dict[str, str]) -> str:
    """One hash for the whole: of the lines "sha256  name", sorted by name, as `sha256sum` would print them."""
    lines = "".join(f"{value}  {name}\n" for name, value in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _text(files: Files, name: str) -> str:
    if name not in files:
        raise BadLesson("lesson_file_missing", name=name)
    limit = limits.YAML_BYTES_MAX if name == "lesson.yaml" else limits.TEXT_BYTES_MAX
    if len(files[name]) > limit:
        raise BadLesson("lesson_too_large", name=name, limit=limit)
    try:
        return files[name].decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadLesson("lesson_not_utf8", name=name, offset=error.start) from error


def _info(files: Files) -> LessonInfo:
    from workshop.lessons.plainyaml import (
        read_plain,
    )  # not above: YAML is read when a lesson is, not with the server

    raw = read_plain(_text(files, "lesson.yaml"))
    try:
        return msgspec.convert(raw, LessonInfo)
    except msgspec.ValidationError as error:
        why, _at, place = str(error).partition(" - at `$")
        raise BadLesson("lesson_field", field=place.strip("`.") or "lesson.yaml", why=why) from error


def _check_files(info: LessonInfo, files: Files) -> None:
    names = [figure.file for figure in info.figures]
    for name in names:
        if names.count(name) > 1:
            raise BadLesson("lesson_figure_twice", name=name)
    wanted = {"lesson.yaml", "en.md", "zh.md"} | {f"figures/{name}" for name in names}
    for name in sorted(wanted - files.keys()):
        raise BadLesson("lesson_file_missing", name=name)
    for name in sorted(files.keys() - wanted):
        raise BadLesson("lesson_file_unexpected", name=name)


def _aligned(english: list[Block], chinese: list[Block]) -> tuple[tuple[Block, Block], ...]:
    for number, (en, zh) in enumerate(zip(english, chinese, strict=False), start=1):
        if en.shape != zh.shape:
            raise BadLesson(
                "lesson_blocks_differ",
                block=number,
                en=en.shape,
                zh=zh.shape,
                en_line=en.line,
                zh_line=zh.line,
            )
    if len(english) != len(chinese):
        number = min(len(english), len(chinese))
        longer, lang = (english, "en") if len(english) > number else (chinese, "zh")
        lines = {f"{lang}_line": longer[number].line, f"{'zh' if lang == 'en' else 'en'}_line": 0}
        shapes = {lang: longer[number].shape, "zh" if lang == "en" else "en": "-"}
        raise BadLesson("lesson_blocks_differ", block=number + 1, **shapes, **lines)
    return tuple(zip(english, chinese, strict=True))


def _terms(info: LessonInfo) -> tuple[Term, ...]:
    terms = []
    for term in info.terms:
        words = words_of(term.zh)
        written = "".join(
            # Latin words keep the space that separates them; Chinese words are written together.
            (" " if index and not pinyin and re.match(r"\w", word) and not words[index - 1][1] else "") + word
            for index, (word, pinyin) in enumerate(words)
        )
        pinyin = " ".join(pinyin or word for word, pinyin in words)
        terms.append(Term(written, pinyin, words, term.en, term.meaning))
    for field in ("zh", "en"):
        seen: set[str] = set()
        for made in terms:
            key = getattr(made, field).casefold()
            if key in seen:
                raise BadLesson("lesson_term_twice", term=getattr(made, field))
            seen.add(key)
    return tuple(terms)
