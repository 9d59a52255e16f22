"""The test of the test: with any one of the rules taken out of the program, stories told in another order must come to differ."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from sync.branches import Branches
from sync.erasing import Eraser
from sync.folding import Folder
from sync.merge import Merged, merge_group
from sync.weighing import Weigher
from tests.sync_story import ACTS, Story

SEEDS = range(90)


def differs(seed: int) -> bool:
    rng = random.Random(seed)
    steps = [
        (rng.randrange(len(ACTS)), rng.randint(-20, 20), rng.randrange(10**6))
        for _ in range(rng.randint(5, 60))
    ]
    story = Story(steps)
    return story.deliver().model.state_hash() != story.deliver(random.Random(seed)).model.state_hash()


def let_out_only(self: Weigher, changed: dict[Any, Any], fresh: list[int]) -> None:
    self._let_out(changed, list(fresh))


def never_let_out(self: Weigher, changed: dict[Any, Any], fresh: list[int]) -> None:
    return None


def winner_by_arrival(policy: str, group: str, setting: Any, before: Any, authority: str | None) -> Merged:
    found = merge_group(policy, group, setting, before, authority)
    return Merged(next(fact for fact in setting if fact in found.heads), found.heads, found.conflict)


def only_what_comes_later(self: Eraser, fresh: Any, known: Any) -> None:
    self._blank([op for op in fresh if self._is_due(op, self.named())], self.named())


def only_what_was_there(self: Eraser, fresh: Any, known: Any) -> None:
    due = [op for op in self._log.read_since(0, 10_000) if self._is_due(op, self.named() - known)]
    self._blank(due, self.named())


RULES: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "a changed basis is settled from the ground": (Weigher, "_follow", let_out_only),
    "what is allowed now leaves quarantine": (Weigher, "_follow", never_let_out),
    "ops are weighed again after a settlement": (Weigher, "_weigh_again", lambda *_: None),
    "what lies before a fork lies before both branches": (
        Branches, "lies_before", lambda _, a, a_seq, b, b_seq: a == b and a_seq < b_seq,
    ),
    "a clock note moves the times of its chain": (Folder, "_fold_after_clock", lambda *_: None),
    "an erasure takes what is there already": (Eraser, "take", only_what_comes_later),
    "an erasure takes what comes after it": (Eraser, "take", only_what_was_there),
    "a session's instructor settles its marks": (Folder, "_contested_children", lambda *_: []),
}  # fmt: skip


def test_with_all_rules_in_place_nothing_differs() -> None:
    assert not any(differs(seed) for seed in SEEDS)


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_something_differs(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, broken = RULES[rule]
    monkeypatch.setattr(owner, name, broken)
    assert any(differs(seed) for seed in SEEDS)


def test_with_the_first_to_arrive_as_winner_something_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.merge.merge_group", winner_by_arrival)
    assert any(differs(seed) for seed in SEEDS)
