"""Sign in, sign out, one's own account; and the same sign-in as JSON for a tablet. Thin: rules and writes live beside this file."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from sync.exchange import request_statement
from sync.ops import unb64
from sync.signing import verify
from workshop.accounts import commands, queries, sessions
from workshop.accounts.queries import Account, Tablet
from workshop.config import SESSION_MS, SIGN_IN_BYTES_MAX
from workshop.problem_pages import words_of
from workshop.problems import Problem
from workshop.web import (
    current_actor,
    current_site,
    lang_url,
    limit_body,
    local_page,
    posted_by_script,
    render,
    require,
    see_other,
)

bp = Blueprint("accounts", __name__)
root_bp = Blueprint("accounts_tablet", __name__)

SIGN_IN_TEXT = "luban-signin-1"  # what a tablet signs: this, its device id and the user name, in three lines


@bp.get("/sign-in")
def sign_in() -> Response:
    back = local_page(request.args.get("next"))
    if current_actor():
        return see_other(back or lang_url("home.home"))
    return render("accounts/sign_in.html", back=back, username="", problem=None)


@bp.post("/sign-in")
@limit_body(SIGN_IN_BYTES_MAX)
def sign_in_post() -> Response:
    back = local_page(request.form.get("next"))
    username = request.form.get("username", "")
    try:
        sessions.open_session(current_site(), _signed_in(username, request.form.get("password", "")))
    except Problem as problem:
        return _again("accounts/sign_in.html", problem, back=back, username=username[:64])
    return see_other(back or lang_url("home.home"))


@bp.post("/sign-in/tablet")
@limit_body(SIGN_IN_BYTES_MAX)
@posted_by_script
def sign_in_tablet() -> Response:
    """JSON in: `username`, `password`, and for an enrolled tablet `device` and `sig` (b64 of its signature over SIGN_IN_TEXT).

    JSON out: who the person is, and `pin` (for unlocking without a network) only to a tablet that has proved who it is.
    """
    given = request.get_json()
    fields = ("username", "password", "device", "sig")
    if not isinstance(given, dict) or not all(isinstance(given.get(f, ""), str) for f in fields):
        raise Problem("bad_request", 400)
    site = current_site()
    username, device = given.get("username", ""), given.get("device", "")
    account = _signed_in(username, given.get("password", ""))
    if device:
        commands.bind_to_tablet(site, account, _proved_tablet(device, username, given.get("sig", "")))
    sessions.open_session(site, account)
    return _person_answer(account, with_pin=bool(device))


@root_bp.post("/sync/v1/here")
@limit_body(SIGN_IN_BYTES_MAX)
def here() -> Response:
    """Whoever signed in on this tablet before it was enrolled is bound to it now, without another password.

    The session's cookie says who, the request's signature by the device's key says where: `Luban-Signature` as for an exchange.
    JSON in: `device`. JSON out: as from `sign_in_tablet`.
    """
    actor, site = current_actor(), current_site()
    account = queries.account(site.db, actor.username) if actor else None
    if account is None:
        raise Problem("signed_out", 401)
    given = request.get_json()
    device = given.get("device") if isinstance(given, dict) else None
    statement = request_statement(request.get_data())
    tablet = _signing_tablet(device, request.headers.get("Luban-Signature", ""), statement)
    commands.bind_to_tablet(site, account, tablet)
    return _person_answer(account, with_pin=True)


@bp.post("/sign-out")
@limit_body(SIGN_IN_BYTES_MAX)
def sign_out() -> Response:
    sessions.close_session(current_site())
    return see_other(lang_url("accounts.sign_in"))


@bp.get("/account")
@require()
def account() -> Response:
    return _account_page(None, request.args.get("saved"))


@bp.post("/account/password")
@limit_body(SIGN_IN_BYTES_MAX)
@require()
def change_password() -> Response:
    try:
        own = _confirmed()
        if request.form.get("new", "") != request.form.get("again", ""):
            raise Problem("password_differs", 422)
        commands.set_password(current_site(), own.username, request.form.get("new", ""), g.session_hash)
    except Problem as problem:
        return _account_page(problem)
    return see_other(lang_url("accounts.account", saved="password"))


@bp.post("/account/pin")
@limit_body(SIGN_IN_BYTES_MAX)
@require()
def change_pin() -> Response:
    try:
        commands.set_pin(current_site(), _confirmed().username, request.form.get("pin", ""))
    except Problem as problem:
        return _account_page(problem)
    return see_other(lang_url("accounts.account", saved="pin"))


def _signed_in(username: str, password: str) -> Account:
    if not username.strip() or not password:
        raise Problem("sign_in_empty", 422)
    return commands.sign_in(current_site(), username, password, request.remote_addr)


def _confirmed() -> Account:
    """The signed-in person, who gave the present password once more: an unwatched tablet must not be enough."""
    actor = current_actor()
    return _signed_in(actor.username if actor else "", request.form.get("password", ""))


def _proved_tablet(device: str, username: str, signature: str) -> Tablet:
    return _signing_tablet(device, signature, f"{SIGN_IN_TEXT}\n{device}\n{username}".encode())


def _signing_tablet(device: object, signature: str, statement: bytes) -> Tablet:
    """The enrolled tablet of this id, whose key made the signature. Raises Problem("device_unknown")."""
    site = current_site()
    tablet = queries.tablet(site.db, site.code, device) if isinstance(device, str) else None
    if tablet is None or not verify(tablet.key, unb64(signature), statement):
        raise Problem("device_unknown", 403)
    return tablet


def _person_answer(account: Account, *, with_pin: bool) -> Response:
    """Who the person is, since when they are signed in and until when, and what checks their PIN without a network."""
    site = current_site()
    person = queries.person_name(site.db, site.code, account.person_id, account.kind)
    return jsonify(
        person=person.id,
        username=account.username,
        kind=account.kind,
        name_en=person.name_en,
        name_zh=person.name_zh,
        roles=sorted(g.actor.roles),
        site=site.code,
        since=sessions.since(),
        until=site.now() + SESSION_MS,
        pin=_pin(account) if with_pin else None,
    )


def _pin(account: Account) -> dict[str, Any] | None:
    if account.pin_hash is None:
        return None
    return {
        "alg": "PBKDF2-SHA256",
        "salt": account.pin_salt,
        "hash": account.pin_hash,
        "iterations": account.pin_iterations,
    }


def _account_page(problem: Problem | None, saved: str | None = None) -> Response:
    site, actor = current_site(), current_actor()
    own = queries.account(site.db, actor.username) if actor else None
    context: dict[str, Any] = {"has_pin": bool(own and own.pin_hash), "saved": saved}
    if problem:
        return _again("accounts/account.html", problem, **context)
    return render("accounts/account.html", problem=None, **context)


def _again(template: str, problem: Problem, **context: Any) -> Response:
    """The form once more with what went wrong on top; what was typed stays, but for passwords."""
    what, safe, do = words_of(problem)
    response = render(
        template, problem=problem, what=what, safe=safe, do=do, http_status=problem.status, **context
    )
    if "wait_ms" in problem.data:
        response.headers["Retry-After"] = str(-(-problem.data["wait_ms"] // 1000))
    return response
