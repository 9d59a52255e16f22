"""The HTTP door of the exchange and of enrolment. Bytes in, bytes out; signatures instead of cookies, so no session and no CSRF here."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify, request

from sync import exchange, limits, signing, snapshot, wire
from sync.errors import MessageError, SyncError
from sync.log import SqliteLog
from sync.ops import unb64
from workshop.accounts import queries as accounts
from workshop.config import KIB
from workshop.devices import commands, contacts, queries, takeover
from workshop.devices.rules import Enrolment
from workshop.exchange import caught_up
from workshop.problems import Problem
from workshop.site import Site
from workshop.web import current_site, limit_body

bp = Blueprint("syncapi", __name__)
log = logging.getLogger(__name__)

STATUS: Final = {
    "too_large": 413,
    "op_too_large": 413,
    "bad_signature": 403,
    "wrong_site": 409,
    "not_enrolled": 403,
    "busy": 503,
    "log_away": 503,
    "log_unsure": 503,
}
ENROL_BYTES_MAX: Final = 4 * KIB
DEVICE_CHARS: Final = 20
STRANGERS_MAX: Final = 50
STRANGER_OPS_MAX: Final = 2000
"""A tablet may record before anybody enrols it, and its ops are kept for that day; but strangers must not fill the disk."""

LOADS_MAX: Final = 2
"""So many first loads at once: each keeps one of the four threads that answer."""

_loads = threading.BoundedSemaphore(LOADS_MAX)
_changed = threading.Event()


def news() -> threading.Event:
    """Set whenever a tablet brought something: the background exchange need not wait for its hour."""
    return _changed


def refusals() -> Counter[str]:
    """How many messages were refused since the server started, by code: a line that damages what it carries shows here."""
    found: Counter[str] = current_app.extensions.setdefault("luban_refusals", Counter())
    return found


@bp.post("/sync/v1/exchange")
@limit_body(limits.MESSAGE_GZIP_BYTES)
def exchange_ops() -> Response:
    """One round trip of `docs/reference/wire-format.md` section 5."""
    site = current_site()
    try:
        caller = exchange.open_request(
            request.get_data(), request.headers.get("Luban-Signature", ""), site.device
        )
        parts = _shared_parts(site, caller)
        known = _is_known(site, caller)
        with site.locked() as node:
            answer = exchange.answer(node, caller, parts)
        caught_up.note_contact(site, caller)
        if known:
            contacts.note_contact(site, caller.hello, site.now())
    except SyncError as error:
        return _refusal(error)
    if caller.runs:
        _changed.set()
    response = _packed(wire.compress(answer))
    if (until := current_app.extensions["luban_certificate"].until()) is not None:
        response.headers["Luban-Certificate-Until"] = str(until)
    return response


@bp.post("/sync/v1/snapshot")
@limit_body(limits.MESSAGE_GZIP_BYTES)
def first_load() -> Response:
    """Everything that a server lacks, as a stream: `docs/reference/wire-format.md` section 5."""
    site = current_site()
    try:
        caller = exchange.open_request(
            request.get_data(), request.headers.get("Luban-Signature", ""), site.device
        )
        parts = sorted(set(_shared_parts(site, caller)) & set(caller.said.parts))
        if caller.said.have is None or caller.runs:
            raise MessageError("bad_message", what="have")
        if caller.role == "tablet":
            raise MessageError("not_enrolled", device=caller.device)
        if not _loads.acquire(blocking=False):
            raise MessageError("busy")
    except SyncError as error:
        return _refusal(error)
    have, connection = exchange.read_vector(caller.said.have), site.db.conn
    servers = [row[0] for row in connection.execute("select id from rm_device where kind <> 'tablet'")]
    pieces = snapshot.stream(SqliteLog(connection), site.key.public, have, parts, servers)
    response = _packed(pieces)
    response.call_on_close(_loads.release)
    return response


def _packed(body: bytes | Iterator[bytes]) -> Response:
    response = Response(body, content_type="application/x-luban")
    response.content_encoding = "gzip"
    return response


@bp.post("/sync/v1/enrol")
@limit_body(ENROL_BYTES_MAX)
def enrol() -> Response:
    """A device asks to be enrolled; the request carries its signature, so nobody asks in another's name."""
    data = request.get_json()
    key, name = data.get("key"), data.get("name")
    if not isinstance(key, str) or not isinstance(name, str):
        raise Problem("bad_request", 400)
    try:
        signature = unb64(request.headers.get("Luban-Signature", ""), 64)
    except MessageError as error:
        raise Problem("bad_request", 400) from error
    if not signing.verify(key, signature, exchange.request_statement(request.get_data())):
        raise Problem("bad_request", 400)
    invite, was = data.get("code"), data.get("was")
    found = commands.ask_enrolment(
        current_site(),
        key,
        name,
        invite if isinstance(invite, str) else None,
        was if isinstance(was, str) and len(was) == DEVICE_CHARS else None,
    )
    return _enrolment(found)


