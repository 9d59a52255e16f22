"""What people say of others' work: a review of a register or an attempt, and the answer to an open question."""

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
    personal=frozenset({"comment"}),
    subject=("id",),
    writers=frozenset({"reviewer", "supervisor"}),
)


class AnswerFields(Fields):
    """`kind` is what was done; `about` names the record and group of a decision: "attendance/T01.1.t7/mark"; `trainee_id` whose it is."""

    kind: Literal["decided", "undone", "repaired", "set_aside", "open"] | UnsetType = UNSET
    about: str | UnsetType | None = UNSET
    trainee_id: str | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET


answer = RecordType(
    "answer",
    AnswerFields,
    groups={"answer": ("kind", "about", "trainee_id", "reason")},
    policies={"answer": "latest"},
    personal=frozenset({"reason"}),
    subject=("trainee_id",),
    parts="any",
    answers=True,
    writers=frozenset({"admin", "instructor", "assessor", "reviewer", "supervisor"}),
    indexes=(("kind",),),
)
"""Why a conflict was decided, a decision taken back, or what became of an op that is held back. It travels in the same op as the deed.

Its id: of a decision, a digest of what it is about (`rules.question_id`); of an undo, the decision; else the op that is held back. Merge does
not look at it, and a held op is kept and weighed as before whatever is answered: only the work lists ask for it.
"""

RECORDS = (review, answer)
