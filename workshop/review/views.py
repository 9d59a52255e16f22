"""The worklist, approving and returning, and the history of any record. Thin."""

from typing import Any

from flask import Response, request

from workshop.problems import N_, Problem
from workshop.review import commands, conflicts, holding, pairs, queries, returned, settling, shown
from workshop.review.common import REVIEWERS, SETTLERS, STAFF, Desk, bp, desk, page, page_number
from workshop.review.history import COMPOSED, Entry, history, targets
from workshop.review.log import Target
from workshop.review.queries import Item
from workshop.review.worklist import KINDS, SHOWN, TEACHING, Filter, Row, with_makers, worklist
from workshop.web import NavItem, require, see_other

__all__ = ["bp", "holding", "nav", "pairs", "settling"]

nav = [
    NavItem("review.worklist", N_("Review"), "review", frozenset(REVIEWERS), "campus"),
    NavItem("review.worklist", N_("To settle"), "review", frozenset({"admin", "instructor"}), "workshop"),
]
LEFT_NAMED_MAX = 40


@bp.get("/review", endpoint="worklist")
@require(*SETTLERS)
def show_worklist() -> Response:
    at = desk()
    wanted = _filter(at)
    found = worklist(at.site, at.part, wanted, page_number())
    mine = None if "admin" in at.actor.roles else at.actor.id
    return page(
        at,
        "review/worklist.html",
        groups=[
            {
                "class": class_id,
                "name": at.names.training_class(class_id),
                "rows": [_shown_row(at, row) for row in rows],
            }
            for class_id, rows in found.groups
        ],
        found=found,
        wanted=wanted,
        page_url=lambda number: at.url("review.worklist", **_query(wanted), page=number),
        classes=[
            (one, f"{one} · {at.names.training_class(one)}") for one in queries.class_ids(at.site.db, at.part)
        ],
        returned=[]
        if at.reviews
        else [_shown_return(at, one) for one in returned.returned_to(at.site, at.part, mine)],
        said=_said(at),
    )


@bp.post("/review/approve")
@require(*REVIEWERS)
def approve() -> Response:
    """The ticked ones: each tick is `<review id> <digest of what was in view>`."""
    at = desk()
    picks = dict(pick.split(" ", 1) for pick in request.form.getlist("pick") if " " in pick)
    did = commands.approve_many(at.site, at.part, at.actor.id, picks)
    left = [f"{key}:{reason}" for key, reason in did.left[:LEFT_NAMED_MAX]]
    wanted = _filter(at)
    return see_other(
        at.url(
            "review.worklist",
            **_query(wanted),
            done=len(did.done),
            left=left,
            page=request.form.get("page") or None,
        )
    )


@bp.get("/review/<kind>/<record>")
@require(*STAFF)
def record(kind: str, record: str) -> Response:
    """The history of one record of any declared type; a register or an attempt with what belongs to it."""
    at = desk()
    if kind not in COMPOSED and kind not in at.site.node.registry.by_name:
        raise Problem("no_record", 404)
    about = targets(kind, record)
    entries = history(at.site, at.part, about)
    if not entries:
        raise Problem("no_record", 404)
    item = queries.one_item(at.site, at.part, kind, record) if kind in COMPOSED else None
    numbers = {entry.op: number for number, entry in enumerate(entries, start=1)}
    _load_names(at, entries)
    found = [conflict for target in about for conflict in _conflicts_of(at, target)]
    decided = settling.standing_decisions(at, entries)
    return page(
        at,
        "review/record.html",
        kind=kind,
        record=record,
        title=shown.subject(at.names, kind, record),
        kind_word=shown.kind_word(kind),
        entries=[_shown_entry(at, entry, numbers, one_record=kind not in COMPOSED) for entry in entries],
        away=sum(entry.at != "campus" for entry in entries),
        conflicts=[settling.shown_conflict(at, conflict) for conflict in found],
        decided=decided,
        walk=settling.walk(at, found) if found or decided else None,
        row=_shown_row(at, with_makers(at.site.db, at.part, [item])[0]) if item else None,
        links=_links(at, kind, record),
    )


@bp.post("/review/<kind>/<record>")
@require(*REVIEWERS)
def decide(kind: str, record: str) -> Response:
    at, form = desk(), request.form
    commands.decide(
        at.site,
        at.part,
        at.actor.id,
        kind,
        record,
        form.get("decision", ""),
        form.get("comment", ""),
        form.get("digest", ""),
    )
    return see_other(at.url("review.record", kind=kind, record=record))


# -- what pages show


