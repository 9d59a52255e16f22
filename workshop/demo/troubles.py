"""The troubles of the year, chosen and counted: double marks, double registrations, a rename, a withdrawal, a theft. No acts.

Whatever a reader makes of them, the report's totals stay 389, 636, 821: a disputed mark never decides whether somebody is counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from workshop.ids import new_id

from . import devices
from .calendar import ms_of
from .classes import WITHDRAWN_WHILE_GRADED, Timetable
from .model import Attempt, Mark, People, Session, Trainee, TrainingClass
from .skills import CERTIFICATE_CLASSES

EQUAL, DIFFERENT = 11, 7
SAME_PERSON, STOLEN_MARKS = 4, 4
RENAMED, RENAMED_MS = "E16", ms_of(date(2025, 4, 9), 9 * 60 + 20)  # in a week without a line to Tianjin
RENAMED_TO = ("Bench Fitting (Fitter), employees, spring course (E16)", "钳工·本土员工春季班（E16）")
REGISTERED_BEFORE = date(2025, 4, 1)
HEARD = (
    ("ph", "f"),
    ("ss", "s"),
    ("Kh", "K"),
    ("bw", "bu"),
    ("ck", "k"),
    ("ll", "l"),
    ("y", "i"),
    ("w", "u"),
)


@dataclass(frozen=True, slots=True)
class DoubleMark:
    """`mark` was made by the session's instructor, `other` by a second person on a second tablet, neither in view of the other."""

    mark: Mark
    other: Mark
    other_device: str
    other_actor: str
    equal: bool


@dataclass(frozen=True, slots=True)
class DoubleRegistration:
    """`first` and `second` were registered on two tablets under near-equal names. `second` is an extra record where `truly_two` is false."""

    first: Trainee
    second: Trainee
    first_class: str
    second_class: str
    first_device: str
    second_device: str
    truly_two: bool


@dataclass(frozen=True, slots=True)
class Troubles:
    double_marks: tuple[DoubleMark, ...]
    double_registrations: tuple[DoubleRegistration, ...]
    clock_faults: tuple[devices.ClockFault, ...]
    restores: tuple[devices.Restore, ...]
    renamed_class: str
    withdrawn_while_graded: tuple[str, str]  # class, trainee
    stolen_marks: tuple[Mark, ...]  # what the thief's tablet sends after its key is revoked


def make_troubles(
    rng: Random,
    people: People,
    timetable: Timetable,
    marks: tuple[Mark, ...],
    attempts: Iterable[Attempt],
    tablets: dict[str, str],
) -> Troubles:
    """tablets: session id -> the tablet its register is kept on."""
    classes = {each.id: each for each in timetable.classes}
    attended: dict[tuple[str, str], int] = {}
    for mark in marks:
        key = (mark.class_id, mark.trainee_id)
        attended[key] = attended.get(key, 0) + mark.attended
    registrations = _registrations(rng, people, timetable, classes, marks, tablets)
    kept_apart = {person.id for one in registrations for person in (one.first, one.second)}
    graded = {attempt.trainee_id for attempt in attempts if attempt.class_id == WITHDRAWN_WHILE_GRADED}
    leaver = next(
        one.trainee_id
        for one in timetable.enrolments
        if one.class_id == WITHDRAWN_WHILE_GRADED and not one.listed and one.trainee_id in graded
    )
    return Troubles(
        double_marks=_double_marks(rng, people, timetable, classes, marks, attended, tablets, kept_apart),
        double_registrations=registrations,
        clock_faults=devices.CLOCK_FAULTS,
        restores=devices.RESTORES,
        renamed_class=RENAMED,
        withdrawn_while_graded=(WITHDRAWN_WHILE_GRADED, leaver),
        stolen_marks=_stolen(marks, timetable, tablets),
    )


def _double_marks(
    rng: Random,
    people: People,
    timetable: Timetable,
    classes: dict[str, TrainingClass],
    marks: tuple[Mark, ...],
    attended: dict[tuple[str, str], int],
    tablets: dict[str, str],
    kept_apart: set[str],
) -> tuple[DoubleMark, ...]:
    listed = {(one.class_id, one.trainee_id) for one in timetable.enrolments if one.listed}
    sessions = {one.id: one for one in timetable.sessions}
    found: list[DoubleMark] = []
    used: set[str] = set()
    pool = [
        mark
        for mark in marks
        if classes[mark.class_id].kind == "training" and mark.status in ("present", "absent")
    ]
    for mark in rng.sample(pool, len(pool)):
        session = sessions[f"{mark.class_id}.{mark.number}"]
        key = (mark.class_id, mark.trainee_id)
        equal = len(found) < EQUAL
        safe = 2 * (attended[key] - 1) >= classes[mark.class_id].sessions
        fits = (
            key in listed and mark.class_id not in CERTIFICATE_CLASSES and mark.trainee_id not in kept_apart
        )
        if (
            not fits
            or mark.class_id in used
            or session.day == devices.STOLEN_DAY
            or not (equal or (safe and mark.status == "present"))
        ):
            continue
        device = devices.other_tablet(tablets[session.id])
        actor = _second_person(people, timetable, classes[mark.class_id], session, device)
        if actor is None:
            continue
        status, minutes = (
            (mark.status, None) if equal else ("absent", None) if len(found) % 2 else ("late", 15)
        )
        found.append(DoubleMark(mark, replace(mark, status=status, minutes=minutes), device, actor, equal))
        used.add(mark.class_id)
        if len(found) == EQUAL + DIFFERENT:
            return tuple(found)
    raise ValueError("too few classes for the double marks")


