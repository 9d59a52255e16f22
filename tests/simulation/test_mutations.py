"""With every rule in place the seeds are clean (test_seeds.py); with any one of them broken, one of the first of them must fail."""

import pytest

from tests.simulation.mutations import RULES, broken, first_seed_that_fails
from tests.simulation.shrink import broken_rule
from tests.simulation.story import trace_of

SEEDS = range(80)


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_a_story_fails(rule: str) -> None:
    with broken(rule):
        found = first_seed_that_fails(SEEDS, lambda seed: broken_rule(seed, trace_of(seed)))
    assert found is not None
    assert " " in found[1], f"an invariant must say so, not {found[1]} in the program"
