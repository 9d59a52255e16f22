"""The last step of every answer: cookies, headers, how long it may be kept, 304 when nothing changed, gzip."""

import gzip
import hashlib
from typing import Final

from flask import Flask, Response, request

from workshop import security
from workshop.accounts import sessions
from workshop.i18n import COOKIE, COOKIE_SECONDS, lang_of_path

GZIP_BYTES_MIN: Final = 600  # below this the packing saves no packet
GZIP_TYPES: Final = {
    "text/html",
    "text/plain",
    "text/csv",
    "text/javascript",
    "application/json",
    "application/manifest+json",
    "image/svg+xml",
}


def init_answers(app: Flask) -> None:
    app.after_request(finished)


def finished(response: Response) -> Response:
    sessions.send_cookie(response)
    security.send_cookies(response)
    _remember_language(response)
    security.set_headers(response)
    _keep(response)
    if response.status_code == 200 and request.method in {"GET", "HEAD"} and response.get_etag()[0]:
        response.make_conditional(request)
    _pack(response)
    return response


def is_fragment() -> bool:
    """A part of a page is asked for, not the page: by htmx, and not to restore or to replace the whole page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def _keep(response: Response) -> None:
    """Pages may be kept but are asked after each time; parts, errors and answers to forms are not kept at all."""
    page = response.mimetype == "text/html"
    if page:
        response.vary.add("HX-Request")
    if "Cache-Control" in response.headers:
        return
    if page and response.status_code == 200 and request.method in {"GET", "HEAD"} and not is_fragment():
        response.headers["Cache-Control"] = "private, no-cache"
        if not response.direct_passthrough and not response.is_streamed:
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:20], weak=True)
    else:
        response.headers["Cache-Control"] = "no-store"


def _pack(response: Response) -> None:
    if response.mimetype not in GZIP_TYPES or response.direct_passthrough or response.is_streamed:
        return
    response.vary.add("Accept-Encoding")
    whole = response.status_code != 206 and request.method != "HEAD" and not response.content_encoding
    if not whole or not request.accept_encodings["gzip"] or (response.content_length or 0) < GZIP_BYTES_MIN:
        return
    response.set_data(gzip.compress(response.get_data(), 6, mtime=0))
    response.content_encoding = "gzip"


def _remember_language(response: Response) -> None:
    """The language of the page that a person opens. Not of one that the service worker fetches for later: that must not change it."""
    lang = lang_of_path(request.path)
    opened = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    opened = opened and request.method == "GET" and not request.headers.get("HX-Request")
    if lang and opened and response.mimetype == "text/html" and request.cookies.get(COOKIE) != lang:
        response.set_cookie(
            COOKIE, lang, max_age=COOKIE_SECONDS, path="/", secure=request.is_secure, samesite="Lax"
        )