def _second_person(
    people: People, timetable: Timetable, each: TrainingClass, session: Session, device: str
) -> str | None:
    """A local instructor who works with that tablet and does not teach in this slot."""
    if each.co_instructor_id:
        return each.co_instructor_id
    teaching = {
        one.instructor_id for one in timetable.sessions if (one.day, one.slot) == (session.day, session.slot)
    }
    if each.place == "PARK":
        helpers = [people.local[i].id for i in range(9, 14)]
    else:
        tablet = devices.UTC_TABLETS.index(device)
        helpers = [people.local[i].id for i, own in enumerate(devices.GROUP_TABLETS) if own == tablet]
    return next((one for one in helpers if one not in teaching), None)


def _registrations(
    rng: Random,
    people: People,
    timetable: Timetable,
    classes: dict[str, TrainingClass],
    marks: tuple[Mark, ...],
    tablets: dict[str, str],
) -> tuple[DoubleRegistration, ...]:
    first_class: dict[str, TrainingClass] = {}
    listed = {(one.class_id, one.trainee_id) for one in timetable.enrolments if one.listed}
    for one in timetable.enrolments:
        each, before = classes[one.class_id], first_class.get(one.trainee_id)
        if before is None or (each.first_day, each.slot) < (before.first_day, before.slot):
            first_class[one.trainee_id] = each
    soon_again = {
        one.trainee_id
        for one in timetable.enrolments
        if 0 <= (classes[one.class_id].first_day - first_class[one.trainee_id].first_day).days < 28
        and one.class_id != first_class[one.trainee_id].id
    }
    there = {
        mark.trainee_id
        for mark in marks
        if mark.number == 1 and mark.status == "present" and mark.class_id == first_class[mark.trainee_id].id
    }

    def fits(person: Trainee) -> bool:
        """Walked in on the first day of the first class, and no other class was being filled by then."""
        each = first_class.get(person.id)
        return (
            each is not None
            and (each.id, person.id) in listed
            and person.id in there - soon_again
            and person.id not in people.near_names
            and each.first_day < REGISTERED_BEFORE
            and _near(person.name) != person.name
        )

    chosen = [
        *rng.sample([person for person in people.employees if fits(person)], SAME_PERSON - 1),
        *rng.sample([person for person in people.teachers if fits(person)], 1),
    ]
    found = []
    for n, person in enumerate(chosen, 1):
        each = first_class[person.id]
        code = "EM" if person.category == "employee" else "TR"
        number = f"UTC/{code}/24/{(len(people.employees) if code == 'EM' else len(people.teachers)) + n:05d}"
        extra = replace(
            person,
            id=new_id("t", rng.choice),
            number=number,
            name=_near(person.name),
            name_zh=None,
            phone=None,
        )
        device = tablets[f"{each.id}.1"]
        found.append(
            DoubleRegistration(
                person, extra, each.id, each.id, device, devices.other_tablet(device), truly_two=False
            )
        )

    by_id = {person.id: person for person in people.trainees}
    pair = sorted((first_class[id_].first_day, first_class[id_].id, id_) for id_ in people.near_names)
    (_, class_one, id_one), (_, class_two, id_two) = pair
    device, second = tablets[f"{class_one}.1"], tablets[f"{class_two}.1"]
    second = second if second != device else devices.other_tablet(device)
    found.append(
        DoubleRegistration(by_id[id_one], by_id[id_two], class_one, class_two, device, second, truly_two=True)
    )
    return tuple(found)


def _near(name: str) -> str:
    """The same name as another hand writes it down; the name itself where none of these spellings occurs in it."""
    for usual, heard in HEARD:
        if usual in name:
            return name.replace(usual, heard, 1)
    return name


def _stolen(marks: tuple[Mark, ...], timetable: Timetable, tablets: dict[str, str]) -> tuple[Mark, ...]:
    """Marks of that day's register, changed so that nobody attends less often than before."""
    session = next(
        one
        for one in timetable.sessions
        if one.day == devices.STOLEN_DAY and tablets[one.id] == devices.STOLEN and one.slot == "am"
    )
    listed = {
        one.trainee_id for one in timetable.enrolments if one.listed and one.class_id == session.class_id
    }
    there = [
        mark
        for mark in marks
        if (mark.class_id, mark.number) == (session.class_id, session.number) and mark.trainee_id in listed
    ]
    there.sort(key=lambda mark: mark.status == "present")  # those who were away first
    return tuple(
        replace(mark, status="late", minutes=5)
        if mark.status == "present"
        else replace(mark, status="present", minutes=None)
        for mark in there[:STOLEN_MARKS]
    )
