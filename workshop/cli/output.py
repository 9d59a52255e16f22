"""What all commands share: opening the site, answers as text or JSON, and failures in words with exit code 1."""

import gettext
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from sync.errors import SyncError
from workshop.config import TRANSLATIONS
from workshop.disk import is_full
from workshop.problems import Problem, catalogue
from workshop.site import Site

FEATURES = (
    "accounts",
    "attendance",
    "assessment",
    "certificates",
    "courses",
    "devices",
    "exchange",
    "lessons",
    "privacy",
    "reports",
    "review",
    "roster",
)
as_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to answer.",
)


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    """The site in a folder. Whatever goes wrong inside is said in words on stderr, with exit code 1."""
    with failures():
        site = Site(folder)
        try:
            yield site
        finally:
            site.close()


@contextmanager
def failures() -> Iterator[None]:
    try:
        yield
    except (SyncError, Problem) as error:
        fail(error.code, error.data)
    except sqlite3.OperationalError as error:
        if is_full(error):
            fail("disk_full", {})
        raise
    except OSError as error:
        click.echo(f"workshop: {error.strerror or error}: {error.filename or ''}", err=True)
        raise SystemExit(1) from error


def fail(code: str, data: dict[str, Any]) -> None:
    """Words for a code on stderr, in the language of the environment; exit code 1."""
    modules = [f"workshop.{feature}.problems" for feature in FEATURES]
    known = catalogue(import_module(m).problems for m in modules if find_spec(m)).get(code)
    lang = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    words = (
        gettext.translation("messages", TRANSLATIONS, ["zh_Hans"], fallback=True)
        if lang.startswith("zh")
        else gettext.NullTranslations()
    )
    if known:
        for sentence in (known.what, known.safe, known.do):
            text = words.gettext(sentence)
            click.echo(text % data if "%(" in text and _fits(text, data) else text, err=True)
    click.echo(f"workshop: {code} {json.dumps(data, ensure_ascii=False, default=str)}", err=True)
    raise SystemExit(1)


def _fits(text: str, data: dict[str, Any]) -> bool:
    try:
        text % data
    except (KeyError, TypeError, ValueError):
        return False
    return True


def answer(form: str, value: dict[str, Any], text: str) -> None:
    """Print a result in the form asked for."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1) if form == "json" else text)
