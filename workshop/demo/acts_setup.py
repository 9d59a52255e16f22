"""Acts that set the year up: staff, courses, practical tests, trainees, classes with their sessions and enrolments."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from workshop.admission import ALL_CLASSES, COMMON, SYSTEM

from . import calendar
from .calendar import ms_of
from .classes import TOUR_CLASS, Timetable
from .courses import COURSES
from .devices import CAMPUS, FIRST_LINK_MS, WORKSHOP, Sight
from .model import Course, Fields, People, Rubric, Session, Staff, Trainee, TrainingClass
from .rubrics import RUBRICS
from .timeline import Draft, DraftChange
from .troubles import DoubleRegistration, Troubles

CHANGES_MAX = 80  # of the 200 that an op may hold
SECOND = 1000
COMMON_MS = ms_of(date(2024, 9, 2), 10 * 60)
OFFICE_DAYS = {
    "local_teacher": ms_of(date(2024, 9, 3), 9 * 60),
    "local_student": ms_of(date(2024, 9, 4), 9 * 60),
    "employee": ms_of(date(2024, 9, 24), 9 * 60),
}
FIRST_CLASSES_DAY = date(2024, 9, 10)
REGISTERED_DAYS_BEFORE = 12


def setup_drafts(people: People) -> Iterator[Draft]:
    """The campus's staff, courses and tests, its word on who the workshop's office is, and the workshop's own staff.

    What makes the sites themselves (devices, counting rule, certificate rule) is not here: `workshop.setup` does that for any site.
    The first administrator is stated by the system, as at any first start.
    """
    li, office = people.others["li"], people.others["wandera"]
    yield Draft(COMMON_MS, CAMPUS, SYSTEM, "staff.add", _staff_changes(li), part=COMMON)
    from_campus = [one for one in people.staff if one.site == "campus" and one != li] + list(people.visiting)
    common = [
        *(("staff.add", _staff_changes(one)) for one in from_campus),
        *(("course.publish", [_course_change(one)]) for one in COURSES.values()),
        *(("rubric.publish", [_rubric_change(one)]) for one in RUBRICS.values()),
    ]
    for n, (intent, changes) in enumerate(common, 1):
        yield Draft(COMMON_MS + n * SECOND, CAMPUS, li.id, intent, changes, part=COMMON)
    yield Draft(COMMON_MS + 600 * SECOND, CAMPUS, li.id, "staff.add", _staff_changes(office))
    at_ms = FIRST_LINK_MS + 3600 * SECOND
    for n, one in enumerate(one for one in people.staff if one.kind in ("local", "assessor")):
        yield Draft(at_ms + n * SECOND, WORKSHOP, office.id, "staff.add", _staff_changes(one))


def trainee_drafts(people: People, troubles: Troubles) -> Iterator[Draft]:
    """The office takes in the lists, one op a person; who was registered on a tablet comes from there."""
    office = people.others["wandera"].id
    walked_in = {person.id for one in troubles.double_registrations for person in (one.first, one.second)}
    for n, person in enumerate(people.trainees):
        if person.id not in walked_in:
            at_ms = OFFICE_DAYS[person.category] + n * SECOND
            yield Draft(
                at_ms, WORKSHOP, office, "trainee.import", [("trainee", person.id, trainee_fields(person))]
            )


def class_drafts(
    people: People, timetable: Timetable, troubles: Troubles, sight: Sight, tablets: dict[str, str]
) -> Iterator[Draft]:
    """A class with its sessions in one op, its enrolments in another, about two weeks ahead; and the registrations on tablets."""
    office = people.others["wandera"].id
    sessions: dict[str, list[Session]] = {}
    for session in timetable.sessions:
        sessions.setdefault(session.class_id, []).append(session)
    members: dict[str, list[tuple[str, str]]] = {}
    for one in timetable.enrolments:
        members.setdefault(one.class_id, []).append((one.trainee_id, one.category))

    by_hand: set[tuple[str, str]] = set()
    known: dict[str, int] = {}  # walked-in person -> when the office knows them
    for double in troubles.double_registrations:
        for draft, class_id, person in _registrations(double, timetable, tablets, people):
            yield draft
            by_hand.add((class_id, person.id))
            known[person.id] = (
                sight.arrives(draft.device, draft.at_ms, WORKSHOP) or draft.at_ms
            ) + 60 * SECOND

    for n, each in enumerate(timetable.classes):
        at_ms = ms_of(_created(each), 11 * 60) + n * 10 * SECOND
        changes = [("training_class", each.id, _class_fields(each)), *map(_session_change, sessions[each.id])]
        yield Draft(at_ms, WORKSHOP, office, "training_class.create", changes)
        enrolled = [pair for pair in members[each.id] if (each.id, pair[0]) not in by_hand]
        late = [pair for pair in enrolled if known.get(pair[0], 0) > at_ms]
        yield Draft(
            at_ms + SECOND,
            WORKSHOP,
            office,
            "enrolment.add",
            [_enrolment(each.id, *pair) for pair in enrolled if pair not in late],
        )
        for pair in late:
            yield Draft(known[pair[0]], WORKSHOP, office, "enrolment.add", [_enrolment(each.id, *pair)])


def trainee_fields(person: Trainee) -> Fields:
    named: Fields = {
        "number": person.number,
        "name": person.name,
        "name_zh": person.name_zh,
        "sex": person.sex,
        "birth_year": person.birth_year,
        "phone": person.phone,
        "home": person.home,
        "organisation": person.organisation,
        "category": person.category,
    }
    return {name: value for name, value in named.items() if value is not None}


def _registrations(
    double: DoubleRegistration, timetable: Timetable, tablets: dict[str, str], people: People
) -> Iterable[tuple[Draft, str, Trainee]]:
    """The two registrations: at the door on the first day, or days ahead for the two who are truly two."""
    pairs = (
        (double.first, double.first_class, double.first_device),
        (double.second, double.second_class, double.second_device),
    )
    for n, (person, class_id, device) in enumerate(pairs):
        session = next(one for one in timetable.sessions if one.class_id == class_id)
        start, day = session.start_minute + 2, session.day
        if double.truly_two:
            for _ in range(REGISTERED_DAYS_BEFORE):
                day -= timedelta(days=1)
                while not calendar.is_working_day(day):
                    day -= timedelta(days=1)
        helps = n == 1 or double.truly_two
        actor = second_actor(people, session, class_id) if helps else session.instructor_id
        changes = [
            ("trainee", person.id, trainee_fields(person)),
            _enrolment(class_id, person.id, person.category),
        ]
        at_ms = ms_of(day, start) + n * 18 * 60 * SECOND
        yield (
            Draft(at_ms, device, actor, "trainee.register", changes, trouble="double_registration"),
            class_id,
            person,
        )


def second_actor(people: People, session: Session, class_id: str) -> str:
    """Who helps at the door with the second tablet."""
    helpers = [people.local[i].id for i in ((12, 13) if class_id[0] == "E" else (2, 5))]
    return next(one for one in helpers if one != session.instructor_id)


def _created(each: TrainingClass) -> date:
    """A working day some two weeks ahead, not before the year's first office days."""
    day = each.first_day - timedelta(days=24 if each.id == TOUR_CLASS else 16)
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return max(day, FIRST_CLASSES_DAY)


