"""Which classes there are, who sits in them and when they meet. Nobody sits in two classes of one slot; nobody teaches two either.

The 64 training classes come from `plan.tsv`. Own and embedded teaching (kind `own`, O01 to O18) and the class of the tour (D01) come
on top and are not counted in the training report.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.resources import files
from random import Random

from . import calendar, names
from .courses import FITTING, class_names
from .model import Enrolment, People, Session, Trainee, TrainingClass

DROPOUT_PERCENT = 3
CATEGORIES = {"teachers": "local_teacher", "students": "local_student", "employees": "employee"}
WITHDRAWN_WHILE_GRADED = (
    "E10"  # its first drop-out comes back for the last session and is graded while the office withdraws them
)
TOUR_CLASS, TOUR_SIZE = "D01", 40
TOUR_FROM = date(2025, 9, 29)  # the tour's class must begin after the year has ended
TOUR_BEFORE, TOUR_AFTER = 5, 4

# Own teaching: department, slot, second weekday beside Tuesday, size. Tuesday meets no holiday, the others one each in the two terms.
GROUPS = (
    ("electrical", "pm", 0, 30),
    ("electrical", "pm", 3, 30),
    ("electrical", "am", 2, 30),
    ("electrical", "am", 4, 29),
    ("mechanical", "pm", 2, 35),
    ("mechanical", "pm", 4, 35),
    ("mechanical", "am", 0, 34),
    ("mechatronics", "pm", 3, 9),
    ("metallurgy", "am", 3, 6),
)
TUESDAY = 1
PARK_INSTRUCTORS = range(9, 14)


@dataclass(slots=True)
class _Diary:
    """What is taken so far: (person, day, slot)."""

    busy: set[tuple[str, date, str]] = field(default_factory=set)
    count: dict[str, int] = field(default_factory=dict)
    courses: set[tuple[str, str]] = field(default_factory=set)

    def is_free(self, person: str, days: list[date], slot: str) -> bool:
        return not any((person, day, slot) in self.busy for day in days)

    def take(self, person: str, days: list[date], slot: str) -> None:
        self.busy.update((person, day, slot) for day in days)


@dataclass(frozen=True, slots=True)
class Timetable:
    classes: tuple[TrainingClass, ...]
    sessions: tuple[Session, ...]
    enrolments: tuple[Enrolment, ...]


def make_timetable(rng: Random, people: People, today: date) -> Timetable:
    """Own teaching first, since it is fixed for a term; then the plan's classes by their first day; the tour's class last.

    today: a day of the tour's class; ValueError when it lies before TOUR_FROM.
    """
    if today < TOUR_FROM:
        raise ValueError(f"the tour's day must be {TOUR_FROM} or later, not {today}")
    diary = _Diary()
    classes: list[TrainingClass] = []
    sessions: list[Session] = []
    enrolments: list[Enrolment] = []

    own = [_own(people, term, group) for term in (0, 1) for group in range(len(GROUPS))]
    for each, days, group in own:
        enrolments += [_enrol(each, person) for person in group]
        for person in group:
            diary.take(person.id, days, each.slot)
        diary.take(each.instructor_id, days, each.slot)
        sessions += _sessions(each, days)

    dropped_before = listed_before = 0
    for each, days in sorted(_planned(people, diary), key=lambda pair: (pair[0].first_day, pair[0].id)):
        listed_before += each.person_times
        drop_outs = (listed_before * DROPOUT_PERCENT + 50) // 100 - dropped_before
        dropped_before += drop_outs
        members = _choose(rng, people, diary, each, days, each.person_times + drop_outs)
        listed = {person.id for person in rng.sample(members, each.person_times)}
        enrolments += [_enrol(each, person) for person in members if person.id in listed]
        leaving = [_drop_out(rng, each, person) for person in members if person.id not in listed]
        if each.id == WITHDRAWN_WHILE_GRADED:
            leaving[0] = Enrolment(
                each.id, leaving[0].trainee_id, each.category, listed=False, attends=(1, len(days))
            )
        enrolments += leaving
        sessions += _sessions(each, days)
        classes.append(each)

    tour, days, visited = _tour(people, today)
    enrolments += [_enrol(tour, person) for person in visited]
    sessions += _sessions(tour, days)
    classes = sorted(classes, key=lambda one: ("TSE".index(one.id[0]), one.id))
    return Timetable(
        (*classes, *(each for each, _days, _group in own), tour), tuple(sessions), tuple(enrolments)
    )


def plan_rows() -> list[dict[str, str]]:
    lines = files(__package__).joinpath("plan.tsv").read_text("utf-8").splitlines()
    header, *rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [dict(zip(header, row, strict=True)) for row in rows]


def _planned(people: People, diary: _Diary) -> list[tuple[TrainingClass, list[date]]]:
    found = []
    for row in plan_rows():
        days = calendar.working_days(
            date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
        )
        if len(days) != int(row["sessions"]):
            raise ValueError(f"{row['class_id']}: {len(days)} working days for {row['sessions']} sessions")
        category = CATEGORIES[row["category"]]
        batch = row["batch"] if row["batch"] != "-" else None
        visitor = people.visiting[names.TRIPS[row["trainer"]]].id if "V" in row["led_by"] else None
        local = _free_local(people, diary, days, row["slot"]) if "L" in row["led_by"] else None
        en, zh = class_names(row["class_id"], row["course"], category, batch)
        each = TrainingClass(
            id=row["class_id"],
            course_id=row["course"],
            name_en=en,
            name_zh=zh,
            batch=batch,
            category=category,
            place=row["place"],
            slot=row["slot"],
            first_day=days[0],
            last_day=days[-1],
            kind="training",
            instructor_id=visitor or local or "",
            co_instructor_id=local if visitor else None,
            person_times=int(row["person_times"]),
            sessions=len(days),
        )
        found.append((each, days))
    return found


def _free_local(people: People, diary: _Diary, days: list[date], slot: str) -> str:
    """The park's instructor with the fewest classes so far who is free."""
    park = [people.local[i].id for i in PARK_INSTRUCTORS]
    chosen = min(
        (one for one in park if diary.is_free(one, days, slot)),
        key=lambda one: (diary.count.get(one, 0), park.index(one)),
    )
    diary.take(chosen, days, slot)
    diary.count[chosen] = diary.count.get(chosen, 0) + 1
    return chosen


