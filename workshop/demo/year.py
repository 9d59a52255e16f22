"""The demonstration year in one piece: people, classes, marks, results, troubles, and the acts by which devices make them all.

Pure data, made from a seed: no log, no keys, no clock, no disk. The parts are drawn in this order, each from its own generator: people,
classes, marks, attempts, troubles, contacts, acts.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from itertools import chain

from workshop.admission import SYSTEM

from . import devices
from .accounts import make_accounts
from .acts_registers import register_drafts, withdrawal_drafts
from .acts_results import attempt_drafts, event_drafts, review_drafts, trouble_drafts
from .acts_setup import class_drafts, setup_drafts, trainee_drafts
from .calendar import HOLIDAYS_UG, Holiday, ms_of
from .classes import TOUR_CLASS, Timetable, make_timetable
from .courses import COURSES
from .draws import Draws
from .events import EVENTS
from .marks import make_marks
from .model import (
    Account,
    Act,
    Attempt,
    Contact,
    Course,
    Device,
    Enrolment,
    Event,
    Mark,
    People,
    Rubric,
    Session,
    TrainingClass,
)
from .people import make_people
from .rubrics import RUBRICS
from .skills import CERTIFICATE_CLASSES, make_attempts
from .timeline import make_acts
from .troubles import Troubles, make_troubles

SEED = 20240901
TODAY = date(2025, 11, 21)


@dataclass(frozen=True, slots=True)
class Year:
    """`marks` are the instructors' own, one a listed person, drop-out and session held; the troubles' marks are in `troubles` and `acts`."""

    seed: int
    today: date
    people: People
    courses: tuple[Course, ...]
    rubrics: tuple[Rubric, ...]
    classes: tuple[TrainingClass, ...]
    sessions: tuple[Session, ...]
    enrolments: tuple[Enrolment, ...]
    marks: tuple[Mark, ...]
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...]
    troubles: Troubles
    holidays: tuple[Holiday, ...]
    accounts: tuple[Account, ...]
    devices: tuple[Device, ...]
    acts: tuple[Act, ...]  # by true time, `acts[n].no == n`
    contacts: tuple[Contact, ...]  # by true time
    certificate_classes: tuple[str, ...]  # every result is there, so certificates can be issued
    tour_class: str
    tour_session: str  # today's, planned and open

    def fingerprint(self) -> str:
        """SHA-256 over everything, the same for the same seed and day."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def make_year(seed: int = SEED, today: date = TODAY, draws: Draws | None = None) -> Year:
    """today: the day of the tour's open register; ValueError before 29 September 2025. draws: for tests, other seeds for some parts."""
    draws = draws or Draws(seed)
    people = make_people(draws.of("people"))
    timetable = make_timetable(draws.of("classes"), people, today)
    marks = make_marks(draws.of("marks"), people, timetable, ms_of(today, 0))
    attempts = make_attempts(draws.of("attempts"), people, timetable, marks)
    tablets = _tablets(timetable)
    troubles = make_troubles(draws.of("troubles"), people, timetable, marks, attempts, tablets)
    contacts = devices.make_contacts(draws.of("contacts"), today)
    sight = devices.Sight(contacts)

    class_tablets = {id_.split(".")[0]: tablet for id_, tablet in tablets.items()}  # the last session's
    leaver = next(
        one for one in attempts if (one.class_id, one.trainee_id) == troubles.withdrawn_while_graded
    )
    drafts = chain(
        setup_drafts(people),
        trainee_drafts(people, troubles),
        class_drafts(people, timetable, troubles, sight, tablets),
        register_drafts(draws.of("acts"), timetable, marks, tablets),
        withdrawal_drafts(people, timetable, troubles, (leaver.started_ms + leaver.signed_ms) // 2),
        attempt_drafts(attempts, class_tablets),
        review_drafts(people, timetable, attempts, marks, tablets, sight),
        event_drafts(people),
        trouble_drafts(people, timetable, troubles, tablets, sight),
    )
    acts = make_acts(drafts, sight)
    return Year(
        seed=seed,
        today=today,
        people=people,
        courses=tuple(COURSES.values()),
        rubrics=tuple(RUBRICS.values()),
        classes=timetable.classes,
        sessions=timetable.sessions,
        enrolments=timetable.enrolments,
        marks=marks,
        attempts=attempts,
        events=EVENTS,
        troubles=troubles,
        holidays=HOLIDAYS_UG,
        accounts=make_accounts(people),
        devices=_devices(acts),
        acts=acts,
        contacts=contacts,
        certificate_classes=CERTIFICATE_CLASSES,
        tour_class=TOUR_CLASS,
        tour_session=next(
            one.id for one in timetable.sessions if one.class_id == TOUR_CLASS and one.day == today
        ),
    )


def _tablets(timetable: Timetable) -> dict[str, str]:
    classes, trainers = {each.id: each for each in timetable.classes}, devices.trainers()
    return {one.id: devices.tablet_of(classes[one.class_id], one, trainers) for one in timetable.sessions}


def _devices(acts: tuple[Act, ...]) -> tuple[Device, ...]:
    """The devices, each with the people who act on it."""
    actors: dict[str, list[str]] = {}
    for act in acts:
        known = actors.setdefault(act.device, [])
        if act.actor not in known and act.actor != SYSTEM:
            known.append(act.actor)
    return tuple(
        Device(
            name=name,
            label=label,
            kind={devices.WORKSHOP: "workshop", devices.CAMPUS: "campus"}.get(name, "tablet"),
            site="common" if name == devices.CAMPUS else "mbale",
            staff=tuple(actors.get(name, ())),
        )
        for name, label in devices.LABELS.items()
    )
