"""The year adds up to the published figures, counted again from the marks."""

from collections import Counter

import pytest

from workshop.demo.calendar import YEAR_FIRST, YEAR_LAST
from workshop.demo.classes import plan_rows
from workshop.demo.year import Year, make_year

TABLE_4_1 = {
    ("local_teacher", "B1"): 86,
    ("local_teacher", "B2"): 127,
    ("local_teacher", "B3"): 176,
    ("local_student", "B1"): 138,
    ("local_student", "B2"): 191,
    ("local_student", "B3"): 307,
    ("employee", "B1"): 96,
    ("employee", "B2"): 28,
    ("employee", "B3"): 249,
    ("employee", None): 448,
}


def person_times(year: Year) -> Counter[str]:
    """Class -> people who attended at least half of its sessions, drop-outs and all enrolled people asked alike."""
    attended = Counter((mark.class_id, mark.trainee_id) for mark in year.marks if mark.attended)
    sessions = Counter(session.class_id for session in year.sessions)
    return Counter(
        one.class_id
        for one in year.enrolments
        if 2 * attended[one.class_id, one.trainee_id] >= sessions[one.class_id]
    )


def counted(year: Year) -> Counter[tuple[str, str | None]]:
    times = person_times(year)
    found: Counter[tuple[str, str | None]] = Counter()
    for each in year.classes:
        if each.kind == "training":
            found[each.category, each.batch] += times[each.id]
    return found


def test_person_times_by_the_half_rule_give_table_4_1(year: Year) -> None:
    found = counted(year)
    assert found == TABLE_4_1
    by_category: Counter[str] = Counter()
    for (category, _batch), times in found.items():
        by_category[category] += times
    assert by_category == {"local_teacher": 389, "local_student": 636, "employee": 821}
    assert by_category.total() == 1846


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_seed_gives_other_people_and_the_same_table(year: Year, seed: int) -> None:
    other = make_year(seed)
    assert other.people.trainees[0].id != year.people.trainees[0].id
    assert counted(other) == TABLE_4_1


def test_number_of_classes(year: Year) -> None:
    training = [each for each in year.classes if each.kind == "training"]
    assert Counter(each.category for each in training) == {
        "local_teacher": 15,
        "local_student": 22,
        "employee": 27,
    }
    assert [each.id for each in year.classes if each.kind == "own"] == [
        *(f"O{n:02d}" for n in range(1, 19)),
        "D01",
    ]


def test_every_class_counts_exactly_its_listed_people(year: Year) -> None:
    times = person_times(year)
    planned = {row["class_id"]: int(row["person_times"]) for row in plan_rows()}
    assert {each.id: times[each.id] for each in year.classes if each.kind == "training"} == planned


def test_july_2025_in_the_park(year: Year) -> None:
    times = person_times(year)
    july: Counter[str] = Counter()
    for each in year.classes:
        if each.category == "employee" and (each.first_day.year, each.first_day.month) == (2025, 7):
            july[each.course_id] += times[each.id]
    assert july == {"zhplus": 206, "maintelec": 43}


def test_chinese_for_employees_is_334(year: Year) -> None:
    times = person_times(year)
    assert (
        sum(times[c.id] for c in year.classes if c.category == "employee" and c.course_id == "zhplus") == 334
    )


def test_number_of_marks(year: Year) -> None:
    """11,527 = listed people x sessions. Drop-outs' marks come on top, as does own teaching: 238 people, 2 sessions a week, 28 weeks,
    less one session a person lost to a holiday (13,328 - 238)."""
    listed = {(one.class_id, one.trainee_id) for one in year.enrolments if one.listed}
    kinds = {each.id: each.kind for each in year.classes}
    found: Counter[str] = Counter()
    for mark in year.marks:
        known = (mark.class_id, mark.trainee_id) in listed
        found["tour" if mark.class_id == "D01" else kinds[mark.class_id] if known else "dropped out"] += 1
    assert found == {"training": 11_527, "own": 13_090, "dropped out": 267, "tour": 200}
    assert len({mark.id for mark in year.marks}) == len(year.marks)


def test_drop_outs_are_three_in_a_hundred_and_never_counted(year: Year) -> None:
    attended = Counter((mark.class_id, mark.trainee_id) for mark in year.marks if mark.attended)
    sessions = Counter(session.class_id for session in year.sessions)
    leaving = [one for one in year.enrolments if not one.listed]
    assert len(leaving) == 55
    assert all(1 <= attended[e.class_id, e.trainee_id] < sessions[e.class_id] / 2 for e in leaving)
    assert any(one.withdrawn_after for one in leaving)
    assert any(not one.withdrawn_after for one in leaving)


def test_shares_of_the_four_marks(year: Year) -> None:
    found = Counter(mark.status for mark in year.marks)
    for status, percent in (("present", 82), ("late", 7), ("absent", 8), ("excused", 3)):
        assert abs(100 * found[status] / len(year.marks) - percent) < 1, (status, found)


def test_more_come_late_when_it_rains(year: Year) -> None:
    months = {session.id: session.day.month for session in year.sessions}
    late: Counter[bool] = Counter()
    held: Counter[bool] = Counter()
    for mark in year.marks:
        rain = months[f"{mark.class_id}.{mark.number}"] in {4, 5, 10, 11}
        held[rain] += 1
        late[rain] += mark.status == "late"
    assert 1.6 < (late[True] / held[True]) / (late[False] / held[False]) < 2.4


def test_night_shift_misses_mondays(year: Year) -> None:
    night = {person.id for person in year.people.employees if person.night_shift}
    mondays = {session.id for session in year.sessions if session.day.weekday() == 0}
    listed = {(one.class_id, one.trainee_id) for one in year.enrolments if one.listed}
    marks = [
        mark
        for mark in year.marks
        if mark.trainee_id in night
        and f"{mark.class_id}.{mark.number}" in mondays
        and (mark.class_id, mark.trainee_id) in listed
    ]
    away = sum(not mark.attended for mark in marks)
    assert len(night) == 78
    assert away > 0.8 * len(marks) > 50  # a few come, so that everybody listed attends half


def test_only_late_people_have_minutes(year: Year) -> None:
    assert all((mark.minutes is not None) == (mark.status == "late") for mark in year.marks)


def test_events_stand_beside_the_table(year: Year) -> None:
    people: Counter[str] = Counter()
    for event in year.events:
        assert YEAR_FIRST <= event.day <= YEAR_LAST
        people[event.kind] += event.people
    assert Counter(event.kind for event in year.events) == {"information": 8, "forum": 1, "visit": 1}
    assert people["forum"] == 35
    assert people["visit"] == 7
    assert 400 < people["information"] < 500
