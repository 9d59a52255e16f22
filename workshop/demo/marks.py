"""Attendance of every session: present 82, late 7, absent 8, excused 3 in a hundred, with a leaning a person. Draws, no acts.

Listed people attend at least half of a class's sessions, so that listed = counted; drop-outs come to fewer than half.
"""

from random import Random

from . import calendar
from .classes import TOUR_CLASS, Timetable
from .model import Enrolment, Mark, People, Session

LATE, ABSENT, EXCUSED = (
    0.055,
    0.078,
    0.027,
)  # before the doubling in rain months and the night shift's Mondays
LEANING = (12, 2)  # beta: share of sessions a person comes to on time, mean 6/7
AWAY_MAX = 0.85


def make_marks(rng: Random, people: People, timetable: Timetable, today_ms: int) -> tuple[Mark, ...]:
    """One mark for each enrolled person and session held, in the order of classes, sessions, people."""
    mean_away = LEANING[1] / sum(LEANING)
    factor = {person.id: (1 - rng.betavariate(*LEANING)) / mean_away for person in people.trainees}
    night = {person.id for person in people.trainees if person.night_shift}
    by_class: dict[str, list[Enrolment]] = {}
    for enrolment in timetable.enrolments:
        by_class.setdefault(enrolment.class_id, []).append(enrolment)
    sessions: dict[str, list[Session]] = {}
    for session in timetable.sessions:
        if session.class_id != TOUR_CLASS or calendar.ms_of(session.day, 24 * 60) <= today_ms:
            sessions.setdefault(session.class_id, []).append(session)
    marks: list[Mark] = []
    for each in timetable.classes:
        held = sessions[each.id]
        rows = [
            _row(rng, one, held, factor[one.trainee_id], one.trainee_id in night) for one in by_class[each.id]
        ]
        marks += [row[i] for i in range(len(held)) for row in rows if i < len(row)]
    return tuple(marks)


def _row(rng: Random, enrolment: Enrolment, held: list[Session], factor: float, night: bool) -> list[Mark]:
    if not enrolment.listed:
        last = enrolment.withdrawn_after or len(held)
        return [
            Mark(
                enrolment.class_id,
                s.number,
                enrolment.trainee_id,
                "present" if s.number in enrolment.attends else "absent",
                None,
            )
            for s in held[:last]
        ]
    statuses = [_status(rng, session, factor, night) for session in held]
    away = [i for i, status in enumerate(statuses) if status in ("absent", "excused")]
    while 2 * (len(held) - len(away)) < len(held):
        statuses[away.pop(rng.randrange(len(away)))] = "present"
    return [
        Mark(
            enrolment.class_id,
            session.number,
            enrolment.trainee_id,
            status,
            rng.randint(1, 6) * 5 if status == "late" else None,
        )
        for session, status in zip(held, statuses, strict=True)
    ]


def _status(rng: Random, session: Session, factor: float, night: bool) -> str:
    if night and session.day.weekday() == calendar.MONDAY:
        return "excused" if rng.random() < 0.25 else "absent"
    late = LATE * factor * (2 if session.day.month in calendar.RAIN_MONTHS else 1)
    absent, excused = ABSENT * factor, EXCUSED * factor
    scale = min(1.0, AWAY_MAX / (late + absent + excused)) if late else 1.0
    draw = rng.random() / scale
    if draw < late:
        return "late"
    if draw < late + absent:
        return "absent"
    return "excused" if draw < late + absent + excused else "present"