@bp.get("/sync/v1/enrol/<device>")
def enrolment(device: str) -> Response:
    found = queries.enrolment(current_site().db, device)
    if found is None:
        raise Problem("enrol_unknown", 404)
    return _enrolment(found)


@bp.post("/sync/v1/takeover")
@limit_body(ENROL_BYTES_MAX)
def take_over() -> Response:
    """What an enrolled tablet needs for its work: its people, their classes, the lessons. Asked with the device's signature; no PIN is in it."""
    site, data = current_site(), request.get_json()
    device = data.get("device") if isinstance(data, dict) else None
    tablet = accounts.tablet(site.db, site.code, device) if isinstance(device, str) else None
    if tablet is None:
        raise Problem("enrol_unknown", 404)
    try:
        signature = unb64(request.headers.get("Luban-Signature", ""), 64)
    except MessageError as error:
        raise Problem("bad_request", 400) from error
    if not signing.verify(tablet.key, signature, exchange.request_statement(request.get_data())):
        raise Problem("bad_request", 400)
    return jsonify(takeover.needs(site, tablet.id))


def _enrolment(found: Enrolment) -> Response:
    site = current_site()
    about: dict[str, Any] = {
        "device": site.device,
        "key": site.key.public,
        "code": site.part if site.role == "workshop" else "common",
        "name": site.code,
        "campus": site.root,
    }
    told: dict[str, Any] = {"device": found.device, "state": found.state, "code": found.code, "site": about}
    if found.name:
        told["name"] = found.name
    if found.replaces:
        told["replaces"] = queries.device_name(site.db, found.replaces)
    return jsonify(told)


def _shared_parts(site: Site, caller: exchange.Caller) -> list[str]:
    """What a calling server may replicate: everything for the campus, its own site for a workshop. Raises MessageError("not_enrolled")."""
    if caller.role == "tablet":
        return []
    if caller.device == site.root:
        return site.parts
    row = site.db.execute(
        "select kind, site from rm_device where id = ? and part = 'common' and enrolled = 1 and revoked_at is null",
        (caller.device,),
    ).fetchone()
    if row is None or row[0] == "tablet":
        raise MessageError("not_enrolled", device=caller.device)
    return site.parts if row[0] == "campus" else ["common", row[1]]


def _is_known(site: Site, caller: exchange.Caller) -> bool:
    """Whether anybody here has heard of the device. One that nobody knows may leave a tablet's work of some weeks, and no more.

    Raises MessageError("not_enrolled").
    """
    if caller.role != "tablet" or queries.is_heard_of(site.db, caller.device):
        return True
    strangers, ops = queries.strangers(site.db, caller.device, (site.device, site.root))
    coming = sum(len(run.lines) for run in caller.runs)
    if coming and ((ops == 0 and strangers >= STRANGERS_MAX) or ops + coming > STRANGER_OPS_MAX):
        raise MessageError("not_enrolled", device=caller.device)
    return False


def _refusal(error: SyncError) -> Response:
    refusals()[error.code] += 1
    log.warning("a message of %s was refused: %s", request.remote_addr, error.code)
    response = jsonify(code=error.code, data=error.data)
    response.status_code = STATUS.get(error.code, 400)
    response.headers["Luban-Code"] = error.code
    return response