def _staff_changes(one: Staff) -> list[DraftChange]:
    fields: Fields = {"name_en": one.name_en}
    if one.name_zh:
        fields["name_zh"] = one.name_zh
    grants: list[DraftChange] = [
        ("grant", f"{one.id}.{role}.{ALL_CLASSES}", {"active": True}) for role in one.roles
    ]
    return [("staff", one.id, fields), *grants]


def _course_change(one: Course) -> DraftChange:
    fields: Fields = {
        "title_en": one.title_en,
        "title_zh": one.title_zh,
        "planned_minutes": one.planned_minutes,
    }
    return "course", one.id, fields


def _rubric_change(one: Rubric) -> DraftChange:
    fields: Fields = {
        "course_id": one.course_id,
        "version": one.version,
        "title_en": one.title_en,
        "title_zh": one.title_zh,
        "skill_en": one.skill_en,
        "skill_zh": one.skill_zh,
        "critical": True,
        "minutes": one.minutes,
        "steps": [
            {"id": step.id, "en": step.en, "zh": step.zh, "critical": step.critical} for step in one.steps
        ],
    }
    return "rubric", one.id, fields


def _class_fields(each: TrainingClass) -> Fields:
    fields: Fields = {
        "course_id": each.course_id,
        "name_en": each.name_en,
        "name_zh": each.name_zh,
        "batch": each.batch,
        "category": each.category,
        "place": each.place,
        "instructor_id": each.instructor_id,
        "first_day": each.first_day.isoformat(),
        "last_day": each.last_day.isoformat(),
        "kind": each.kind,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _session_change(session: Session) -> DraftChange:
    fields: Fields = {
        "day": session.day.isoformat(),
        "start_minute": session.start_minute,
        "minutes": session.minutes,
        "instructor_id": session.instructor_id,
        "state": "planned",
        "register": "open",
    }
    return "session", session.id, fields


def _enrolment(class_id: str, trainee_id: str, category: str) -> DraftChange:
    return "enrolment", f"{class_id}.{trainee_id}", {"state": "enrolled", "category": category}
