"""The attendance mark: one record for each session and trainee, so that two tablets meet in it instead of making two."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from sync import AdmissionError, Fields, RecordType

Status = Literal["present", "late", "excused", "absent"]
STATUSES: tuple[Status, ...] = ("present", "late", "excused", "absent")
LATE_MINUTES_MAX = 600


class AttendanceFields(Fields):
    """`minutes` tells how late; only for "late"."""

    status: Status | UnsetType | None = UNSET
    minutes: int | UnsetType | None = UNSET
    note: str | UnsetType | None = UNSET


def _mark(_ids: tuple[str, ...], fields: Mapping[str, Any]) -> None:
    minutes = fields.get("minutes")
    if minutes is not None and (fields.get("status") != "late" or not 0 < minutes <= LATE_MINUTES_MAX):
        raise AdmissionError("rule_broken", rule="late_minutes")


attendance = RecordType(
    "attendance",
    AttendanceFields,
    pieces=("class_id", "number", "trainee_id"),
    groups={"mark": ("status", "minutes")},
    policies={"note": "latest"},
    personal=frozenset({"note"}),
    subject=("trainee_id",),
    writers=frozenset({"admin", "instructor", "reviewer", "supervisor"}),
    authority=("session", 2, "instructor_id"),
    indexes=(("trainee_id",),),
    rule=_mark,
)

RECORDS = (attendance,)