def _filter(at: Desk) -> Filter:
    """From the address or the form; an unknown value counts as none. Somebody who does not review sees all her site's work."""
    asked = request.values
    shown_ = asked.get("state", "open" if at.reviews else "all")
    return Filter(
        class_id=asked.get("class", "")[:32],
        kind=asked.get("kind", "") if asked.get("kind") in KINDS else "",
        shown=shown_ if shown_ in SHOWN else "open",
        teaching=asked.get("teaching", "") if asked.get("teaching") in TEACHING else "training",
    )


def _query(wanted: Filter) -> dict[str, Any]:
    return {
        "class": wanted.class_id or None,
        "kind": wanted.kind or None,
        "state": wanted.shown,
        "teaching": wanted.teaching if wanted.teaching != "training" else None,
    }


def _said(at: Desk) -> dict[str, Any] | None:
    """What the last bulk approval did, from the address it led to."""
    done = request.args.get("done", "")
    if not done.isdigit() or len(done) > 4:
        return None
    left = []
    for text in request.args.getlist("left")[:LEFT_NAMED_MAX]:
        key, _, reason = text.partition(":")
        kind, _, record_id = key.partition(".")
        if kind in COMPOSED and record_id:
            left.append(
                {
                    "name": shown.subject(at.names, kind, record_id),
                    "url": at.url("review.record", kind=kind, record=record_id),
                    "reason": reason,
                }
            )
    return {"done": int(done), "left": left}


def _shown_row(at: Desk, row: Row) -> dict[str, Any]:
    item = row.item
    review = item.review
    return {
        "item": item,
        "title": shown.subject(at.names, item.kind, item.id),
        "short": _short(at, item),
        "test": at.names.rubric(item.rubric_id) if item.rubric_id else "",
        "url": at.url("review.record", kind=item.kind, record=item.id),
        "who": at.person(row.actor) if row.actor else "",
        "device": at.names.device(row.device) if row.device else "",
        "made": at.made(row.made) if row.made else None,
        "received": at.time(item.received),
        "reviewer": at.person(review["actor"]) if review["decision"] else "",
        "reviewed": at.time(review["wall"]) if review["decision"] else "",
        "comment": review["comment"] or "",
        "decision": review["decision"] or "",
    }


def _short(at: Desk, item: Item) -> str:
    """An item below the heading of its class: the session's day and hour, or the trainee."""
    if item.kind == "register":
        return f"{item.day} {item.start_minute // 60:02}:{item.start_minute % 60:02}"
    return at.names.trainee(item.trainee_id)


def _shown_return(at: Desk, one: returned.Returned) -> dict[str, Any]:
    return {
        "title": shown.subject(at.names, one.kind, one.id),
        "url": at.url("review.record", kind=one.kind, record=one.id),
        "comment": one.comment,
        "who": at.person(one.reviewer),
        "at": at.time(one.at),
    }


def _shown_entry(at: Desk, entry: Entry, numbers: dict[str, int], *, one_record: bool) -> dict[str, Any]:
    return {
        "number": numbers[entry.op],
        "op": entry.op,
        "intent": shown.intent_word(entry.intent),
        "who": at.person(entry.actor),
        "device": at.names.device(entry.device),
        "via": entry.via,
        "made": at.made(entry.made, entry.device),
        "reason": entry.reason,
        "at": entry.at,
        "held": holding.reason(entry.held) if entry.held else None,
        "erased": entry.erased,
        "lines": shown.lines(at.names, entry, numbers, one_record=one_record),
    }


def _load_names(at: Desk, entries: list[Entry]) -> None:
    at.names.load_trainees(
        [touch.id.split(".")[2] for entry in entries for touch in entry.touches if touch.id.count(".") == 2]
    )


def _conflicts_of(at: Desk, target: Target) -> list[conflicts.Conflict]:
    return [
        conflict
        for part in at.parts
        for conflict in conflicts.conflicts_of(at.site, part, target.type, target.id, prefix=target.prefix)
    ]


def _links(at: Desk, kind: str, record_id: str) -> list[tuple[str, str]]:
    """Where to see the thing itself: (which, address)."""
    pieces = record_id.split(".")
    found: list[tuple[str, str]] = []
    if kind in ("register", "session", "attendance") and len(pieces) >= 2:
        found.append(("register", at.url("attendance.register", class_id=pieces[0], number=pieces[1])))
        if kind != "register":
            found.append(("history", at.url("review.record", kind="register", record=".".join(pieces[:2]))))
    if kind in ("attempt", "attempt_step"):
        found.append(("attempt", at.url("assessment.attempt", attempt_id=pieces[0])))
    class_id = (
        pieces[0] if kind in ("register", "session", "attendance", "enrolment", "training_class") else ""
    )
    if kind == "attempt" and (known := at.names.attempt(record_id)):
        class_id = known[0]
    if class_id:
        found.append(("class", at.url("courses.class_page", class_id=class_id)))
    return found
