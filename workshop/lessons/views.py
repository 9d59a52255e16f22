"""The reading pages: list, lesson, figures, and what a tablet must fetch to read without a network. Thin: store.py knows.

Open to everybody: a lesson holds no personal data, and a trainee's own phone has no account here.
"""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, jsonify, request, url_for

from workshop.lessons.errors import StoreProblem
from workshop.lessons.figures import TYPES
from workshop.lessons.store import Manifest, lesson_list, read_figure, read_lesson
from workshop.problems import N_
from workshop.web import NavItem, current_site, render

bp = Blueprint("lessons", __name__)
nav = [NavItem("lessons.index", N_("Lessons"), "lesson")]

SHOWS: Final = ("both", "en", "zh")
SHA_SIGNS: Final = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """How the page is shown: `show` is both, en or zh. What a person without JavaScript chose by a link."""

    show: str
    pinyin: bool


@bp.get("/lessons/")
def index() -> Response:
    return render("lessons/list.html", lessons=lesson_list(current_site().folder))


@bp.get("/lessons/<slug>/")
def lesson(slug: str) -> Response:
    found = read_lesson(current_site().folder, slug)
    asked = request.args.get("show", "")
    reading = Reading(asked if asked in SHOWS else "both", request.args.get("pinyin") == "on")
    return render(
        "lessons/lesson.html", lesson=found, reading=reading, figure_url=_figure_urls(found.manifest)
    )


@bp.get("/lessons/<slug>/figures/<sha>/<name>")
def figure(slug: str, sha: str, name: str) -> Response:
    content, sha256 = read_figure(current_site().folder, slug, name)
    if sha256[:SHA_SIGNS] != sha:
        raise StoreProblem("lesson_unknown", slug=slug)
    answer = Response(content, mimetype=TYPES[name.rpartition(".")[2]])
    # The address holds the hash, so the answer never changes. A drawing may be looked at and do nothing else,
    # also when somebody opens its address by itself.
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer


@bp.get("/lessons/<slug>/offline.json")
def offline(slug: str) -> Response:
    """`urls`: all that must be kept to read this lesson in both languages and to find it; `bytes`: what that costs, about."""
    manifest = read_lesson(current_site().folder, slug).manifest
    pages = [url_for("lessons.lesson", slug=slug, lang=lang) for lang in ("en", "zh")]
    lists = [url_for("lessons.index", lang=lang) for lang in ("en", "zh")]
    return jsonify(
        slug=manifest.slug,
        version=manifest.version,
        digest=manifest.digest,
        bytes=manifest.size_bytes,
        urls=[*pages, *lists, *_figure_urls(manifest).values()],
    )


def _figure_urls(manifest: Manifest) -> dict[str, str]:
    # One address for both languages (labels are bilingual), so that a prepared lesson holds a figure once.
    return {
        each.file: url_for(
            "lessons.figure",
            lang="en",
            slug=manifest.slug,
            sha=manifest.files[f"figures/{each.file}"][:SHA_SIGNS],
            name=each.file,
        )
        for each in manifest.info.figures
    }
