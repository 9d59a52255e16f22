"""What every answer and every form must carry: headers, and the proof that a form is one of ours. Who may do what is not decided here."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from workshop.i18n import LANGUAGES, lang_of_path
from workshop.problems import Problem

HEADERS: Final = {
    # A captive portal or a proxy answers for us with pages of its own: scripts believe only answers that carry this.
    "X-Luban": "1",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; media-src 'self' blob:"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
MACHINE_PATHS: Final = "/sync/"
MACHINE_HEADERS: Final = ("X-Luban", "X-Content-Type-Options")
SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_COOKIE_SECONDS: Final = 30 * 24 * 60 * 60

View = TypeVar("View", bound=Callable[..., Any])


def set_headers(response: Response) -> None:
    """What stands for a page means nothing in an answer to a program, which a browser never shows: there it would only cost its bytes."""
    names = MACHINE_HEADERS if request.path.startswith(MACHINE_PATHS) else HEADERS
    for name in names:
        response.headers.setdefault(name, HEADERS[name])  # a picture may carry a stricter policy of its own


def csrf() -> str:
    """The token for this person's forms. Signed in: bound to the session. Signed out: to a signed cookie (double submit).

    The same for a whole session, so that an unchanged page is answered with 304; answers are compressed all the same, because
    the SameSite cookie keeps other sites from making requests in the person's name, which guessing by length needs.
    """
    return _token(_seed(make=True))


def check_csrf() -> None:
    """Refuses a form that is not ours. Routes marked `posted_by_script` need a header that a foreign page cannot send.

    Raises Problem("csrf", 400), or ("signed_out", 401) when the session ended while the form was open.
    """
    if request.method in SAFE_METHODS or lang_of_path(request.path) is None or request.endpoint is None:
        return
    if getattr(current_app.view_functions[request.endpoint], "posted_by_script", False):
        if not (request.is_json and request.headers.get("X-Luban") == "1"):
            raise Problem("csrf", 400)
        return
    seed = _seed(make=False)
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not seed or not hmac.compare_digest(given.encode(), _token(seed).encode()):
        ended = cookie_name("session") in request.cookies and not g.get("session_hash")
        raise Problem("signed_out", 401) if ended else Problem("csrf", 400)


def posted_by_script(view: View) -> View:
    """Marks a JSON route that takes `X-Luban: 1` for a token: a page from the tablet's cache may hold an older session's token.

    Another site's page cannot send that header, nor JSON, without a permission that we never give (no CORS).
    """
    view.posted_by_script = True  # type: ignore[attr-defined]
    return view


def limit_body(most: int) -> Callable[[View], View]:
    """Lowers the limit of what a route accepts, in bytes. Stands below `@bp.post(...)`."""

    def mark(view: View) -> View:
        view.body_bytes_max = most  # type: ignore[attr-defined]
        return view

    return mark


def apply_limit() -> None:
    """Before anything reads the body: the route's own limit, where it has one."""
    view = current_app.view_functions.get(request.endpoint or "")
    most = getattr(view, "body_bytes_max", None)
    if most is not None:
        request.max_content_length = most
        if (request.content_length or 0) > most:
            raise Problem("too_large", 413)


def local_page(target: str | None) -> str | None:
    """`target` if it is a page of ours that can be opened, None if there is none. Raises Problem("bad_next", 400)."""
    if not target:
        return None
    path, _, query = target.partition("?")
    plain = path.isascii() and not set(target) & set("\\\r\n\t\x00#") and not path.startswith("//")
    if not plain or path.split("/", 2)[0] != "" or lang_of_path(path) not in LANGUAGES:
        raise Problem("bad_next", 400)
    try:
        current_app.url_map.bind("").match(path, method="GET", query_args=query or None)
    except RequestRedirect:
        return target  # only the missing slash at the end
    except (NotFound, HTTPException) as none:
        raise Problem("bad_next", 400) from none
    return target


def cookie_name(kind: str) -> str:
    """Cookies do not know ports: a workshop and a campus on one machine must not overwrite each other's."""
    site = current_app.extensions["luban_site"]
    return f"luban_{kind}_{site.code if site else 'none'}"


def send_cookies(response: Response) -> None:
    """The signed-out form's cookie, when a form was made for somebody who has none."""
    nonce = g.pop("new_csrf_nonce", None)
    if nonce:
        set_cookie(response, "csrf", f"{nonce}.{_sign('cookie:' + nonce)}", CSRF_COOKIE_SECONDS)


def set_cookie(response: Response, kind: str, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(kind),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
    )


def init_secret(app: Flask, read: Callable[[], bytes] | None) -> None:
    """`read` gives the site's signing key; it is asked at the first use. Without a site the key lives as long as the process."""
    app.extensions["luban_secret"] = {"read": read, "key": None if read else secrets.token_bytes(32)}


def _seed(*, make: bool) -> str:
    session = g.get("session_hash")
    if session:
        return f"session:{session}"
    nonce = g.get("new_csrf_nonce") or _cookie_nonce()
    if not nonce and make:
        nonce = g.new_csrf_nonce = secrets.token_urlsafe(16)
    return f"cookie:{nonce}" if nonce else ""


def _cookie_nonce() -> str | None:
    nonce, _, signature = request.cookies.get(cookie_name("csrf"), "").partition(".")
    good = hmac.compare_digest(signature.encode(), _sign("cookie:" + nonce).encode())
    return nonce if nonce and good else None


def _token(seed: str) -> str:
    return _sign("csrf:" + seed)


def _sign(text: str) -> str:
    secret = current_app.extensions["luban_secret"]
    if secret["key"] is None:
        secret["key"] = secret["read"]()
    return hmac.new(secret["key"], text.encode(), hashlib.sha256).hexdigest()[:40]
