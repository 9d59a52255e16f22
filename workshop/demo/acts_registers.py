"""Acts of the register, as an instructor taps them: exceptions one by one, then the rest at once, then those who came late, then closed."""

from collections.abc import Iterator
from random import Random

from .calendar import ms_of
from .classes import Timetable
from .devices import WORKSHOP
from .model import Fields, Mark, People, Session
from .timeline import Draft, DraftChange
from .troubles import Troubles

SECOND, MINUTE = 1000, 60_000
REST_AFTER_MINUTES = 15  # who comes later was marked absent first, in the training classes
SHEET_MINUTES = 32  # own teaching: the sheet is filled in when the last have come


def register_drafts(
    rng: Random, timetable: Timetable, marks: tuple[Mark, ...], tablets: dict[str, str]
) -> Iterator[Draft]:
    """All registers held. marks: the instructors' own, in order of class and session."""
    sessions = {one.id: one for one in timetable.sessions}
    own = {one.id for one in timetable.classes if one.kind == "own"}
    by_session: dict[str, list[Mark]] = {}
    for mark in marks:
        by_session.setdefault(f"{mark.class_id}.{mark.number}", []).append(mark)
    for session_id, rows in by_session.items():
        session = sessions[session_id]
        rest_after = SHEET_MINUTES if session.class_id in own else REST_AFTER_MINUTES
        yield from _register(rng, session, rows, tablets[session_id], rest_after)


def _register(
    rng: Random, session: Session, rows: list[Mark], device: str, rest_after: int
) -> Iterator[Draft]:
    start = ms_of(session.day, session.start_minute)
    actor, clock, after = session.instructor_id, start + 5 * MINUTE, start + rest_after * MINUTE
    for mark in rows:
        if mark.status in ("absent", "excused"):
            clock += rng.randint(2, 6) * SECOND
            yield Draft(clock, device, actor, "attendance.mark", [mark_change(mark)])
        elif mark.minutes is not None and mark.minutes <= rest_after:
            at_ms = start + mark.minutes * MINUTE - rng.randint(5, 55) * SECOND
            yield Draft(at_ms, device, actor, "attendance.mark", [mark_change(mark)])
        elif mark.minutes is not None:
            clock += rng.randint(2, 6) * SECOND
            yield Draft(clock, device, actor, "attendance.mark", [_change(mark, "absent", None)])
            at_ms = start + mark.minutes * MINUTE + rng.randint(5, 55) * SECOND
            yield Draft(at_ms, device, actor, "attendance.mark", [mark_change(mark)])
    rest = [mark_change(mark) for mark in rows if mark.status == "present"]
    if rest:
        yield Draft(after + rng.randint(1, 20) * SECOND, device, actor, "attendance.mark_rest", rest)
    end = start + (session.minutes - 1) * MINUTE + rng.randint(0, 55) * SECOND
    closed: Fields = {"state": "held", "register": "closed"}
    yield Draft(end, device, actor, "register.close", [("session", session.id, closed)])


def withdrawal_drafts(
    people: People, timetable: Timetable, troubles: Troubles, graded_ms: int
) -> Iterator[Draft]:
    """The office withdraws drop-outs after a session's end; one it withdraws while a tablet grades them. graded_ms: within that test."""
    days = {one.id: one.day for one in timetable.sessions}
    office = people.others["wandera"].id
    for n, one in enumerate(timetable.enrolments):
        if one.withdrawn_after is not None:
            at_ms = ms_of(days[f"{one.class_id}.{one.withdrawn_after}"], 17 * 60 + 3) + n * 10
            yield Draft(
                at_ms, WORKSHOP, office, "enrolment.withdraw", [withdrawal(one.class_id, one.trainee_id)]
            )
    change = withdrawal(*troubles.withdrawn_while_graded)
    yield Draft(graded_ms, WORKSHOP, office, "enrolment.withdraw", [change], trouble="withdrawn")


def withdrawal(class_id: str, trainee_id: str) -> DraftChange:
    return "enrolment", f"{class_id}.{trainee_id}", {"state": "withdrawn"}


def mark_change(mark: Mark) -> DraftChange:
    return _change(mark, mark.status, mark.minutes)


def _change(mark: Mark, status: str, minutes: int | None) -> DraftChange:
    return "attendance", mark.id, {"status": status, "minutes": minutes}
