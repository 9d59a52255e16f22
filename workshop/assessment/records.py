"""Practical tests: the rubric with its key steps, attempts, and the steps of an attempt. A signed attempt is never edited."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from sync import AdmissionError, Fields, RecordType

ERASED_REASON = "-"
"""What stands for the reason of a void attempt once its words were erased."""

Seen = Literal["yes", "no", "not_seen"]
Outcome = Literal["competent", "not_yet", "open"]


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """A key step (关键环节). A "no" on a critical one fails the whole test."""

    id: str
    en: str
    zh: str
    critical: bool = False


class RubricFields(Fields):
    course_id: str | UnsetType = UNSET
    version: int | UnsetType = UNSET
    title_en: str | UnsetType = UNSET
    title_zh: str | UnsetType = UNSET
    skill_en: str | UnsetType = UNSET
    skill_zh: str | UnsetType = UNSET
    critical: bool | UnsetType = UNSET
    minutes: int | UnsetType = UNSET
    steps: list[Step] | UnsetType = UNSET


class Result(msgspec.Struct, forbid_unknown_fields=True):
    """What was signed off: every step as [id, seen, remark], and what follows from them."""

    steps: list[tuple[str, Seen, str]]
    outcome: Outcome


class Void(msgspec.Struct, forbid_unknown_fields=True):
    reason: str


class AttemptFields(Fields):
    """`replaces` names the void attempt that this one corrects; `started_at` is the tablet's own UTC ms."""

    class_id: str | UnsetType = UNSET
    trainee_id: str | UnsetType = UNSET
    rubric_id: str | UnsetType = UNSET
    started_at: int | UnsetType = UNSET
    replaces: str | UnsetType | None = UNSET
    result: Result | UnsetType = UNSET
    void: Void | UnsetType = UNSET


class AttemptStepFields(Fields):
    result: Seen | UnsetType | None = UNSET
    remark: str | UnsetType | None = UNSET


def _signed(_ids: tuple[str, ...], fields: Mapping[str, Any]) -> None:
    if "void" in fields and not fields["void"]["reason"].strip():
        raise AdmissionError("rule_broken", rule="void_reason")


def _without_remarks(result: Any) -> Any:
    steps = result.get("steps") if isinstance(result, dict) else None
    if not isinstance(steps, list):
        return {}
    return result | {"steps": [[*step[:2], ""] if isinstance(step, list) else [] for step in steps]}


def _without_reason(_void: Any) -> Any:
    return {"reason": ERASED_REASON}


ASSESSORS = frozenset({"instructor", "assessor", "admin"})

rubric = RecordType(
    "rubric", RubricFields, parts="common", writers=frozenset({"admin"}), indexes=(("course_id",),)
)
attempt = RecordType(
    "attempt",
    AttemptFields,
    policies=dict.fromkeys(
        ("class_id", "trainee_id", "rubric_id", "started_at", "replaces", "result", "void"), "once"
    ),
    personal=frozenset({"result", "void"}),
    subject=("trainee_id", "id"),
    without={"result": _without_remarks, "void": _without_reason},
    writers=ASSESSORS | {"reviewer", "supervisor"},
    indexes=(("class_id", "trainee_id"),),
    rule=_signed,
)
attempt_step = RecordType(
    "attempt_step",
    AttemptStepFields,
    pieces=("attempt_id", "step_id"),
    groups={"seen": ("result", "remark")},
    personal=frozenset({"remark"}),
    subject=("attempt_id",),
    writers=ASSESSORS,
)

RECORDS = (rubric, attempt, attempt_step)
