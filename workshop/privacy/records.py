"""The erasure of a person, an act of the home campus. It names nobody but by an opaque id, and its reason is one of a few words."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from sync import AdmissionError, Fields, RecordType
from workshop.courses.records import is_day

Reason = Literal["asked", "period_over", "no_ground"]
REASONS: tuple[Reason, ...] = ("asked", "period_over", "no_ground")


class ErasureFields(Fields):
    """The id is a person's, or that of a test, a review or a certificate about one; `of` then names the person. `asked_on` is a day."""

    kind: Literal["trainee", "staff"] | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    asked_on: str | UnsetType | None = UNSET
    of: str | UnsetType = UNSET


def _day(_ids: tuple[str, ...], fields: Mapping[str, Any]) -> None:
    day = fields.get("asked_on")
    if day is not None and not is_day(day):
        raise AdmissionError("rule_broken", rule="day", value=day[:20])


erasure = RecordType(
    "erasure",
    ErasureFields,
    policies=dict.fromkeys(("kind", "reason", "asked_on", "of"), "once"),
    parts="any",
    writers=frozenset({"admin", "reviewer"}),
    server_only=True,
    root_only=True,
    indexes=(("of",),),
    rule=_day,
)

RECORDS = (erasure,)
