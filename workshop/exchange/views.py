"""How far the exchange with the other side is, an exchange at once, and files for the times without a network. Thin."""

import tempfile
from pathlib import Path
from typing import IO

from flask import Blueprint, Response, make_response, request, send_file

from sync.errors import SyncError
from workshop.config import BUNDLE_FORM_BYTES_MAX
from workshop.devices.rules import short_id
from workshop.exchange import background, bundles, queries
from workshop.exchange.bundles import Taken
from workshop.parts import chosen_part
from workshop.problem_pages import words_of
from workshop.problems import N_, Problem
from workshop.site import Site
from workshop.web import (
    NavItem,
    current_actor,
    current_site,
    lang_url,
    limit_body,
    render,
    require,
    see_other,
)
from workshop.when import When

bp = Blueprint("exchange", __name__)
LOOKERS = ("instructor", "admin", "reviewer", "supervisor")
CARRIERS = ("instructor", "admin", "reviewer")
nav = [NavItem("exchange.status", N_("Exchange"), "sync", frozenset(LOOKERS))]

ANSWER_S_MAX, EXCHANGE_S_MAX = 8.0, 12.0  # together 20 s: a person is waiting
FILE_TYPE = "application/gzip"


@bp.get("/exchange")
@require(*LOOKERS)
def status() -> Response:
    return _status()


@bp.post("/exchange/now")
@require(*CARRIERS)
def now() -> Response:
    """Talk to one peer while the person waits; what is left goes on in the background."""
    site = current_site()
    known = [peer.address for peer in background.peers(site)]
    address = request.form.get("address", "")
    if address not in known:
        raise Problem("no_peer", 422)
    try:
        outcome = background.exchange_with(site, address, ANSWER_S_MAX, EXCHANGE_S_MAX)
    except SyncError as error:
        return _status(problem=Problem(error.code, 503, **error.data))
    return see_other(
        lang_url(
            "exchange.status",
            sent=outcome.sent,
            taken=outcome.taken,
            receipts=outcome.receipts,
            more=int(outcome.more) or None,
        )
    )


@bp.get("/exchange/bundle.luban")
@require(*CARRIERS)
def download() -> Response:
    """What the other side has not receipted, or with `all=1` everything, as one file."""
    site = current_site()
    part = chosen_part(site)
    file, info = bundles.write_file(site, part, everything=request.args.get("all") == "1")
    return _file(
        site, file, f"luban-{site.code}-{part}" if site.role == "campus" else f"luban-{site.code}", info.at
    )


@bp.get("/exchange/receipts.luban")
@require(*CARRIERS)
def receipts() -> Response:
    """What a tablet takes back after its file was brought: receipts, no ops."""
    site = current_site()
    file, info = bundles.write_receipts(site, chosen_part(site))
    return _file(site, file, f"luban-receipts-{site.code}", info.at)


@bp.post("/exchange/bundle")
@limit_body(BUNDLE_FORM_BYTES_MAX)
@require(*CARRIERS)
def upload() -> Response:
    site = current_site()
    brought = request.files.get("file")
    if brought is None or not brought.filename:
        return _status(problem=Problem("bundle_missing", 422))
    with tempfile.TemporaryDirectory(dir=site.folder, prefix="brought-") as folder:
        path = Path(folder) / "brought.luban"
        brought.save(path)
        try:
            taken = bundles.take_file(site, path)
        except (SyncError, Problem) as error:
            return _status(problem=Problem(error.code, 422, **error.data))
    return _taken(site, taken)


def _taken(site: Site, taken: Taken) -> Response:
    refused = [(words_of(Problem(code)), count) for code, count in taken.refused]
    return render(
        "exchange/taken.html",
        taken=taken,
        writer=queries.device_name(site.db, taken.device) or short_id(taken.device),
        refused=refused,
        part=chosen_part(site),
        when=When(site.now(), site.tz_minutes),
    )


def _status(problem: Problem | None = None) -> Response:
    site, actor = current_site(), current_actor()
    part = chosen_part(site) if site.role == "workshop" or site.site_parts else None
    other = queries.other_side(site, part)
    parts = [*(["common"] if site.role == "campus" else []), *([part] if part else [])]
    what, safe, do = words_of(problem) if problem else ("", "", "")
    return render(
        "exchange/status.html",
        peers=[(peer, _last_words(peer)) for peer in background.peers(site)],
        workshops=queries.workshops(site.db) if site.role == "campus" else [],
        counts=queries.counts(site.db, parts, other),
        may_carry=actor is not None and bool(actor.roles & set(CARRIERS)),
        done=_done(),
        part=part,
        parts=site.site_parts,
        when=When(site.now(), site.tz_minutes),
        problem=problem,
        what=what,
        safe=safe,
        do=do,
        http_status=problem.status if problem else 200,
    )


def _last_words(peer: background.Peer) -> tuple[str, str, str] | None:
    return words_of(Problem(peer.last_error)) if peer.last_error else None


def _done() -> dict[str, int] | None:
    """The numbers of an exchange that was just made."""
    told = {name: request.args.get(name, "") for name in ("sent", "taken", "receipts", "more")}
    if not told["sent"].isdecimal():
        return None
    return {name: int(text[:9]) if text.isdecimal() else 0 for name, text in told.items()}


def _file(site: Site, file: IO[bytes], name: str, at: int) -> Response:
    stamp = When(at, site.tz_minutes).at(at).replace("-", "").replace(":", "").replace(" ", "-")
    sent = send_file(file, FILE_TYPE, as_attachment=True, download_name=f"{name}-{stamp}.luban")
    response = make_response(sent)
    response.headers["Cache-Control"] = "no-store"
    return response
