"""What the training report counts (口径). Pure functions over plain values: no database, no clock, no words, no floats.

Minutes and counts are integers; hours are made of minutes only when they are shown.
"""

from collections.abc import Iterable, Mapping, Sequence

from workshop.reports.model import ClassInfo, CountingRule, Detail, Figures, Person

LESSON_MINUTES = 45
WHOLE_BP = 10_000


def judged(rule: CountingRule, person: Person, held: int) -> Detail:
    """Whether one person in one class counts, how often, and why. `held`: sessions held of the class, more than none."""
    attended = len(person.attended)
    if not attended:
        return Detail(person, held, 0, "none_attended")
    if rule.basis == "session":
        return Detail(person, held, attended, "each_session")
    if rule.basis == "day":
        return Detail(person, held, len({day for _number, day, _minutes in person.attended}), "each_day")
    reached = attended * WHOLE_BP >= held * rule.min_share_bp
    return Detail(person, held, int(reached), "share" if reached else "below_share")


def figures(details: Iterable[Detail], classes: Iterable[ClassInfo]) -> Figures:
    """The five figures of a selection. Persons and their days are told apart by site and person."""
    counted = [one for one in details if one.counted]
    return Figures(
        person_times=sum(one.times for one in counted),
        persons=len({one.key for one in counted}),
        taught_minutes=sum(one.minutes for one in classes),
        person_minutes=sum(one.minutes for one in counted),
        person_days=len({(one.key, day) for one in counted for day in one.days}),
    )


def hours(minutes: int, lesson_minutes: int = LESSON_MINUTES) -> str:
    """Training hours (学时) with one decimal, rounded half up: 1080 -> "24.0"."""
    tenths = (minutes * 20 + lesson_minutes) // (2 * lesson_minutes)
    return f"{tenths // 10}.{tenths % 10}"


def percent(bp: int) -> str:
    """5000 -> "50", 6650 -> "66.5"."""
    return f"{bp // 100}.{bp % 100:02}".rstrip("0").rstrip(".")


def merged(records: Sequence[Person], same: Mapping[tuple[str, str], str]) -> list[Person]:
    """One entry for each person and class, where records of one person met in a class: sessions joined, each once.

    `same`: (part, record) -> the record that stands for the person. That record's own enrolment says category and name.
    """
    found: dict[tuple[str, str, str], list[Person]] = {}
    for one in records:
        root = same.get((one.part, one.id), one.id)
        found.setdefault((one.part, one.class_id, root), []).append(one)
    result = []
    for (part, class_id, root), ones in found.items():
        first = min(ones, key=lambda one: (one.id != root, one.id))
        attended = tuple(sorted({session for one in ones for session in one.attended}))
        state = "enrolled" if any(one.state == "enrolled" for one in ones) else first.state
        named = (first.number, first.name, first.name_zh, first.organisation)
        result.append(Person(part, class_id, root, *named, first.category, state, attended))
    return result
