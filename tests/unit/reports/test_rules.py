"""The counting rule on small made-up classes: exact shares, people who are one, hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.courses.identity import roots
from workshop.reports.model import CountingRule, Person
from workshop.reports.periods import period_between, presets, school_year
from workshop.reports.rules import figures, hours, judged, merged, percent

HALF = CountingRule("half-1", 1, 5000, "class")


def okot(*numbers: int, record: str = "tokot", class_id: str = "T01", state: str = "enrolled") -> Person:
    attended = tuple((str(n), f"2025-07-{n:02}", 180) for n in numbers)
    return Person("mbale", class_id, record, "7", "Okot", "", "", "local_student", state, attended)


@pytest.mark.parametrize(
    ("attended", "held", "times", "reason"),
    [
        (0, 4, 0, "none_attended"),
        (1, 4, 0, "below_share"),
        (2, 4, 1, "share"),
        (4, 4, 1, "share"),
        (2, 5, 0, "below_share"),
        (3, 5, 1, "share"),
        (1, 1, 1, "share"),
    ],
)
def test_half_of_the_sessions_held_makes_one_person_time(
    attended: int, held: int, times: int, reason: str
) -> None:
    found = judged(HALF, okot(*range(1, attended + 1)), held)
    assert (found.times, found.reason) == (times, reason)


def test_who_withdrew_counts_when_the_share_was_reached() -> None:
    assert judged(HALF, okot(1, 2, state="withdrawn"), 4).counted


def test_a_college_may_count_sessions_or_days() -> None:
    twice_a_day = Person(
        "mbale", "T01", "tokot", "7", "Okot", "", "", "employee", "enrolled",
        (("1", "2025-07-01", 90), ("2", "2025-07-01", 90), ("3", "2025-07-02", 90)),
    )  # fmt: skip
    assert judged(CountingRule("s", 2, 5000, "session"), twice_a_day, 9).times == 3
    assert judged(CountingRule("d", 2, 5000, "day"), twice_a_day, 9).times == 2


def test_two_records_of_one_person_in_one_class_join_their_sessions() -> None:
    both = [okot(1, 2), okot(2, 3, record="tokott", state="withdrawn")]
    [one] = merged(both, {("mbale", "tokott"): "tokot"})
    assert [number for number, _day, _minutes in one.attended] == ["1", "2", "3"]
    assert (one.id, one.state) == ("tokot", "enrolled")


def test_records_of_two_sites_are_never_joined() -> None:
    assert len(merged([okot(1), okot(2, record="tokott")], {("kampala", "tokott"): "tokot"})) == 2


def test_a_person_in_two_classes_is_two_person_times_and_one_person() -> None:
    details = [judged(HALF, okot(1, 2), 2), judged(HALF, okot(2, 3, class_id="T02"), 2)]
    found = figures(details, ())
    assert (found.person_times, found.persons, found.person_minutes, found.person_days) == (2, 1, 720, 3)


def test_who_is_not_counted_adds_nothing() -> None:
    assert figures([judged(HALF, okot(1), 4)], ()) == figures((), ())


def test_chains_and_circles_of_the_same_person_have_one_answer() -> None:
    assert roots({"c": "b", "b": "a"}) == {"c": "a", "b": "a"}
    assert roots({"a": "b", "b": "a", "c": "b"}) == {"b": "a", "c": "a"}


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef"), max_size=6))
def test_whoever_is_the_same_person_ends_at_the_same_record(same_as: dict[str, str]) -> None:
    found = roots(same_as)
    for record, other in same_as.items():
        assert found.get(record, record) == found.get(other, other)
    assert all(root not in found for root in found.values())


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0.0"), (1080, "24.0"), (180, "4.0"), (100, "2.2"), (2, "0.0"), (3, "0.1"), (44, "1.0")],
)
def test_hours_are_rounded_half_up_to_one_decimal(minutes: int, text: str) -> None:
    assert hours(minutes) == text


def test_shares_are_shown_without_needless_zeros() -> None:
    assert [percent(bp) for bp in (5000, 6650, 8005, 10_000)] == ["50", "66.5", "80.05", "100"]


def test_the_school_year_begins_on_1_september() -> None:
    assert (school_year("2025-08-31"), school_year("2025-09-01")) == (2024, 2025)
    first = presets("2025-11-21", "2020-12-10")[0]
    assert (first.first, first.last, first.code) == ("2024-09-01", "2025-08-31", "school-2024")


def test_the_month_ends_where_it_ends() -> None:
    months = {
        day: next(one for one in presets(day, day) if one.code == "month").last
        for day in ("2024-02-10", "2025-12-31")
    }
    assert months == {"2024-02-10": "2024-02-29", "2025-12-31": "2025-12-31"}


@pytest.mark.parametrize(
    ("first", "last"),
    [("", ""), ("2025-02-30", "2025-03-01"), ("2025-03-02", "2025-03-01"), ("20250301", "20250302")],
)
def test_what_is_no_period_is_refused(first: str, last: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        period_between(first, last)


def test_dates_that_are_a_school_year_are_called_so() -> None:
    assert period_between("2024-09-01", "2025-08-31").code == "school-2024"
    assert period_between("2025-01-01", "2025-12-31").code == "year-2025"
    assert period_between("2025-01-01", "2025-03-31").code == "dates"
