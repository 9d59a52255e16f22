"""What the routes of the exchange share: their blueprint, who may use them, and the page that they fall back on."""

from flask import Blueprint, Response, request

from workshop.devices.rules import short_id
from workshop.exchange import background, queries
from workshop.parts import chosen_part
from workshop.problem_pages import words_of
from workshop.problems import Problem
from workshop.syncapi import refusals
from workshop.web import current_actor, current_site, render
from workshop.when import When

bp = Blueprint("exchange", __name__)
LOOKERS = ("instructor", "admin", "reviewer", "supervisor")
CARRIERS = ("instructor", "admin", "reviewer")
FILES_SHOWN, DEVICES_SHOWN = 12, 8


def status_page(problem: Problem | None = None) -> Response:
    site, actor = current_site(), current_actor()
    part = chosen_part(site) if site.role == "workshop" or site.site_parts else None
    other = queries.other_side(site, part)
    parts = [*(["common"] if site.role == "campus" else []), *([part] if part else [])]
    waiting = queries.waiting_by_device(site.db, parts, other) if parts else []
    may_carry = actor is not None and bool(actor.roles & set(CARRIERS))
    what, safe, do = words_of(problem) if problem else ("", "", "")
    return render(
        "exchange/status.html",
        peers=[(peer, _last_words(peer)) for peer in background.peers(site)],
        workshops=queries.workshops(site.db) if site.role == "campus" else [],
        counts=queries.counts(site.db, parts, other),
        waiting=[(name or short_id(device), count) for device, name, count in waiting[:DEVICES_SHOWN]],
        waiting_more=sum(count for _, _, count in waiting[DEVICES_SHOWN:]),
        can_seal=queries.can_seal(site),
        files=[(file, file.name or short_id(file.device or ""), _words(file)) for file in _files()]
        if may_carry
        else [],
        may_carry=may_carry,
        refused=refusals().total(),
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


def _files() -> list[queries.File]:
    return queries.files(current_site().db, FILES_SHOWN)


def _words(file: queries.File) -> str:
    return words_of(Problem(file.code))[0] if file.code else ""


def _last_words(peer: background.Peer) -> tuple[str, str, str] | None:
    return words_of(Problem(peer.last_error)) if peer.last_error else None


def _done() -> dict[str, int] | None:
    """The numbers of an exchange that was just made."""
    told = {name: request.args.get(name, "") for name in ("sent", "taken", "receipts", "more")}
    if not told["sent"].isdecimal():
        return None
    return {name: int(text[:9]) if text.isdecimal() else 0 for name, text in told.items()}
