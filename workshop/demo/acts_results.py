"""Acts after the register: attempts and their corrections, the home campus's reviews, events, and the troubles' own acts."""

from collections.abc import Iterable, Iterator
from datetime import date

from . import calendar
from .acts_registers import mark_change, withdrawal
from .acts_setup import second_actor
from .calendar import ms_of
from .classes import Timetable
from .devices import CAMPUS, STOLEN, STOLEN_MARKS_MS, WORKSHOP, Sight, wall_ms
from .events import EVENTS
from .model import Attempt, Fields, Mark, People, Session
from .skills import CERTIFICATE_CLASSES
from .timeline import Draft, DraftChange
from .troubles import RENAMED_MS, RENAMED_TO, DoubleRegistration, Troubles

MINUTE = 60_000
RETURNED = ("E01", "E05", "E11", "E13", "E17")  # their second register came back with a question
QUESTION = "Two signatures on the paper sheet look alike. Please compare."
ANSWER = "Compared with the paper sheet: the mark is right."


def attempt_drafts(attempts: Iterable[Attempt], tablets: dict[str, str]) -> Iterator[Draft]:
    """In the certificate classes step by step as tapped, elsewhere all steps at once; then signed. tablets: class id -> tablet."""
    for one in attempts:
        device, actor = tablets[one.class_id], one.assessor_id
        fields: Fields = {
            "class_id": one.class_id,
            "trainee_id": one.trainee_id,
            "rubric_id": one.rubric_id,
            "started_at": wall_ms(device, one.started_ms),
        }
        if one.replaces:
            fields["replaces"] = one.replaces
        opened: DraftChange = ("attempt", one.id, fields)
        steps: list[DraftChange] = [
            ("attempt_step", f"{one.id}.{step}", {"result": result, "remark": remark or None})
            for step, result, remark in one.steps
        ]
        if one.class_id in CERTIFICATE_CLASSES:
            yield Draft(one.started_ms, device, actor, "attempt.start", [opened])
            pause = (one.signed_ms - one.started_ms) // (len(steps) + 1)
            for n, step in enumerate(steps, 1):
                yield Draft(one.started_ms + n * pause, device, actor, "attempt.step", [step])
        else:
            yield Draft(one.signed_ms - MINUTE, device, actor, "attempt.record", [opened, *steps])
        result: Fields = {"result": {"steps": [list(step) for step in one.steps], "outcome": one.outcome}}
        yield Draft(one.signed_ms, device, actor, "attempt.sign_off", [("attempt", one.id, result)])
        if one.voided_ms is not None:
            void: Fields = {"void": {"reason": one.void_reason}}
            yield Draft(one.voided_ms, device, actor, "attempt.void", [("attempt", one.id, void)])


def review_drafts(
    people: People,
    timetable: Timetable,
    attempts: Iterable[Attempt],
    marks: Iterable[Mark],
    tablets: dict[str, str],
    sight: Sight,
) -> Iterator[Draft]:
    """The home campus looks at a class when all of it has arrived, on a day on which it is open."""
    wang = people.others["wang"].id
    sessions: dict[str, list[Session]] = {}
    for session in timetable.sessions:
        sessions.setdefault(session.class_id, []).append(session)
    held = [each for each in timetable.classes if each.kind == "training"]
    by_class = {id_: [one for one in attempts if one.class_id == id_] for id_ in CERTIFICATE_CLASSES}
    doubtful = {(mark.class_id, mark.number): mark for mark in marks if mark.status == "present"}
    for n, each in enumerate(held):
        ended = max([ms_of(each.last_day, 24 * 60), *(one.signed_ms for one in by_class.get(each.id, ()))])
        tablet = tablets[f"{each.id}.{each.sessions}"]
        at_ms = _campus_day(sight.arrives(tablet, ended, CAMPUS), n)
        if at_ms is None:
            continue
        ids = [f"register.{session.id}" for session in sessions[each.id]]
        if each.id in RETURNED:
            mark = doubtful[each.id, 2]
            asked: DraftChange = (
                "review",
                f"register.{each.id}.2",
                {"decision": "returned", "comment": QUESTION},
            )
            yield Draft(at_ms, CAMPUS, wang, "review.return", [asked])
            answered = _tablet_day(sight.arrives(CAMPUS, at_ms, tablet), n)
            if answered is not None:
                yield Draft(
                    answered,
                    tablet,
                    each.instructor_id,
                    "attendance.note",
                    [("attendance", mark.id, {"note": ANSWER})],
                )
                at_ms = _campus_day(sight.arrives(tablet, answered, CAMPUS), n) or at_ms
        ids += [f"attempt.{one.id}" for one in by_class.get(each.id, ())]
        changes: list[DraftChange] = [("review", id_, {"decision": "approved"}) for id_ in ids]
        yield Draft(at_ms + MINUTE, CAMPUS, wang, "review.approve", changes)


