"""Conflicts: the list, what a page shows of one, deciding, and taking a decision back. Thin."""

import json
from typing import Any

from flask import Response, request

from sync.merge import DECIDE
from workshop.problems import Problem
from workshop.review import answers, conflicts, decisions, shown
from workshop.review.common import (
    PER_PAGE,
    STAFF,
    Desk,
    bp,
    desk,
    filters,
    page,
    page_number,
    wanted_of,
)
from workshop.review.conflicts import Conflict, Side, Spot
from workshop.review.decisions import Decision
from workshop.review.history import Entry
from workshop.review.inputs import Input, inputs, read
from workshop.review.queries import item_key
from workshop.review.wanted import around
from workshop.web import require, see_other


@bp.get("/review/conflicts", endpoint="conflicts")
@require(*STAFF)
def show_conflicts() -> Response:
    """What is open, what waits longest first; with `show=done` what was decided, the latest first."""
    at, number, wanted = desk(), page_number(), wanted_of(desk())
    made = (
        decisions.decisions(at.site.db, at.site.node.registry, at.parts, at.only_hers) if wanted.done else []
    )
    every = [one.spot for one in made] if wanted.done else conflicts.spots(at.site.db, at.parts, at.only_hers)
    chosen = [spot for spot in every if conflicts.takes(wanted, spot)]
    here = chosen[(number - 1) * PER_PAGE : number * PER_PAGE]
    _load_names(at, here)
    return page(
        at,
        "review/conflicts.html",
        conflicts=[] if wanted.done else [shown_conflict(at, one) for one in conflicts.load(at.site, here)],
        decided=[_shown_decision(at, one) for one in made if one.spot in here],
        total=len(every),
        found=len(chosen),
        filters=filters(
            at,
            wanted,
            (spot.class_id for spot in every),
            (spot.type for spot in every),
            (device for spot in every for device in spot.devices),
        ),
        number=number,
        pages=max(1, -(-len(chosen) // PER_PAGE)),
        page_url=lambda n: at.url("review.conflicts", **wanted.query(), page=n),
    )


@bp.post("/review/conflicts")
@require(*STAFF)
def settle() -> Response:
    """`pick` is the op whose value is right, or the fields of another value with a reason; `heads` what the person had in view."""
    at, form = desk(), request.form
    part, kind, record, group = (form.get(name, "") for name in ("part", "type", "record", "group"))
    if part not in at.parts:
        raise Problem("no_record", 404)
    found = next(
        (one for one in conflicts.conflicts_of(at.site, part, kind, record) if one.group == group), None
    )
    if found is None:
        raise Problem("conflict_settled", 409)
    value: dict[str, Any] | str = form.get("pick", "")
    if not value:
        controls = _controls(at, found)
        if controls is None:
            raise Problem("bad_request", 400)
        value = read(controls, form)
    answers.settle(at.site, at.actor, found, _heads(form.get("heads", "")), value, form.get("reason", ""))
    return see_other(at.url("review.record", kind=kind, record=record) + "#decided")


@bp.post("/review/undo")
@require(*STAFF)
def undo() -> Response:
    """`op` is the decision."""
    at, form = desk(), request.form
    kind, record = answers.undo(at.site, at.actor, at.parts, form.get("op", ""), form.get("reason", ""))
    return see_other(at.url("review.record", kind=kind, record=record))


def _heads(text: str) -> list[str]:
    try:
        found = json.loads(text or "[]")
    except ValueError as error:
        raise Problem("bad_request", 400) from error
    if not isinstance(found, list) or not all(isinstance(op, str) for op in found):
        raise Problem("bad_request", 400)
    return found


# -- what pages show


def shown_conflict(at: Desk, conflict: Conflict) -> dict[str, Any]:
    key = item_key(conflict.type, conflict.id)
    may = conflicts.may_decide(at.site, at.actor, conflict.part, conflict.type, conflict.owner)
    return {
        "conflict": conflict,
        "sentence": shown.conflict_sentence(at.names, conflict),
        "short": shown.conflict_short(conflict),
        "url": at.url("review.record", kind=conflict.type, record=conflict.id),
        "whole": at.url("review.record", kind=key.split(".")[0], record=key.partition(".")[2]) if key else "",
        "may": may,
        "elsewhere": at.url("review.duplicates") if conflict.type in conflicts.ANSWERED_ELSEWHERE else "",
        "owner": at.person(conflict.owner) if conflict.owner else "",
        "why": conflict.why,
        "controls": shown_controls(_controls(at, conflict) or []) if may else [],
        "sides": [_shown_side(at, conflict, side) for side in conflict.sides],
    }


def _shown_side(at: Desk, conflict: Conflict, side: Side) -> dict[str, Any]:
    mark = conflict.type == "attendance" and conflict.group == "mark"
    return {
        "op": side.op,
        "value": shown.group_value(at.names, conflict.type, side.value),
        "state": side.value.get("status") or "none" if mark else None,
        "who": at.person(side.actor),
        "device": at.names.device(side.device),
        "via": side.via,
        "decides": side.decides,
        "made": at.made(side.made, side.device),
        "winner": side.winner,
    }


def _controls(at: Desk, conflict: Conflict) -> list[Input] | None:
    """For another value than those that stand; what counts for now stands in it."""
    declared = at.site.node.registry.by_name[conflict.type]
    winner = next((side.value for side in conflict.sides if side.winner), {})
    return inputs(declared, declared.members[conflict.group], winner)


def shown_controls(controls: list[Input]) -> list[dict[str, Any]]:
    return [
        {
            "input": control,
            "label": shown.field_label(control.field),
            "options": [("", "–")] * control.optional
            + [(one, shown.coded_word(one)) for one in control.options],
        }
        for control in controls
    ]


def standing_decisions(at: Desk, entries: list[Entry]) -> list[dict[str, Any]]:
    """The decisions of a history that still stand, each with what it decided and whether this person may take it back."""
    found = []
    for entry in entries:
        touches = [touch for touch in entry.touches if touch.standing in ("stands", "winner", "conflict")]
        if entry.intent != DECIDE or not touches or entry.part not in at.parts:
            continue
        change = answers.change_of(touches[-1].type, touches[-1].id)
        named = {"class_id", "trainee_id", "rubric_id"} if change.type == "attempt" else set()
        values = [shown.group_value(at.names, t.type, t.new) for t in touches if t.group not in named]
        found.append(
            {
                "op": entry.op,
                "value": " · ".join(values),
                "what": shown.subject(at.names, change.type, change.id),
                "who": at.person(entry.actor),
                "made": at.made(entry.made, entry.device),
                "reason": entry.reason,
                "may": answers.may_undo(at.site, at.actor, entry.part, change),
            }
        )
    return found


def walk(at: Desk, here: list[Conflict]) -> dict[str, Any]:
    """The way through the open conflicts: (before, after) as addresses, the place of this one, and how many are open."""
    every = conflicts.spots(at.site.db, at.parts, at.only_hers)
    mine = {(one.part, one.type, one.id, one.group) for one in here}
    spot = next((one for one in every if (one.part, one.type, one.id, one.group) in mine), None)
    before, after, place = around(every, spot)
    return {
        "before": _spot_url(at, before),
        "after": _spot_url(at, after),
        "place": place,
        "all": len(every),
        "list": at.url("review.conflicts"),
    }


def _spot_url(at: Desk, spot: Spot | None) -> str:
    return at.url("review.record", kind=spot.type, record=spot.id) if spot else ""


def _shown_decision(at: Desk, one: Decision) -> dict[str, Any]:
    spot, header = one.spot, one.op.header
    return {
        "what": shown.subject(at.names, spot.type, spot.id),
        "url": at.url("review.record", kind=spot.type, record=spot.id),
        "value": shown.group_value(at.names, spot.type, one.value),
        "who": at.person(header.actor),
        "device": at.names.device(header.dev),
        "at": at.time(header.wall),
        "reason": one.reason,
        "stands": one.stands,
        "undone": bool(one.undone_by),
        "undone_reason": one.undone_reason,
    }


def _load_names(at: Desk, spots: list[Spot]) -> None:
    at.names.load_trainees([spot.id.split(".")[2] for spot in spots if spot.id.count(".") == 2])
