"""Writes about courses, tests, classes and sessions."""

import json
from collections.abc import Mapping

from sync import Change, Draft
from workshop.admission import COMMON
from workshop.courses import queries
from workshop.courses.rules import ClassPlan, parse_steps, times
from workshop.ids import new_id
from workshop.problems import Problem
from workshop.site import Site

SESSIONS_AN_OP = 60


def create_class(site: Site, part: str, actor: str, plan: ClassPlan) -> str:
    """A class with its whole timetable, in one transaction; its id."""
    class_id = new_id("c")
    sessions = [
        Change(
            "session",
            f"{class_id}.{number}",
            {"day": day, "start_minute": start, "minutes": minutes, "state": "planned", "register": "open"},
        )
        for number, day, start, minutes in plan.sessions
    ]
    drafts = [
        Draft(actor, "class.create", [Change("training_class", class_id, dict(plan.fields))], part, "form")
    ]
    for first in range(0, len(sessions), SESSIONS_AN_OP):
        drafts.append(Draft(actor, "session.add", sessions[first : first + SESSIONS_AN_OP], part, "form"))
    site.record_many(drafts)
    return class_id


def add_session(site: Site, part: str, actor: str, class_id: str, form: Mapping[str, str]) -> str:
    """One more day of a class; its number. Raises Problem `class_days`, `class_time`."""
    start, minutes = times(form)
    day = form.get("day", "")
    if len(day) != 10:
        raise Problem("class_days", 422)
    number = str(
        max(
            (int(s.number) for s in queries.sessions_of(site.db, part, class_id) if s.number.isdigit()),
            default=0,
        )
        + 1
    )
    fields = {"day": day, "start_minute": start, "minutes": minutes, "state": "planned", "register": "open"}
    site.record(
        actor=actor,
        intent="session.add",
        changes=[Change("session", f"{class_id}.{number}", fields)],
        part=part,
        via="form",
    )
    return number


def cancel_session(site: Site, part: str, actor: str, class_id: str, number: str, *, cancelled: bool) -> None:
    """A session that is not held: it counts for nobody. Can be taken back."""
    row = site.db.execute(
        "select heads from rm_session where part = ? and id = ?", (part, f"{class_id}.{number}")
    ).fetchone()
    base = tuple(json.loads(row[0]).get("state", ())) if row else ()
    change = Change(
        "session", f"{class_id}.{number}", {"state": "cancelled" if cancelled else "planned"}, base
    )
    site.record(actor=actor, intent="session.cancel", changes=[change], part=part, via="form")


def set_enrolment(site: Site, part: str, actor: str, class_id: str, trainee: str, *, enrolled: bool) -> None:
    row = site.db.execute(
        "select heads from rm_enrolment where part = ? and id = ?", (part, f"{class_id}.{trainee}")
    ).fetchone()
    base = tuple(json.loads(row[0]).get("state", ())) if row else ()
    change = Change(
        "enrolment", f"{class_id}.{trainee}", {"state": "enrolled" if enrolled else "withdrawn"}, base
    )
    intent = "enrolment.add" if enrolled else "enrolment.withdraw"
    site.record(actor=actor, intent=intent, changes=[change], part=part, via="form")


def publish_course(site: Site, actor: str, form: Mapping[str, str]) -> str:
    """A course for every site. Campus only. Raises Problem("course_fields")."""
    titles = {name: form.get(name, "").strip() for name in ("title_en", "title_zh")}
    hours = form.get("hours", "")
    if (
        not all(1 <= len(title) <= 120 for title in titles.values())
        or not hours.isdigit()
        or int(hours) > 2000
    ):
        raise Problem("course_fields", 422)
    course_id = new_id("k")
    fields = {**titles, "planned_minutes": int(hours) * 45}
    site.record(
        actor=actor,
        intent="course.publish",
        changes=[Change("course", course_id, fields)],
        part=COMMON,
        via="form",
    )
    return course_id


def publish_test(site: Site, actor: str, course_id: str, form: Mapping[str, str]) -> str:
    """A practical test of a course: its key steps in both languages. Campus only. Raises Problem `course_fields`, `test_steps`."""
    titles = {name: form.get(name, "").strip() for name in ("title_en", "title_zh")}
    minutes = form.get("minutes", "")
    if (
        not all(1 <= len(title) <= 120 for title in titles.values())
        or not minutes.isdigit()
        or not 1 <= int(minutes) <= 480
    ):
        raise Problem("course_fields", 422)
    fields = {
        **titles,
        "course_id": course_id,
        "version": 1,
        "skill_en": titles["title_en"],
        "skill_zh": titles["title_zh"],
        "critical": form.get("critical") == "yes",
        "minutes": int(minutes),
        "steps": parse_steps(form.get("steps", "")),
    }
    rubric_id = new_id("r")
    site.record(
        actor=actor,
        intent="rubric.publish",
        changes=[Change("rubric", rubric_id, fields)],
        part=COMMON,
        via="form",
    )
    return rubric_id
