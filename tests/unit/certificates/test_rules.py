from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.certificates.rules import (
    Attempt,
    Mark,
    Rule,
    Session,
    Share,
    Skill,
    attendance_share,
    eligibility,
    skill_state,
)

RULE = Rule()


def held(count: int, minutes: int = 180) -> list[Session]:
    return [Session(number, minutes, "held") for number in range(1, count + 1)]


def marks(text: str) -> dict[int, Mark]:
    """p present, l late, e excused, a absent, - no mark."""
    words: dict[str, Mark] = {"p": "present", "l": "late", "e": "excused", "a": "absent"}
    return {number: words[letter] for number, letter in enumerate(text, 1) if letter != "-"}


def test_exactly_eighty_percent_passes() -> None:
    share = attendance_share(held(10), marks("ppppppppaa"), RULE)
    assert share is not None
    assert share.bp == 8000
    assert share.reaches(8000)


def test_one_minute_less_does_not() -> None:
    sessions = [Session(1, 7999, "held"), Session(2, 2001, "held")]
    share = attendance_share(sessions, marks("pa"), RULE)
    assert share == Share(7999, 10_000)
    assert not share.reaches(8000)


def test_a_share_just_under_is_not_rounded_up() -> None:
    share = Share(attended=799_999, held=1_000_000)
    assert share.bp == 7999
    assert not share.reaches(8000)


def test_shares_count_minutes_not_sessions() -> None:
    share = attendance_share([Session(1, 300, "held"), Session(2, 60, "held")], marks("pa"), RULE)
    assert share == Share(300, 360)


def test_late_counts_as_attended() -> None:
    assert attendance_share(held(2), marks("ll"), RULE) == Share(360, 360)


@pytest.mark.parametrize(
    ("excused", "expected"),
    [("absent", Share(180, 360)), ("attended", Share(360, 360)), ("left_out", Share(180, 180))],
)
def test_excused_is_absent_unless_the_rule_says_otherwise(excused: Any, expected: Share) -> None:
    assert attendance_share(held(2), marks("pe"), Rule(excused=excused)) == expected


def test_cancelled_and_planned_sessions_do_not_count() -> None:
    sessions = [Session(1, 180, "held"), Session(2, 180, "cancelled"), Session(3, 180, "planned")]
    assert attendance_share(sessions, marks("ppp"), RULE) == Share(180, 180)


def test_no_held_session_is_no_share() -> None:
    assert attendance_share([], {}, RULE) is None
    assert attendance_share([Session(1, 180, "cancelled")], marks("p"), RULE) is None
    assert attendance_share(held(1), marks("e"), Rule(excused="left_out")) is None


def test_a_session_without_a_mark_counts_as_missed_and_is_told() -> None:
    assert attendance_share(held(3), marks("p-p"), RULE) == Share(360, 540, unmarked=1)


def attempt(name: str, at: int, outcome: Any, **more: Any) -> Attempt:
    return Attempt(name, more.pop("rubric", "r1"), at, outcome, more.pop("signed", True), **more)


@dataclass
class Case:
    attempts: list[Attempt]
    state: str


@pytest.mark.parametrize(
    "case",
    [
        Case([], "none"),
        Case([attempt("a", 1, "competent")], "competent"),
        Case([attempt("a", 1, "not_yet"), attempt("b", 2, "competent")], "competent"),
        Case([attempt("a", 1, "competent"), attempt("b", 2, "not_yet")], "not_yet"),
        Case([attempt("a", 1, "competent"), attempt("b", 2, "not_yet", void=True)], "competent"),
        Case([attempt("a", 1, "competent"), attempt("b", 2, "not_yet", signed=False)], "competent"),
        Case([attempt("a", 1, "open")], "open"),
        Case([attempt("a", 1, "competent", disputed=True)], "disputed"),
        Case([attempt("a", 9, "not_yet"), attempt("b", 2, "competent", replaces="a")], "competent"),
        Case([attempt("a", 9, "not_yet"), attempt("b", 2, "competent", replaces="a", void=True)], "not_yet"),
    ],
    ids=str,
)
def test_the_latest_signed_attempt_decides(case: Case) -> None:
    assert skill_state(case.attempts) == case.state


@given(st.permutations([attempt("a", 5, "not_yet"), attempt("b", 5, "competent"), attempt("c", 1, "open")]))
def test_the_order_of_arrival_does_not_matter(attempts: list[Attempt]) -> None:
    assert skill_state(attempts) == "competent"  # same time: the higher id


def test_a_good_trainee_is_eligible() -> None:
    found = eligibility(RULE, held(5), marks("ppppa"), [Skill("r1")], [attempt("a", 1, "competent")])
    assert found.eligible
    assert found.reasons == ()
    assert found.skills == {"r1": "competent"}


def codes(**change: Any) -> list[str]:
    given_all: dict[str, Any] = {
        "rule": RULE,
        "sessions": held(5),
        "marks": marks("ppppp"),
        "skills": [Skill("r1")],
        "attempts": [attempt("a", 1, "competent")],
    }
    found = eligibility(**(given_all | change))
    assert found.eligible == (not found.reasons)
    return [reason.code for reason in found.reasons]


def test_reasons_are_codes() -> None:
    assert codes() == []
    assert codes(enrolled=False) == ["not_enrolled"]
    assert codes(sessions=[]) == ["attendance_none"]
    assert codes(marks=marks("pppaa")) == ["attendance_low"]
    assert codes(sessions=[*held(5), Session(6, 180, "held", "open")], marks=marks("pppppp")) == [
        "register_open"
    ]
    assert codes(disputed_sessions=[2]) == ["attendance_disputed"]
    assert codes(attempts=[]) == ["skill_none"]
    assert codes(attempts=[attempt("a", 1, "not_yet")]) == ["skill_not_yet"]
    assert codes(attempts=[attempt("a", 1, "open")]) == ["skill_open"]
    assert codes(attempts=[attempt("a", 1, "competent", disputed=True)]) == ["skill_disputed"]


def test_all_reasons_are_given_at_once() -> None:
    assert codes(enrolled=False, marks={}, attempts=[]) == ["not_enrolled", "attendance_low", "skill_none"]


def test_a_low_share_says_what_is_missing() -> None:
    found = eligibility(RULE, held(5), marks("ppp-a"), [], [])
    assert found.reasons[0].data == {"bp": 6000, "min_bp": 8000, "missing_minutes": 180, "unmarked": 1}


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 10_000))
def test_the_missing_minutes_are_just_enough(attended: int, rest: int, min_bp: int) -> None:
    sessions = [Session(1, attended, "held"), Session(2, rest, "held")]
    found = eligibility(Rule(min_attendance_bp=min_bp), sessions, marks("pa"), [], [])
    if not found.eligible:
        missing = found.reasons[0].data["missing_minutes"]
        assert Share(attended + missing, attended + rest).reaches(min_bp)
        assert not Share(attended + missing - 1, attended + rest).reaches(min_bp)


def test_skills_that_are_not_critical_stop_nothing_unless_disputed() -> None:
    extra = [Skill("r1"), Skill("r2", critical=False)]
    passed = attempt("a", 1, "competent")
    assert codes(skills=extra, attempts=[passed, attempt("b", 1, "not_yet", rubric="r2")]) == []
    disputed = attempt("b", 1, "competent", rubric="r2", disputed=True)
    assert codes(skills=extra, attempts=[passed, disputed]) == ["skill_disputed"]


def test_a_rule_may_ask_for_attendance_only() -> None:
    assert codes(rule=Rule(need_all_critical=False), attempts=[]) == []
