"""Nobody sits or teaches in two places at once, nothing is held on a holiday, and the tour finds an open register today."""

from collections import Counter
from datetime import date

import pytest

from workshop.demo import calendar
from workshop.demo.classes import plan_rows
from workshop.demo.year import Year, make_year

NO_TEACHING = {
    "2024-10-09",
    "2024-12-25",
    "2025-04-18",
    "2025-04-21",
    "2025-05-01",
    "2025-06-03",
    "2025-06-06",
}


def test_nobody_sits_in_two_classes_of_one_slot(year: Year) -> None:
    slots: dict[str, list[tuple[date, str]]] = {}
    for session in year.sessions:
        slots.setdefault(session.class_id, []).append((session.day, session.slot))
    seats = Counter((one.trainee_id, slot) for one in year.enrolments for slot in slots[one.class_id])
    assert max(seats.values()) == 1


def test_nobody_teaches_in_two_classes_of_one_slot(year: Year) -> None:
    classes = {each.id: each for each in year.classes}
    found = Counter(
        (person, session.day, session.slot)
        for session in year.sessions
        for person in (session.instructor_id, classes[session.class_id].co_instructor_id)
        if person
    )
    assert max(found.values()) == 1


def test_no_session_on_a_holiday_or_a_weekend(year: Year) -> None:
    days = {session.day for session in year.sessions}
    assert not {day.isoformat() for day in days} & NO_TEACHING
    assert all(day.weekday() < 5 for day in days)


def test_the_calendar_knows_the_holidays() -> None:
    assert all(calendar.is_holiday(date.fromisoformat(day)) for day in NO_TEACHING)
    assert not calendar.is_holiday(date(2025, 7, 17))
    assert calendar.ms_of(date(1970, 1, 1), 180) == 0
    assert calendar.day_of(calendar.ms_of(date(2025, 7, 17), 0)) == date(2025, 7, 17)
    assert calendar.day_of(calendar.ms_of(date(2025, 7, 17), 0) - 1) == date(2025, 7, 16)


def test_sessions_follow_the_plan(year: Year) -> None:
    by_class: dict[str, list[date]] = {}
    for session in year.sessions:
        by_class.setdefault(session.class_id, []).append(session.day)
    for row in plan_rows():
        days = by_class[row["class_id"]]
        assert (days[0].isoformat(), days[-1].isoformat(), len(days)) == (
            row["first_day"],
            row["last_day"],
            int(row["sessions"]),
        )


def test_everything_but_the_tour_lies_in_the_reporting_year(year: Year) -> None:
    for session in year.sessions:
        inside = calendar.YEAR_FIRST <= session.day <= calendar.YEAR_LAST
        assert inside == (session.class_id != "D01")


def test_people_of_a_class_mostly_fit_its_trade(year: Year) -> None:
    people = {person.id: person for person in year.people.trainees}
    plc = {each.id for each in year.classes if each.course_id == "plc" and each.kind == "training"}
    found = Counter(people[one.trainee_id].department for one in year.enrolments if one.class_id in plc)
    assert found["electrical"] + found["mechatronics"] > found.total() / 2


def test_the_tour_has_forty_people_and_an_open_register_today(year: Year) -> None:
    today = next(one for one in year.sessions if one.id == year.tour_session)
    assert today.day == year.today
    assert today.class_id == year.tour_class
    assert sum(one.class_id == year.tour_class for one in year.enrolments) == 40
    assert year.people.okot in {one.trainee_id for one in year.enrolments if one.class_id == year.tour_class}
    assert today.instructor_id == next(one.person_id for one in year.accounts if one.username == "akello")
    marked = {mark.number for mark in year.marks if mark.class_id == year.tour_class}
    assert marked == set(range(1, today.number))
    assert max(act.at_ms for act in year.acts) < calendar.ms_of(year.today, 0)


@pytest.mark.parametrize("today", [date(2025, 9, 29), date(2025, 12, 25), date(2026, 2, 1)])
def test_the_tour_has_a_register_also_on_holidays_and_sundays(today: date) -> None:
    year = make_year(today=today)
    session = next(one for one in year.sessions if one.id == year.tour_session)
    assert session.day == today
    assert session.number == 6


def test_the_day_of_the_tour_changes_nothing_else(year: Year) -> None:
    other = make_year(today=date(2026, 2, 2))
    assert other.people == year.people
    assert [mark for mark in other.marks if mark.class_id != "D01"] == [
        m for m in year.marks if m.class_id != "D01"
    ]
    assert other.attempts == year.attempts
    assert other.troubles == year.troubles


def test_a_tour_within_the_year_is_refused() -> None:
    with pytest.raises(ValueError, match="tour"):
        make_year(today=date(2025, 8, 31))
