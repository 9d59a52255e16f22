"""Practical tests of the year: who was assessed, step by step, with what outcome, and which results were put right later.

A correction voids the old attempt and makes a new one that names it; nothing is overwritten.
"""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from workshop.ids import new_id

from . import calendar
from .classes import TOUR_CLASS, WITHDRAWN_WHILE_GRADED, Timetable
from .model import Attempt, Mark, People, Rubric, Session, TrainingClass
from .rubrics import RUBRICS

CERTIFICATE_CLASSES = ("S16", "T12")  # every listed person has a final result, so certificates can be issued
CHINESE_ASSESSED = ("S22", "E24")  # of the Chinese classes only these two took the test
CORRECTED_ONE_IN = 25
ABILITY = (8, 2)
REMARKS = (
    "Needed help.",
    "Too slow.",
    "Had to be stopped.",
    "Try again after practice.",
    "Right after a second look at the diagram.",
)
VOID_REASONS = (
    "I ticked the line below by mistake.",
    "The second try that the rule allows was not counted.",
    "Written under the wrong trainee first.",
)


def make_attempts(
    rng: Random, people: People, timetable: Timetable, marks: Iterable[Mark]
) -> tuple[Attempt, ...]:
    """Attempts of all assessed classes, by class and start. Only people who came to the last session are tested that day."""
    last = {one.class_id: one for one in timetable.sessions}
    came = {
        (mark.class_id, mark.trainee_id)
        for mark in marks
        if mark.attended and mark.number == last[mark.class_id].number and mark.class_id != TOUR_CLASS
    }
    members: dict[str, list[str]] = {}
    for enrolment in timetable.enrolments:
        if enrolment.listed or (enrolment.class_id == WITHDRAWN_WHILE_GRADED and len(enrolment.attends) > 1):
            members.setdefault(enrolment.class_id, []).append(enrolment.trainee_id)

    found: list[Attempt] = []
    for each in timetable.classes:
        if not _is_assessed(each):
            continue
        rubric, session = RUBRICS[each.course_id], last[each.id]
        assessor = (
            people.others["nandutu"].id
            if each.place == "PARK" and not each.co_instructor_id
            else each.instructor_id
        )
        there = [person for person in members[each.id] if (each.id, person) in came]
        first = _sitting(rng, rubric, session, there, assessor, ability_min=0.0)
        found += first
        if each.id in CERTIFICATE_CLASSES:
            passed = {attempt.trainee_id for attempt in first if attempt.outcome == "competent"}
            again = [person for person in members[each.id] if person not in passed]
            later = replace(session, day=calendar.next_working_day(session.day))
            found += _sitting(rng, rubric, later, again, assessor, ability_min=0.9)
    return _corrected(rng, found)


def outcome_of(rubric: Rubric, steps: Iterable[tuple[str, str, str]]) -> str:
    """A critical step not done fails the whole, one not seen leaves it open."""
    critical = {step.id for step in rubric.steps if step.critical}
    seen = {result for step, result, _remark in steps if step in critical}
    return "not_yet" if "no" in seen else "open" if "not_seen" in seen else "competent"


def _is_assessed(each: TrainingClass) -> bool:
    if each.kind != "training" or each.course_id not in RUBRICS:
        return False
    return each.course_id != "zhplus" or each.id in CHINESE_ASSESSED


def _sitting(
    rng: Random, rubric: Rubric, session: Session, trainees: list[str], assessor: str, ability_min: float
) -> list[Attempt]:
    """One attempt each, begun one after another within the session, several benches at a time."""
    start = calendar.ms_of(session.day, session.start_minute + 10)
    room_ms = (session.minutes - 15 - rubric.minutes) * 60_000
    length_ms = rubric.minutes * 60_000
    found = []
    for i, trainee in enumerate(trainees):
        begun = start + room_ms * i // max(1, len(trainees))
        steps = _steps(rng, rubric, max(ability_min, rng.betavariate(*ABILITY)))
        found.append(
            Attempt(
                id=new_id("a", rng.choice),
                class_id=session.class_id,
                trainee_id=trainee,
                rubric_id=rubric.id,
                assessor_id=assessor,
                started_ms=begun,
                signed_ms=begun + length_ms - rng.randint(0, length_ms // 3),
                steps=steps,
                outcome=outcome_of(rubric, steps),
            )
        )
    return found


def _steps(rng: Random, rubric: Rubric, ability: float) -> tuple[tuple[str, str, str], ...]:
    """At most one step that is not critical is missed: nobody passes here by a narrow reading of the rule."""
    missed_plain = False
    steps: list[tuple[str, str, str]] = []
    for step in rubric.steps:
        draw, remark = rng.random(), rng.choice(REMARKS) if rng.random() < 0.6 else ""
        if step.critical and draw < 0.25 * (1 - ability):
            steps.append((step.id, "no", remark))
        elif step.critical and draw > 0.996:
            steps.append((step.id, "not_seen", ""))
        elif not step.critical and not missed_plain and draw < 0.5 * (1 - ability):
            missed_plain = True
            steps.append((step.id, "no", remark))
        else:
            steps.append((step.id, "yes", ""))
    return tuple(steps)


def _corrected(rng: Random, attempts: list[Attempt]) -> tuple[Attempt, ...]:
    """One in 25 is voided on the next working day and made again with one step seen the other way."""
    chosen = set(
        rng.sample(
            [one.id for one in attempts if one.class_id not in CERTIFICATE_CLASSES],
            len(attempts) // CORRECTED_ONE_IN,
        )
    )
    by_rubric = {rubric.id: rubric for rubric in RUBRICS.values()}
    found: list[Attempt] = []
    for attempt in attempts:
        if attempt.id not in chosen:
            found.append(attempt)
            continue
        day = calendar.next_working_day(calendar.day_of(attempt.started_ms))
        voided = calendar.ms_of(day, 8 * 60 + 40) + len(found) * 20_000 % 3_600_000
        steps = _other_way(rng, by_rubric[attempt.rubric_id], attempt)
        found.append(replace(attempt, void_reason=rng.choice(VOID_REASONS), voided_ms=voided))
        found.append(
            replace(
                attempt,
                id=new_id("a", rng.choice),
                started_ms=voided + 60_000,
                signed_ms=voided + 300_000,
                steps=steps,
                outcome=outcome_of(by_rubric[attempt.rubric_id], steps),
                replaces=attempt.id,
            )
        )
    return tuple(found)


def _other_way(rng: Random, rubric: Rubric, attempt: Attempt) -> tuple[tuple[str, str, str], ...]:
    """The first step not passed becomes a yes; where all were passed, one that is not critical becomes a no."""
    wrong = [step for step, result, _remark in attempt.steps if result != "yes"]
    turned = wrong[0] if wrong else rng.choice([step.id for step in rubric.steps if not step.critical])
    result = "yes" if wrong else "no"
    return tuple(
        (step, result, "") if step == turned else (step, was, remark) for step, was, remark in attempt.steps
    )
