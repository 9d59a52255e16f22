"""What the home campus says of a register or an attempt: approved, or returned with a comment."""

from typing import Literal

from msgspec import UNSET, UnsetType

from sync import Fields, RecordType


class ReviewFields(Fields):
    """`seen` are the ops that the reviewer had in view: a later op shows that the record has changed since."""

    decision: Literal["approved", "returned"] | UnsetType = UNSET
    comment: str | UnsetType | None = UNSET
    seen: list[str] | UnsetType = UNSET


review = RecordType(
    "review",
    ReviewFields,
    groups={"verdict": ("decision", "comment", "seen")},
    writers=frozenset({"reviewer", "supervisor"}),
)

RECORDS = (review,)