def event_drafts(people: People) -> Iterator[Draft]:
    for one in EVENTS:
        fields: Fields = {
            "title_en": one.title_en,
            "title_zh": one.title_zh,
            "day": one.day.isoformat(),
            "people": one.people,
            "kind": one.kind,
        }
        yield Draft(
            ms_of(one.day, 16 * 60 + 30),
            WORKSHOP,
            people.others["wandera"].id,
            "event.add",
            [("event", one.id, fields)],
        )


def trouble_drafts(
    people: People, timetable: Timetable, troubles: Troubles, tablets: dict[str, str], sight: Sight
) -> Iterator[Draft]:
    sessions = {one.id: one for one in timetable.sessions}
    for n, double in enumerate(troubles.double_marks):
        session = sessions[f"{double.mark.class_id}.{double.mark.number}"]
        at_ms = ms_of(session.day, session.start_minute + 20 + n)
        yield Draft(
            at_ms,
            double.other_device,
            double.other_actor,
            "attendance.mark",
            [mark_change(double.other)],
            trouble="double_mark",
        )
    for registration in troubles.double_registrations:
        yield from _decision(people, sessions, registration, sight)
    en, zh = RENAMED_TO
    renamed: Fields = {"name_en": en, "name_zh": zh}
    changes = [("training_class", troubles.renamed_class, renamed)]
    yield Draft(
        RENAMED_MS, CAMPUS, people.others["li"].id, "training_class.rename", changes, trouble="renamed"
    )
    for n, mark in enumerate(troubles.stolen_marks):
        actor = sessions[f"{mark.class_id}.{mark.number}"].instructor_id
        yield Draft(
            STOLEN_MARKS_MS + n * 7_000,
            STOLEN,
            actor,
            "attendance.mark",
            [mark_change(mark)],
            trouble="stolen",
        )


def _decision(
    people: People, sessions: dict[str, Session], double: DoubleRegistration, sight: Sight
) -> Iterator[Draft]:
    """The second record's one mark; then, when both have reached the office, its word on whether they are one person."""
    door = sessions[f"{double.second_class}.1"]
    if not double.truly_two:
        actor = second_actor(people, door, double.second_class)
        mark = Mark(double.second_class, 1, double.second.id, "present", None)
        at_ms = ms_of(door.day, door.start_minute + 24)
        yield Draft(
            at_ms,
            double.second_device,
            actor,
            "attendance.mark",
            [mark_change(mark)],
            trouble="double_registration",
        )
    later = max(
        ms_of(sessions[f"{class_id}.1"].day, 24 * 60)
        for class_id in (double.first_class, double.second_class)
    )
    known = [
        sight.arrives(device, later, WORKSHOP) or later
        for device in (double.first_device, double.second_device)
    ]
    day = calendar.next_working_day(calendar.day_of(max(known)))
    pair = ".".join(sorted((double.first.id, double.second.id)))
    changes: list[DraftChange] = [
        ("duplicate", pair, {"decision": "different" if double.truly_two else "same"})
    ]
    if not double.truly_two:
        changes += [
            ("trainee", double.second.id, {"same_as": double.first.id}),
            withdrawal(double.second_class, double.second.id),
        ]
    yield Draft(
        ms_of(day, 10 * 60),
        WORKSHOP,
        people.others["wandera"].id,
        "duplicate.decide",
        changes,
        trouble="double_registration",
    )


def _campus_day(arrived_ms: int | None, n: int) -> int | None:
    """The afternoon in Tianjin of the next day on which the campus works."""
    if arrived_ms is None:
        return None
    day: date = calendar.next_campus_day(calendar.day_of(arrived_ms, calendar.TIANJIN_MINUTES))
    return ms_of(day, 14 * 60, calendar.TIANJIN_MINUTES) + n * 3 * MINUTE


def _tablet_day(arrived_ms: int | None, n: int) -> int | None:
    if arrived_ms is None:
        return None
    return ms_of(calendar.next_working_day(calendar.day_of(arrived_ms)), 8 * 60) + n * MINUTE
