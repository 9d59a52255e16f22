"""Decisions and undos by several servers and tablets come to the same state in any order of arrival, at stores that sign and check for real."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sync_story import ACTS, Story
from tests.sync_world import assert_sound, rows

DECIDING = [
    n for n, act in enumerate(ACTS) if act.__name__ in ("mark", "assess", "settle", "undo", "session")
]
STEPS = st.lists(
    st.tuples(st.sampled_from(DECIDING), st.integers(-20, 20), st.integers(0, 10**6)), min_size=4, max_size=24
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.lists(st.integers(0, 2**32), min_size=2, max_size=3))
def test_decisions_and_undos_converge(steps: list[tuple[int, ...]], seeds: list[int]) -> None:
    steps = steps[: len(steps) - (len(steps) % 2 == 0)]  # an odd number: all tablets are known from the start
    story = Story(steps)
    expected = story.deliver()
    for seed in seeds:
        found = story.deliver(random.Random(seed))
        assert found.model.state_hash() == expected.model.state_hash()
        assert_sound(found)
    for (heads,) in rows(expected, "select heads from rm_attendance union all select heads from rm_attempt"):
        assert "[]" not in heads, "an undo never leaves a value without an op that says it"
