"""Rules of practical tests. The vectors are also run by the tablet's script, in tests/browser/test_assessment_offline.py."""

import json
from pathlib import Path
from typing import Any

import pytest

from workshop.assessment.queries import Step
from workshop.assessment.rules import (
    NEAR_MS,
    Signed,
    StepMark,
    disputes,
    follows,
    frozen_steps,
    not_seen,
    outcome_of,
    standing_of,
    start_time,
)
from workshop.certificates.rules import Attempt, skill_state

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "assessment.json").read_text("utf-8"))


def steps_of(case: dict[str, Any]) -> list[Step]:
    return [Step(id_, id_, id_, critical) for id_, critical in case["steps"]]


@pytest.mark.parametrize("case", VECTORS["outcome"], ids=lambda case: case["why"])
def test_outcome_follows_from_the_steps(case: dict[str, Any]) -> None:
    assert outcome_of(steps_of(case), case["seen"]) == case["outcome"]


@pytest.mark.parametrize("case", VECTORS["frozen"])
def test_all_steps_are_frozen_in_order(case: dict[str, Any]) -> None:
    marks = {key: StepMark(**mark) for key, mark in case["marks"].items()}
    assert frozen_steps(steps_of(case), marks) == case["frozen"]


@pytest.mark.parametrize("case", VECTORS["standing"], ids=lambda case: case["why"])
def test_where_a_person_stands(case: dict[str, Any]) -> None:
    attempts = [Attempt(rubric_id="r", **attempt) for attempt in case["attempts"]]
    assert standing_of(attempts) == case["standing"]
    if case["standing"] != "running":
        assert skill_state(attempts) == case["standing"]


@pytest.mark.parametrize("case", VECTORS["start"])
def test_a_retest_never_begins_before_what_it_follows(case: dict[str, Any]) -> None:
    assert start_time(case["now"], case["known"]) == case["start"]


def test_what_a_signature_would_leave_open_is_named() -> None:
    assert not_seen([["a", "yes", ""], ["b", "not_seen", "x"], ["c", "no", ""]]) == ["b"]


def test_an_outcome_that_its_steps_do_not_bear_out_is_noticed() -> None:
    steps = [Step("a", "a", "a", True), Step("b", "b", "b", False)]
    assert follows(steps, [("a", "yes", ""), ("b", "no", "")], "competent")
    assert not follows(steps, [("a", "no", ""), ("b", "yes", "")], "competent")
    assert not follows(steps, [("b", "yes", "")], "competent")


def test_two_outcomes_that_knew_nothing_of_each_other_are_in_dispute() -> None:
    one, other = Signed("a1", 0, "competent"), Signed("a2", NEAR_MS - 1, "not_yet")
    assert disputes([one, other]) == {"a1": {"a2"}, "a2": {"a1"}}


@pytest.mark.parametrize(
    "other",
    [
        Signed("a2", 60_000, "competent"),
        Signed("a2", NEAR_MS, "not_yet"),
        Signed("a2", 60_000, "not_yet", frozenset({"a1"})),
    ],
    ids=["the same outcome", "another day", "made in view of the first"],
)
def test_what_is_no_dispute(other: Signed) -> None:
    first = Signed("a1", 0, "competent")
    assert disputes([first, other]) == {}
    assert disputes([other, first]) == {}


def test_a_third_attempt_that_knew_both_ends_the_dispute() -> None:
    pair = [Signed("a1", 0, "competent"), Signed("a2", 1, "not_yet")]
    knew_one = Signed("a3", 2, "competent", frozenset({"a1"}))
    knew_both = Signed("a3", 2, "competent", frozenset({"a1", "a2"}))
    assert set(disputes([*pair, knew_one])) == {"a1", "a2", "a3"}
    assert disputes([*pair, knew_both]) == {}
