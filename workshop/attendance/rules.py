"""Rules of the register; pure."""

from collections.abc import Iterable, Mapping

from workshop.attendance.records import STATUSES

COUNTED = (*STATUSES, "none")


def counts(statuses: Iterable[str | None]) -> dict[str, int]:
    """How many of each status; "none" are those not marked, who are not present."""
    found = dict.fromkeys(COUNTED, 0)
    for status in statuses:
        found[status or "none"] += 1
    return found


def mark_fields(status: str, minutes: int | None, note: str | None) -> Mapping[str, object]:
    """The fields of a mark: minutes only with "late", the note only where one was written."""
    fields: dict[str, object] = {"status": status}
    if status == "late" and minutes:
        fields["minutes"] = minutes
    if note is not None:
        fields["note"] = note
    return fields
