"""Open questions: conflicts, what is held back, and who is registered twice. Thin."""

import json
from typing import Any

from flask import Response, request
from flask_babel import gettext

from workshop.attendance.records import LATE_MINUTES_MAX, STATUSES
from workshop.attendance.rules import mark_fields
from workshop.problems import Problem
from workshop.review import commands, conflicts, duplicates, log, reasons, shown
from workshop.review.common import PER_PAGE, SETTLERS, STAFF, Desk, bp, desk, page, page_number
from workshop.review.conflicts import Conflict
from workshop.review.log import Clocks, LogOp
from workshop.review.queries import item_key
from workshop.roster.shown import field_word, value_word
from workshop.web import require, see_other

MAY_SAY_SAME = frozenset({"admin", "instructor", "reviewer", "supervisor"})
"""Who may write on a trainee's record."""

FACTS = ("number", "name_zh", "sex", "birth_year", "phone", "home", "organisation", "category")


# -- conflicts


@bp.get("/review/conflicts", endpoint="conflicts")
@require(*SETTLERS)
def show_conflicts() -> Response:
    at, number = desk(), page_number()
    total = conflicts.count(at.site.db, at.parts)
    found = conflicts.open_conflicts(at.site.db, at.parts, limit=PER_PAGE, skip=(number - 1) * PER_PAGE)
    at.names.load_trainees([one.id.split(".")[2] for one in found if one.id.count(".") == 2])
    return page(
        at,
        "review/conflicts.html",
        conflicts=[shown_conflict(at, one) for one in found],
        total=total,
        number=number,
        pages=max(1, -(-total // PER_PAGE)),
        page_url=lambda n: at.url("review.conflicts", page=n),
    )


@bp.post("/review/conflicts")
@require(*SETTLERS)
def settle() -> Response:
    """`pick` is the op whose value is right, or `status` another mark; `heads` what the person had in view."""
    at, form = desk(), request.form
    part, kind, record, group = (form.get(name, "") for name in ("part", "type", "record", "group"))
    if part not in at.parts:
        raise Problem("no_record", 404)
    found = next(
        (one for one in conflicts.conflicts_of(at.site.db, part, kind, record) if one.group == group), None
    )
    if found is None:
        raise Problem("conflict_settled", 409)
    commands.settle(at.site, at.actor, found, _heads(form.get("heads", "")), _chosen(found))
    return see_other(at.url("review.record", kind=kind, record=record))


def _heads(text: str) -> list[str]:
    try:
        found = json.loads(text or "[]")
    except ValueError as error:
        raise Problem("bad_request", 400) from error
    if not isinstance(found, list) or not all(isinstance(op, str) for op in found):
        raise Problem("bad_request", 400)
    return found


def _chosen(found: Conflict) -> dict[str, Any] | str:
    status, minutes = request.form.get("status", ""), request.form.get("minutes", "")
    if not status:
        return request.form.get("pick", "")
    wrong = minutes and not (minutes.isdigit() and 0 < int(minutes) <= LATE_MINUTES_MAX)
    if found.type != "attendance" or found.group != "mark" or status not in STATUSES or wrong:
        raise Problem("bad_mark", 422)
    return dict(mark_fields(status, int(minutes) if minutes else None, None))


def shown_conflict(at: Desk, conflict: Conflict) -> dict[str, Any]:
    mark = conflict.type == "attendance" and conflict.group == "mark"
    key = item_key(conflict.type, conflict.id)
    return {
        "conflict": conflict,
        "sentence": shown.conflict_sentence(at.names, conflict),
        "url": at.url("review.record", kind=conflict.type, record=conflict.id),
        "whole": at.url("review.record", kind=key.split(".")[0], record=key.partition(".")[2]) if key else "",
        "may": conflicts.may_decide(at.site.node.registry, at.actor, conflict),
        "elsewhere": at.url("review.duplicates") if conflict.type in conflicts.ANSWERED_ELSEWHERE else "",
        "owner": at.person(conflict.owner) if conflict.owner else "",
        "is_mark": mark,
        "sides": [
            {
                "op": side.op,
                "value": shown.group_value(at.names, conflict.type, side.value),
                "state": side.value.get("status") or "none" if mark else None,
                "more": gettext("%(n)s min", n=side.value["minutes"])
                if mark and side.value.get("minutes")
                else "",
                "who": at.person(side.actor),
                "device": at.names.device(side.device),
                "made": at.made(side.made),
                "winner": side.winner,
            }
            for side in conflict.sides
        ],
    }


# -- held back


@bp.get("/review/held", endpoint="quarantine")
@require(*STAFF)
def show_held() -> Response:
    at, number = desk(), page_number()
    total = log.held_count(at.site.db, at.parts, at.held_by)
    found = log.held_ops(at.site.db, at.parts, actor=at.held_by, limit=PER_PAGE, skip=(number - 1) * PER_PAGE)
    clocks = Clocks(at.site.db, at.parts)
    return page(
        at,
        "review/held.html",
        held=[_shown_held(at, op, code, clocks) for op, code in found],
        total=total,
        own=at.held_by is not None,
        number=number,
        pages=max(1, -(-total // PER_PAGE)),
        page_url=lambda n: at.url("review.quarantine", page=n),
    )


def reason(code: str) -> dict[str, str]:
    """Why an op is held back: what happened, what is safe, what to do."""
    words = reasons.REASONS.get(code, reasons.UNKNOWN)
    return {"code": code, "what": gettext(words.what), "safe": gettext(words.safe), "do": gettext(words.do)}


def _shown_held(at: Desk, op: LogOp, code: str, clocks: Clocks) -> dict[str, Any]:
    changes = op.changes()
    return {
        "op": op.id,
        "reason": reason(code),
        "intent": shown.intent_word(op.header.intent),
        "who": at.person(op.header.actor),
        "device": at.names.device(op.header.dev),
        "made": at.made(clocks.made(op)),
        "changes": [
            {
                "kind": shown.kind_word(change.type),
                "what": shown.subject(at.names, change.type, change.id),
                "value": shown.group_value(at.names, change.type, change.fields),
            }
            for change in changes[:PER_PAGE]
        ],
        "more": max(0, len(changes) - PER_PAGE),
    }


# -- one person or two


@bp.get("/review/duplicates", endpoint="duplicates")
@require(*SETTLERS)
def show_duplicates() -> Response:
    at, number = desk(), page_number()
    asked = duplicates.asked(at.site.db, at.part)
    shown_now = asked[(number - 1) * PER_PAGE : number * PER_PAGE]
    settled = duplicates.decided(at.site.db, at.part, limit=PER_PAGE) if number == 1 else []
    return page(
        at,
        "review/duplicates.html",
        asked=[_shown_pair(at, pair) for pair in duplicates.with_work(at.site.db, at.part, shown_now)],
        decided=[_shown_pair(at, pair) for pair in duplicates.with_work(at.site.db, at.part, settled)],
        total=len(asked),
        number=number,
        pages=max(1, -(-len(asked) // PER_PAGE)),
        page_url=lambda n: at.url("review.duplicates", page=n),
        may=bool(at.actor.roles & MAY_SAY_SAME),
    )


@bp.post("/review/duplicates")
@require(*MAY_SAY_SAME)
def say() -> Response:
    at, form = desk(), request.form
    pair, stays = form.get("pair", ""), form.get("stays", "")
    if form.get("decision") == "different":
        commands.say_different(at.site, at.part, at.actor.id, pair)
    else:
        commands.say_same(at.site, at.part, at.actor.id, pair, stays)
    return see_other(at.url("review.duplicates"))


def _shown_pair(at: Desk, pair: duplicates.Pair) -> dict[str, Any]:
    return {
        "pair": pair,
        "url": at.url("review.record", kind="duplicate", record=pair.id),
        "who": at.person(pair.actor) if pair.actor else "",
        "at": at.time(pair.wall) if pair.wall else "",
        "people": [_shown_person(at, person, pair) for person in (pair.first, pair.second)],
    }


def _shown_person(at: Desk, person: duplicates.Person, pair: duplicates.Pair) -> dict[str, Any]:
    known = person.known
    return {
        "id": person.id,
        "name": known.name,
        "facts": [
            {
                "label": field_word(field),
                "value": value_word(field, getattr(known, field)),
                "same": field in pair.shared,
            }
            for field in FACTS
            if getattr(known, field) is not None
        ],
        "classes": [(one, at.url("courses.class_page", class_id=one)) for one in person.classes],
        "marks": person.marks,
        "made": at.time(person.made_at),
        "by": at.person(person.actor),
        "gone": person.same_as is not None,
        "url": at.url("review.record", kind="trainee", record=person.id),
    }
