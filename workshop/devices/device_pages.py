"""The pages of one tablet: its state in words, what never came, renaming, revoking by the last good record. Thin."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Response, request

from workshop.courses.queries import local_day
from workshop.devices import commands, queries, usage
from workshop.devices.pages import (
    LOOKERS,
    actor_id,
    at_site,
    back,
    bp,
    chosen,
    done_words,
    lines_of,
    may_act,
    part_shown,
    tablet_line,
)
from workshop.devices.revoking import choice
from workshop.devices.rules import DeviceLine
from workshop.i18n import current_lang
from workshop.problem_pages import words_of
from workshop.problems import Problem
from workshop.web import current_site, render, require
from workshop.when import When

SESSIONS_MAX = 60
SHOWN_CLASSES = 6


@bp.get("/devices/<device>")
@require(*LOOKERS)
def device_page(device: str) -> Response:
    return _page(tablet_line(device))


@bp.get("/devices/missing")
@require(*LOOKERS)
def missing() -> Response:
    """What tablets announced and never delivered, with what is known of it: to be printed and gone through with paper registers."""
    site = current_site()
    part = part_shown(site)
    rows = [_lost(line) for line in lines_of(site, part) if line.missing_count]
    return render(
        "devices/missing.html",
        rows=rows,
        part=part,
        parts=site.site_parts,
        when=When(site.now(), site.tz_minutes),
    )


@bp.get("/devices/<device>/revoke")
@require("admin")
def revoke_choice(device: str) -> Response:
    """What a revocation would keep and what it would hold back, before anything happens."""
    site, line = current_site(), tablet_line(device)
    try:
        found = choice(
            site.db,
            line,
            request.args.get("until", ""),
            _moment(request.args.get("day", ""), request.args.get("time", ""), site.tz_minutes),
        )
    except Problem as problem:
        return _page(line, problem)
    return render(
        "devices/revoke.html",
        device=line,
        choice=found,
        good=json.dumps(found.good, separators=(",", ":"), sort_keys=True),
        when=When(site.now(), site.tz_minutes),
    )


@bp.post("/devices/revoke")
@require("admin")
def revoke() -> Response:
    """By the last good record of each chain as the page before said it; without one, what has arrived counts."""
    part, device = chosen()
    commands.revoke(current_site(), part, device, actor_id(), _good(request.form.get("good", "")))
    return back(device, done="revoked")


@bp.post("/devices/restore")
@require("admin")
def restore() -> Response:
    part, device = chosen()
    commands.restore(current_site(), part, device, actor_id())
    return back(device, done="restored")


@bp.post("/devices/rename")
@require("admin")
def rename() -> Response:
    part, device = chosen()
    try:
        commands.rename(current_site(), part, device, request.form.get("name", ""), actor_id())
    except Problem as problem:
        return _page(tablet_line(device), problem)
    return back(device, done="renamed")


@bp.post("/devices/unbind")
@require("admin")
def unbind() -> Response:
    part, device = chosen()
    commands.unbind(current_site(), part, device, request.form.get("person", ""), actor_id())
    return back(device, done="unbound")


@bp.post("/devices/seen")
@require("admin")
def seen() -> Response:
    _, device = chosen()
    commands.mark_seen(current_site(), device, actor_id())
    return back(device if request.form.get("from") == "page" else None, done="seen")


def _page(line: DeviceLine, problem: Problem | None = None) -> Response:
    site = current_site()
    what, safe, do = words_of(problem) if problem else ("", "", "")
    return render(
        "devices/device.html",
        device=line,
        classes=usage.used_classes(site.db, line.part, [line.id], SHOWN_CLASSES),
        names={each: queries.device_name(site.db, each) for each in _others(line)},
        today=local_day(site.now(), site.tz_minutes),
        may_act=may_act(),
        at=at_site(),
        when=When(site.now(), site.tz_minutes),
        done=done_words(),
        problem=problem,
        what=what,
        safe=safe,
        do=do,
        http_status=problem.status if problem else 200,
    )


def _others(line: DeviceLine) -> set[str]:
    """Devices that a tablet's page names."""
    return {each for each in (line.replaces, line.replaced_by, *(news.other for news in line.news)) if each}


def _lost(line: DeviceLine) -> dict[str, Any]:
    """What is known of records that never came: made after the newest that came and before the tablet spoke of them."""
    site = current_site()
    classes = usage.used_classes(site.db, line.part, [line.id])
    first = line.oldest_at or usage.newest_wall(site.db, line.id) or line.contact_at or 0
    last = max((each.at for each in line.missing), default=0)
    days = [local_day(moment, site.tz_minutes) for moment in (min(first, last), last)]
    ids = [one.id for one in classes]
    sessions = usage.sessions_between(site.db, line.part, ids, *days)[:SESSIONS_MAX]
    given = {each.class_id for each in sessions}
    return {
        "device": line,
        "classes": [one for one in classes if one.id in given] or classes[:SHOWN_CLASSES],
        "first": min(first, last),
        "last": last,
        "sessions": sessions,
        "lang": current_lang(),
    }


def _moment(day: str, time: str, tz_minutes: int) -> int | None:
    """UTC ms of a local day and time as forms give them; None when they are none."""
    try:
        local = datetime.fromisoformat(f"{day}T{time or '00:00'}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int((local - timedelta(minutes=tz_minutes)).timestamp() * 1000)


def _good(text: str) -> dict[str, int] | None:
    """Raises Problem("revoke_choice", 422)."""
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Problem("revoke_choice", 422) from error
    if not isinstance(found, dict) or not all(type(seq) is int and seq >= 0 for seq in found.values()):
        raise Problem("revoke_choice", 422)
    return found
