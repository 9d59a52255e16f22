"""The register of one session as a page and as plain forms. Tablets lay their own ops over the same page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.attendance import commands, queries
from workshop.attendance.rules import counts
from workshop.courses import queries as courses
from workshop.courses.queries import SessionRow
from workshop.i18n import current_lang
from workshop.parts import chosen_part
from workshop.problems import Problem
from workshop.receipts import page_vector
from workshop.review.returned import returned_for
from workshop.web import current_actor, current_site, lang_url, render, require, see_other

bp = Blueprint("attendance", __name__)
MARKERS = ("instructor", "admin")
READERS = (*MARKERS, "reviewer", "supervisor", "assessor")


@bp.get("/register/<class_id>/<number>")
@require(*READERS)
def register(class_id: str, number: str) -> Response:
    site, actor = current_site(), current_actor()
    part = chosen_part(site)
    session, course = _session(part, class_id, number)
    here = lang_url("attendance.register", class_id=class_id, number=number, **_where(part))
    rows = [
        replace(
            row,
            more_url=f"{here}{'&' if '?' in here else '?'}row={row.id}#sheet",
            decide_url=lang_url("review.record", kind="attendance", record=row.id, site=part)
            if row.conflict
            else None,
        )
        for row in queries.day_sheet(site, part, class_id, number)
    ]
    lang = current_lang()
    return render(
        "attendance/register.html",
        session={
            "id": f"{class_id}.{number}",
            "base": list(queries.session_base(site, part, class_id, number, "register")),
            "name": session.name(lang),
            "name_other": session.name("en" if lang == "zh" else "zh"),
            "course": course,
            "day": session.day,
            "time": session.time,
            "place": session.place,
            "register": session.register,
            "closed_at": _clock(queries.closed_at(site, part, class_id, number), site.tz_minutes),
        },
        rows=rows,
        counts=counts(row.value["status"] if row.value else None for row in rows),
        vector=page_vector(site.db, part),
        urls={
            "mark": lang_url("attendance.mark", class_id=class_id, number=number),
            "remaining": lang_url("attendance.remaining", class_id=class_id, number=number),
            "close": lang_url("attendance.close", class_id=class_id, number=number),
            "reopen": lang_url("attendance.reopen", class_id=class_id, number=number),
            "undo": lang_url("attendance.undo", class_id=class_id, number=number),
            "here": here,
        },
        undo=_undo(),
        returned=returned_for(site, part, "register", f"{class_id}.{number}"),
        review_url=lang_url("review.record", kind="register", record=f"{class_id}.{number}", **_where(part)),
        sheet_row=next((row for row in rows if row.id == request.args.get("row")), None),
        readonly=site.role == "campus" or actor is None or not actor.roles & set(MARKERS),
        site_part=part,
        class_url=lang_url("courses.class_page", class_id=class_id, **_where(part)),
    )


@bp.post("/register/<class_id>/<number>/mark")
@require(*MARKERS)
def mark(class_id: str, number: str) -> Response:
    form = request.form
    record = form.get("record", "")
    status = form.get("status") or ("late" if form.get("minutes") else "")
    if not record.startswith(f"{class_id}.{number}."):
        raise Problem("bad_mark", 422)
    site, part = current_site(), chosen_part(current_site())
    op = commands.mark(
        site,
        part,
        _actor(),
        record,
        "late" if form.get("minutes") else status,
        form.get("minutes", ""),
        form.get("note"),
        form.get("base", ""),
    )
    return _back(class_id, number, part, op=op, n="1")


@bp.post("/register/<class_id>/<number>/remaining")
@require(*MARKERS)
def remaining(class_id: str, number: str) -> Response:
    site, part = current_site(), chosen_part(current_site())
    made = commands.mark_remaining(site, part, _actor(), class_id, number)
    return _back(class_id, number, part, op=made[-1] if made else None, n=request.form.get("expected", ""))


@bp.post("/register/<class_id>/<number>/undo")
@require(*MARKERS)
def undo(class_id: str, number: str) -> Response:
    site, part = current_site(), chosen_part(current_site())
    commands.undo(site, part, _actor(), class_id, number, request.form.get("op", ""))
    return _back(class_id, number, part)


@bp.post("/register/<class_id>/<number>/close")
@require(*MARKERS)
def close(class_id: str, number: str) -> Response:
    site, part = current_site(), chosen_part(current_site())
    commands.close_register(site, part, _actor(), class_id, number, closed=True)
    return _back(class_id, number, part)


@bp.post("/register/<class_id>/<number>/reopen")
@require(*MARKERS)
def reopen(class_id: str, number: str) -> Response:
    site, part = current_site(), chosen_part(current_site())
    commands.close_register(site, part, _actor(), class_id, number, closed=False)
    return _back(class_id, number, part)


def _session(part: str, class_id: str, number: str) -> tuple[SessionRow, str]:
    db = current_site().db
    found, owner = courses.one_session(db, part, class_id, number), courses.one_class(db, part, class_id)
    if found is None or owner is None:
        raise Problem("no_session", 404)
    return found, owner.course(current_lang())


def _undo() -> dict[str, str] | None:
    op, n = request.args.get("op"), request.args.get("n", "")
    if not op or not n.isdigit():
        return None
    text = ngettext("%(num)s marked", "%(num)s marked", int(n)) if int(n) != 1 else _("1 marked")
    return {"op": op, "text": text}


def _back(class_id: str, number: str, part: str, **query: str | None) -> Response:
    return see_other(
        lang_url("attendance.register", class_id=class_id, number=number, **_where(part), **query)
    )


def _where(part: str) -> dict[str, str]:
    return {"site": part} if current_site().role == "campus" else {}


def _actor() -> str:
    actor = current_actor()
    return actor.id if actor else ""


def _clock(at_ms: int | None, tz_minutes: int) -> str:
    if at_ms is None:
        return ""
    return (datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=tz_minutes)).strftime(
        "%Y-%m-%d %H:%M"
    )