def _choose(
    rng: Random, people: People, diary: _Diary, each: TrainingClass, days: list[date], size: int
) -> list[Trainee]:
    """People who are free, best first: new to the course, of a fitting department, with few classes so far; else by lot."""
    pool = {"local_teacher": people.teachers, "local_student": people.students, "employee": people.employees}
    fit = FITTING[each.course_id]

    def rank(person: Trainee) -> tuple[bool, float]:
        fits = not fit or person.department in fit
        return (person.id, each.course_id) in diary.courses, diary.count.get(person.id, 0) + 1.5 * (
            not fits
        ) + rng.random()

    free = [person for person in pool[each.category] if diary.is_free(person.id, days, each.slot)]
    ranks = {person.id: rank(person) for person in free}
    members = sorted(free, key=lambda person: ranks[person.id])[:size]
    for person in members:
        diary.take(person.id, days, each.slot)
        diary.count[person.id] = diary.count.get(person.id, 0) + 1
        diary.courses.add((person.id, each.course_id))
    return sorted(members, key=lambda person: person.number)


def _enrol(each: TrainingClass, person: Trainee) -> Enrolment:
    return Enrolment(each.id, person.id, each.category, listed=True)


def _drop_out(rng: Random, each: TrainingClass, person: Trainee) -> Enrolment:
    """Comes to the first session or two, always fewer than half. At the college the office withdraws every second one; the park's tablets
    would hear of it days later, so there they stay on the register and are absent.
    """
    attends = rng.randint(1, (each.sessions - 1) // 2)
    leaves = rng.random() < 0.5 and each.place == "UTC"
    withdrawn = min(attends + 1, each.sessions - 1) if leaves else None
    return Enrolment(each.id, person.id, each.category, False, tuple(range(1, attends + 1)), withdrawn)


def _sessions(each: TrainingClass, days: list[date]) -> list[Session]:
    start = calendar.SLOT_STARTS[each.slot]
    return [
        Session(each.id, number, day, each.slot, start, calendar.SLOT_MINUTES, each.instructor_id)
        for number, day in enumerate(days, 1)
    ]


def _members(people: People, group: int) -> tuple[Trainee, ...]:
    department, _slot, _weekday, size = GROUPS[group]
    start = sum(size for other, _, _, size in GROUPS[:group] if other == department)
    return tuple(person for person in people.students if person.department == department)[
        start : start + size
    ]


def _own(people: People, term: int, group: int) -> tuple[TrainingClass, list[date], tuple[Trainee, ...]]:
    department, slot, weekday, size = GROUPS[group]
    days = [
        day for day in calendar.working_days(*calendar.TERMS[term]) if day.weekday() in (TUESDAY, weekday)
    ]
    members = _members(people, group)
    each = _own_class(
        people, f"O{term * len(GROUPS) + group + 1:02d}", department, slot, days, size, people.local[group].id
    )
    return each, days, members


def _tour(people: People, today: date) -> tuple[TrainingClass, list[date], tuple[Trainee, ...]]:
    """The class in which a visitor of the demonstration takes today's register: always a session today, also on a Sunday."""
    before, after = [today - timedelta(days=1)], [calendar.next_working_day(today)]
    while not calendar.is_working_day(before[0]):
        before[0] -= timedelta(days=1)
    while len(before) < TOUR_BEFORE:
        day = before[0] - timedelta(days=1)
        while not calendar.is_working_day(day):
            day -= timedelta(days=1)
        before.insert(0, day)
    while len(after) < TOUR_AFTER:
        after.append(calendar.next_working_day(after[-1]))
    days = [*before, today, *after]
    members = (*_members(people, 0), *_members(people, 1))[:TOUR_SIZE]
    each = _own_class(
        people, TOUR_CLASS, "electrical", "am", days, TOUR_SIZE, people.local[0].id, course="plc"
    )
    return each, days, members


def _own_class(
    people: People,
    id_: str,
    department: str,
    slot: str,
    days: list[date],
    size: int,
    instructor: str,
    course: str = "",
) -> TrainingClass:
    course = course or f"own-{department}"
    en, zh = class_names(id_, course, "local_student", None)
    return TrainingClass(
        id=id_,
        course_id=course,
        name_en=en,
        name_zh=zh,
        batch=None,
        category="local_student",
        place="UTC",
        slot=slot,
        first_day=days[0],
        last_day=days[-1],
        kind="own",
        instructor_id=instructor,
        co_instructor_id=None,
        person_times=size,
        sessions=len(days),
    )
