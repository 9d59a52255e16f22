"""Hostile input in a bounded number of rounds; `python -m tests.fuzz` goes on for as long as one likes."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync import wire
from tests.fuzz.targets import Targets

NAMES = ["decoder", "ops", "door", "answer", "bundle"]
ROUNDS = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
COMES_TO_PASS = {"decoder": {"taken", "bad_message", "bad_fields"}, "ops": {"bad_fields", "taken"}, "door": {"bad_message", "taken"},
                 "answer": {"bad_message", "taken"}, "bundle": {"bundle_damaged", "taken"}}  # fmt: skip


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Targets]:
    made = Targets(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.check()
    made.close()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_hostile_gets_further_than_a_code(name: str, targets: Targets) -> None:
    assert set(targets.all()) == set(NAMES)

    @ROUNDS
    @given(st.randoms(use_true_random=False))
    def rounds(rng: random.Random) -> None:
        targets.all()[name](rng)

    rounds()


@pytest.mark.parametrize("name", NAMES)
def test_both_good_and_bad_input_occurs(name: str, targets: Targets) -> None:
    seen = {targets.all()[name](random.Random(seed)) for seed in range(150)}
    assert COMES_TO_PASS[name] <= seen


def careless(line: bytes) -> Any:
    """A reader of JSON that checks nothing."""
    return json.loads(line)


def test_a_careless_reader_is_found_out(targets: Targets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "parse_object", careless)
    with pytest.raises((ValueError, AttributeError, TypeError, RecursionError)):
        for seed in range(300):
            targets.decoder(random.Random(seed))
