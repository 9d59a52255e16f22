"""The two languages: the one in the address, which to offer first, and the other language's address for the same page."""

from dataclasses import dataclass
from typing import Final

from babel import Locale
from flask import Flask, Request, g, has_request_context, request
from flask_babel import Babel, ngettext

from workshop.config import SECOND_MS

COOKIE: Final = "lang"
COOKIE_SECONDS: Final = 365 * 24 * 60 * 60


@dataclass(frozen=True)
class Language:
    """`code` stands in addresses, `html` in the lang attribute, `locale` names the catalogue, `name` is its own name.

    A Locale, not its code: to read a code, Babel loads the names of all the world's languages, 2 MB.
    """

    code: str
    html: str
    locale: Locale
    name: str


LANGUAGES: Final = {
    "en": Language("en", "en", Locale("en"), "English"),
    "zh": Language("zh", "zh-Hans", Locale("zh", script="Hans"), "中文"),
}
PREFIX: Final = "/<any(en,zh):lang>"


def current_lang() -> str:
    """`en` or `zh`: from the address, else (the few addresses without one) from the cookie or the browser."""
    if not has_request_context():
        return "en"
    if "lang" not in g:
        g.lang = lang_of_path(request.path) or preferred_lang(request)
    return str(g.lang)


def lang_of_path(path: str) -> str | None:
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in LANGUAGES else None


def preferred_lang(asked: Request) -> str:
    """What somebody who names no language is shown: the language used last, else what the browser asks for, else English."""
    cookie = asked.cookies.get(COOKIE)
    if cookie in LANGUAGES:
        return cookie
    best = asked.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans", "zh-SG"], default="en")
    return best.split("-")[0]


def other_lang_url() -> str:
    """The same page and query in the other language."""
    path = request.full_path if request.query_string else request.path
    here = lang_of_path(path)
    if here is None:
        return "/en/" if current_lang() == "zh" else "/zh/"
    other = "en" if here == "zh" else "zh"
    return f"/{other}{path[3:] or '/'}"


def duration(milliseconds: int) -> str:
    """A length of time for a person, rounded up, in seconds below two minutes, else in minutes."""
    seconds = -(-milliseconds // SECOND_MS)
    if seconds < 120:
        return str(ngettext("%(num)s second", "%(num)s seconds", max(seconds, 1)))
    return str(ngettext("%(num)s minute", "%(num)s minutes", -(-seconds // 60)))


def init_languages(app: Flask) -> None:
    """Addresses carry the language; views neither take it as an argument nor pass it on."""
    Babel(app, locale_selector=lambda: LANGUAGES[current_lang()].locale)

    @app.url_value_preprocessor
    def take_lang(_endpoint: str | None, values: dict[str, str] | None) -> None:
        g.lang = (values.pop("lang", None) if values else None) or current_lang()

    @app.url_defaults
    def put_lang(endpoint: str, values: dict[str, object]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = current_lang()
