"""Writes of the register when it is used as plain forms: the same ops as a tablet makes, signed by the server."""

import json

from sync import Change
from workshop.attendance import queries
from workshop.attendance.records import LATE_MINUTES_MAX, STATUSES
from workshop.attendance.rules import mark_fields
from workshop.problems import Problem
from workshop.site import Site

CHANGES_MAX = 80
"""People in one op: a body stays far below its 16 KiB."""


def mark(
    site: Site, part: str, actor: str, record: str, status: str, minutes: str, note: str | None, base: str
) -> str:
    """Mark one person. `base` is the JSON list that the form carried: what the person had in view.

    Raises Problem("bad_mark").
    """
    if status not in STATUSES or (
        minutes and not (minutes.isdigit() and 0 < int(minutes) <= LATE_MINUTES_MAX)
    ):
        raise Problem("bad_mark", 422)
    fields = dict(mark_fields(status, int(minutes) if minutes else None, note or None))
    change = Change("attendance", record, fields, _base(base))
    return site.record(actor=actor, intent="attendance.mark", changes=[change], part=part, via="form")


def mark_remaining(site: Site, part: str, actor: str, class_id: str, number: str) -> list[str]:
    """Mark everybody who is not marked yet as present; the ops, several only for very large classes."""
    rows = [
        row
        for row in queries.day_sheet(site, part, class_id, number)
        if row.value is None and not row.withdrawn
    ]
    changes = [Change("attendance", row.id, {"status": "present"}, tuple(row.base)) for row in rows]
    chunks = [changes[start : start + CHANGES_MAX] for start in range(0, len(changes), CHANGES_MAX)]
    with site.writing():
        return [
            site.record(actor=actor, intent="attendance.mark_rest", changes=chunk, part=part, via="form")
            for chunk in chunks
        ]


def undo(site: Site, part: str, actor: str, class_id: str, number: str, op: str) -> int:
    """Take back one op: what still rests on it is not marked any more. How many people that were."""
    found = queries.rests_on(site, part, class_id, number, op)
    changes = [Change("attendance", record, {"status": None}, tuple(base)) for record, base in found]
    with site.writing():
        for start in range(0, len(changes), CHANGES_MAX):
            chunk = changes[start : start + CHANGES_MAX]
            site.record(actor=actor, intent="attendance.undo", changes=chunk, part=part, via="form")
    return len(changes)


def close_register(site: Site, part: str, actor: str, class_id: str, number: str, *, closed: bool) -> None:
    """Closing says: this session was held and its register is finished. Opening again is an act of its own."""
    fields = {"register": "closed", "state": "held"} if closed else {"register": "open"}
    base = [op for name in fields for op in queries.session_base(site, part, class_id, number, name)]
    change = Change("session", f"{class_id}.{number}", fields, tuple(dict.fromkeys(base)))
    intent = "register.close" if closed else "register.reopen"
    site.record(actor=actor, intent=intent, changes=[change], part=part, via="form")


def _base(text: str) -> tuple[str, ...]:
    try:
        found = json.loads(text or "[]")
    except ValueError as error:
        raise Problem("bad_mark", 422) from error
    if not isinstance(found, list) or not all(isinstance(op, str) for op in found):
        raise Problem("bad_mark", 422)
    return tuple(found)
