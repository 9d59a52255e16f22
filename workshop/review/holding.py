"""What is held back: the list, one entry with its roads, repairing it, setting it aside. Thin."""

from typing import Any

from flask import Response, request
from flask_babel import gettext

from sync.ops import RECORD_ID, Change
from workshop.problems import Problem
from workshop.review import answers, conflicts, held, reasons, shown
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
from workshop.review.held import Held
from workshop.review.inputs import Input, inputs, read
from workshop.review.log import Clocks
from workshop.review.settling import shown_controls
from workshop.review.wanted import around
from workshop.web import require, see_other

MENDED_AT_DEVICES = frozenset({"unknown_device", "device_revoked", "actor_not_on_device"})
RAW_CHARS_MAX = 4_000


@bp.get("/review/held", endpoint="quarantine")
@require(*STAFF)
def show_held() -> Response:
    at, number, wanted = desk(), page_number(), wanted_of(desk())
    every = held.held(at.site.db, at.parts, at.only_hers, answered=wanted.done)
    changes = [change for item in every for change in item.op.changes()]
    classes = conflicts.attempt_classes(
        at.site.db, at.parts, [(change.type, change.id) for change in changes]
    )
    chosen = [item for item in every if held.takes(wanted, item, classes)]
    clocks = Clocks(at.site.db, at.parts)
    return page(
        at,
        "review/held.html",
        held=[_shown(at, item, clocks) for item in chosen[(number - 1) * PER_PAGE : number * PER_PAGE]],
        total=len(every) if wanted.done else held.count(at.site.db, at.parts, at.only_hers),
        found=len(chosen),
        own=at.only_hers is not None,
        filters=filters(
            at,
            wanted,
            (held.class_of(change, classes) for change in changes),
            (change.type for change in changes),
            (item.op.header.dev for item in every),
        ),
        number=number,
        pages=max(1, -(-len(chosen) // PER_PAGE)),
        page_url=lambda n: at.url("review.quarantine", **wanted.query(), page=n),
    )


@bp.get("/review/held/<op>")
@require(*STAFF)
def held_op(op: str) -> Response:
    """One entry: why, what it wanted beside what stands, and the roads out."""
    at = desk()
    item = _item(at, op)
    every = held.held(at.site.db, at.parts, at.only_hers)
    before, after, place = around([one.id for one in every], op)
    return page(
        at,
        "review/held_op.html",
        one=_shown(at, item, Clocks(at.site.db, at.parts)),
        parts=[_shown_part(at, item, *part) for part in _repairable(at, item)],
        may=answers.may_answer(at.site, at.actor, item),
        mend=at.url("devices.device_list")
        if item.code in MENDED_AT_DEVICES and "admin" in at.actor.roles
        else "",
        raw=(item.op.body or "")[:RAW_CHARS_MAX],
        walk={
            "before": at.url("review.held_op", op=before) if before else "",
            "after": at.url("review.held_op", op=after) if after else "",
            "place": place,
            "all": len(every),
            "list": at.url("review.quarantine"),
        },
    )


@bp.post("/review/held/<op>")
@require(*STAFF)
def answer_held(op: str) -> Response:
    """`do` is "repair", "set_aside" or "open"."""
    at, form = desk(), request.form
    item, reason = _item(at, op), form.get("reason", "")
    match form.get("do"):
        case "repair":
            chosen = [
                (change, {**kept, **read(controls, form)})
                for number, change, kept, controls in _repairable(at, item)
                if form.get(f"take-{number}")
            ]
            answers.repair(at.site, at.actor, item, chosen, reason)
        case "set_aside":
            answers.set_aside(at.site, at.actor, item, reason)
        case "open":
            answers.reopen(at.site, at.actor, item)
        case _:
            raise Problem("bad_request", 400)
    return see_other(at.url("review.held_op", op=op))


def _item(at: Desk, op: str) -> Held:
    item = held.one(at.site.db, at.parts, op)
    if item is None:
        raise Problem("held_gone", 404)
    if at.only_hers not in (None, item.op.header.actor):
        raise Problem("held_not_yours", 403)
    return item


def _repairable(at: Desk, item: Held) -> list[tuple[int, Change, dict[str, Any], list[Input]]]:
    """The changes that can be entered anew: (number, change, values that are taken as they are, controls for the others)."""
    found = []
    for number, change in enumerate(item.op.changes()):
        declared = at.site.node.registry.by_name.get(change.type)
        if declared is None or not answers.may_repair(at.site, at.actor, change):
            continue
        pieces = change.id.split(".")
        if not RECORD_ID.fullmatch(change.id) or (declared.pieces and len(pieces) != len(declared.pieces)):
            continue
        kept: dict[str, Any] = {}
        controls: list[Input] = []
        for group in dict.fromkeys(
            declared.group_of[name] for name in change.fields if name in declared.group_of
        ):
            members = declared.members[group]
            more = inputs(declared, members, change.fields, f"c{number}")
            if more is None:
                kept.update({name: change.fields[name] for name in members if name in change.fields})
            else:
                controls += more
        if kept or controls:
            found.append((number, change, kept, controls))
    return found


# -- what pages show


def reason(code: str) -> dict[str, str]:
    """Why an op is held back: what happened, what is safe, what to do."""
    words = reasons.REASONS.get(code, reasons.UNKNOWN)
    return {"code": code, "what": gettext(words.what), "safe": gettext(words.safe), "do": gettext(words.do)}


def _shown(at: Desk, item: Held, clocks: Clocks) -> dict[str, Any]:
    header, changes, answer = item.op.header, item.op.changes(), item.answer
    return {
        "op": item.id,
        "url": at.url("review.held_op", op=item.id),
        "reason": reason(item.code),
        "intent": shown.intent_word(header.intent),
        "who": at.person(header.actor),
        "device": at.names.device(header.dev),
        "via": header.via if isinstance(header.via, str) else "",
        "made": at.made(clocks.made(item.op), header.dev),
        "changes": [_shown_change(at, item, change) for change in changes[:PER_PAGE]],
        "more": max(0, len(changes) - PER_PAGE),
        "readable": bool(changes),
        "answer": answer
        and not item.is_open
        and {
            "kind": answer.kind,
            "reason": answer.reason,
            "who": at.person(answer.actor),
            "at": at.time(answer.wall),
        },
    }


def _shown_change(at: Desk, item: Held, change: Change) -> dict[str, str]:
    stands = held.standing(at.site.db, at.site.node.registry, item.op.header.part, change)
    declared = at.site.node.registry.by_name.get(change.type)
    known = declared is not None and (not declared.pieces or change.id.count(".") + 1 == len(declared.pieces))
    return {
        "kind": shown.kind_word(change.type),
        "what": shown.subject(at.names, change.type, change.id),
        "wants": shown.group_value(at.names, change.type, change.fields),
        "stands": shown.row_value(at.names, change.type, stands),
        "url": at.url("review.record", kind=change.type, record=change.id) if known and stands else "",
    }


def _shown_part(
    at: Desk, item: Held, number: int, change: Change, kept: dict[str, Any], controls: list[Input]
) -> dict[str, Any]:
    return {
        "number": number,
        "what": shown.subject(at.names, change.type, change.id),
        "kept": shown.group_value(at.names, change.type, kept) if kept else "",
        "controls": shown_controls(controls),
    }
