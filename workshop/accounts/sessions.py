"""The session cookie: reading it, renewing it, sending it. Who the person is comes from queries; what they may do is not decided here."""

import hashlib
import secrets
import sqlite3
from typing import TYPE_CHECKING

from flask import Response, g, request

from workshop.accounts import commands, queries
from workshop.accounts.queries import Account, Actor
from workshop.config import SECOND_MS, SESSION_MS, SESSION_ROLL_MS
from workshop.disk import is_full
from workshop.i18n import current_lang
from workshop.security import cookie_name, set_cookie

if TYPE_CHECKING:
    from workshop.site import Site


def actor_of_request(site: "Site") -> Actor | None:
    """The signed-in person. Renews a session that has not been renewed today."""
    g.session_hash = None
    token = request.cookies.get(cookie_name("session"))
    if not token:
        return None
    now = site.now()
    found = queries.live_session(site.db, token_hash(token), now)
    if found is None:
        return None
    session, account = found
    g.session_hash, g.session_since = session.token_hash, session.created_at
    if now - session.seen_at >= SESSION_ROLL_MS:
        _renew(site, session.token_hash, now, token)
    return actor_of(site, account)


def _renew(site: "Site", session: str, now: int, token: str) -> None:
    """On a full disk, or without the shared log, the session stays as old as it is: reading goes on."""
    if site.log_away:
        return
    try:
        with site.writing() as db:
            commands.renew_session(db, session, now)
    except sqlite3.OperationalError as error:
        if not is_full(error, site.folder):
            raise
        return
    g.session_cookie = token


def actor_of(site: "Site", account: Account) -> Actor:
    person = queries.person_name(site.db, site.code, account.person_id, account.kind)
    granted = queries.roles(site.db, site.code, account.person_id, account.kind)
    return Actor(account.person_id, person.name(current_lang()), granted, account.username)


def open_session(site: "Site", account: Account) -> None:
    """A new session for this browser; an older one of its own ends. The cookie goes out with the answer."""
    token = secrets.token_urlsafe(32)
    old = request.cookies.get(cookie_name("session"))
    with site.writing() as db:
        if old:
            commands.end_session(db, token_hash(old))
        commands.begin_session(db, token_hash(token), account.username, site.now())
    g.session_cookie, g.session_hash, g.session_since = token, token_hash(token), site.now()
    g.actor = actor_of(site, account)


def close_session(site: "Site") -> None:
    """Ends this browser's session. Never `Clear-Site-Data`: that would wipe records which are waiting to be sent."""
    token = request.cookies.get(cookie_name("session"))
    if token:
        with site.writing() as db:
            commands.end_session(db, token_hash(token))
    g.session_cookie, g.session_hash, g.actor = "", None, None
    g.left_at = site.now()


def since() -> int | None:
    """When the person of this page signed in, or the last one signed out (UTC ms); None when this browser knows neither.

    A tablet takes the newer of two pages' word for who acts; a page without a word (the cookie was lost) changes nothing.
    """
    if g.get("session_hash"):
        return int(g.session_since)
    left = request.cookies.get(cookie_name("left"), "")
    return int(left) if left.isdecimal() and len(left) < 16 else None


def send_cookie(response: Response) -> None:
    token = g.pop("session_cookie", None)
    if token is not None:
        set_cookie(response, "session", token, SESSION_MS // SECOND_MS if token else 0)
    left_at = g.pop("left_at", None)
    if left_at is not None:
        set_cookie(response, "left", str(left_at), SESSION_MS // SECOND_MS)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
