"""Courses, training classes, trainees, who is enrolled where, and the sessions of the timetable."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from sync import AdmissionError, Fields, RecordType

Category = Literal["local_teacher", "local_student", "employee", "other"]
CATEGORIES: tuple[Category, ...] = ("local_teacher", "local_student", "employee", "other")
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class CourseFields(Fields):
    title_en: str | UnsetType = UNSET
    title_zh: str | UnsetType = UNSET
    planned_minutes: int | UnsetType = UNSET


class TrainingClassFields(Fields):
    """`kind` "own" is teaching inside a programme, which the training report does not count. Days are the site's own dates."""

    course_id: str | UnsetType = UNSET
    name_en: str | UnsetType = UNSET
    name_zh: str | UnsetType = UNSET
    batch: str | UnsetType | None = UNSET
    category: Category | UnsetType = UNSET
    place: str | UnsetType = UNSET
    instructor_id: str | UnsetType | None = UNSET
    first_day: str | UnsetType = UNSET
    last_day: str | UnsetType = UNSET
    kind: Literal["training", "own"] | UnsetType = UNSET


class TraineeFields(Fields):
    """`same_as` names the record of the same person, after somebody decided so."""

    number: str | UnsetType | None = UNSET
    name: str | UnsetType = UNSET
    name_zh: str | UnsetType | None = UNSET
    sex: Literal["f", "m"] | UnsetType | None = UNSET
    birth_year: int | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    home: str | UnsetType | None = UNSET
    organisation: str | UnsetType | None = UNSET
    category: Category | UnsetType = UNSET
    same_as: str | UnsetType | None = UNSET


class EnrolmentFields(Fields):
    state: Literal["enrolled", "withdrawn"] | UnsetType = UNSET
    category: Category | UnsetType = UNSET


class SessionFields(Fields):
    """`day` is the site's own date; `start_minute` counts from local midnight."""

    day: str | UnsetType = UNSET
    start_minute: int | UnsetType = UNSET
    minutes: int | UnsetType = UNSET
    instructor_id: str | UnsetType | None = UNSET
    state: Literal["planned", "held", "cancelled"] | UnsetType = UNSET
    register: Literal["open", "closed"] | UnsetType = UNSET


class DuplicateFields(Fields):
    decision: Literal["same", "different"] | UnsetType = UNSET


class EventFields(Fields):
    """Forums, briefings, visits: counted as events, never as training."""

    title_en: str | UnsetType = UNSET
    title_zh: str | UnsetType = UNSET
    day: str | UnsetType = UNSET
    people: int | UnsetType = UNSET
    kind: str | UnsetType = UNSET


def is_day(text: str) -> bool:
    """A date as records hold it."""
    return _DAY.fullmatch(text) is not None


def _days(_ids: tuple[str, ...], fields: Mapping[str, Any]) -> None:
    for name in ("day", "first_day", "last_day"):
        if name in fields and not _DAY.fullmatch(fields[name]):
            raise AdmissionError("rule_broken", rule="day", value=str(fields[name])[:20])
    if not 0 <= fields.get("start_minute", 0) < 24 * 60 or not 0 <= fields.get("minutes", 0) <= 24 * 60:
        raise AdmissionError("rule_broken", rule="minutes")


def _named(_ids: tuple[str, ...], fields: Mapping[str, Any]) -> None:
    if "name" in fields and not 1 <= len(fields["name"].strip()) <= 120:
        raise AdmissionError("rule_broken", rule="name")
    year = fields.get("birth_year")
    if year is not None and not 1900 <= year <= 2100:
        raise AdmissionError("rule_broken", rule="birth_year")


STAFF = frozenset({"admin", "instructor"})

course = RecordType("course", CourseFields, parts="common", writers=frozenset({"admin"}))
training_class = RecordType(
    "training_class",
    TrainingClassFields,
    writers=frozenset({"admin", "instructor", "reviewer", "supervisor"}),
    indexes=(("first_day",), ("instructor_id",)),
    rule=_days,
)
trainee = RecordType(
    "trainee",
    TraineeFields,
    policies={"phone": "latest", "home": "latest", "organisation": "latest"},
    personal=frozenset({"number", "name", "name_zh", "sex", "birth_year", "phone", "home", "organisation"}),
    subject=("id",),
    writers=STAFF | {"reviewer", "supervisor"},
    indexes=(("number",), ("same_as",)),
    rule=_named,
)
enrolment = RecordType(
    "enrolment",
    EnrolmentFields,
    pieces=("class_id", "trainee_id"),
    writers=STAFF | {"reviewer", "supervisor"},
    indexes=(("trainee_id",),),
)
session = RecordType(
    "session",
    SessionFields,
    pieces=("class_id", "number"),
    writers=STAFF | {"reviewer", "supervisor"},
    indexes=(("day",),),
    rule=_days,
)
duplicate = RecordType(
    "duplicate", DuplicateFields, pieces=("first_id", "second_id"), writers=STAFF | {"reviewer", "supervisor"}
)
event = RecordType("event", EventFields, writers=STAFF | {"reviewer", "supervisor"}, rule=_days)

RECORDS = (course, training_class, trainee, enrolment, session, duplicate, event)
