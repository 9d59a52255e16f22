"""Merge alone: the worked cases in every order, and its cost."""

import itertools
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.merge import DECIDE, UNDO, Fact, merge_group, standing
from tests.sync_vectors import cases, load


def before(forks: dict[str, list[int]]) -> Any:
    def lies_before(a: Fact, b: Fact) -> bool:
        if a.chain == b.chain:
            return a.seq < b.seq
        parent, fork_at = forks.get(str(b.chain), (None, 0))
        return a.chain == parent and a.seq < fork_at

    return lies_before


def fact(told: dict[str, Any], forks: dict[str, list[int]]) -> Fact:
    device = f"d{forks[str(told['chain'])][0]}" if str(told["chain"]) in forks else told["device"]
    return Fact(
        told["op"], told["chain"], told["seq"], told["time"], device, told["actor"], told["intent"],
        {"mark": (told["value"],)}, frozenset(told["base"]),
    )  # fmt: skip


@pytest.mark.parametrize("case", cases(load("merge")))
def test_cases_in_every_order(case: dict[str, Any]) -> None:
    facts = [fact(told, case["forks"]) for told in case["facts"]]
    for order in itertools.permutations(facts):
        found = merge_group(case["policy"], "mark", order, before(case["forks"]), case["authority"])
        assert found.winner.op == case["winner"]
        assert [head.op for head in found.heads] == case["heads"]
        assert found.conflict is case["conflict"]


FACTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 9),
        st.sampled_from("xyz"),
        st.sampled_from(["m", DECIDE, UNDO]),
        st.integers(0, 6),
    ),
    min_size=1,
    max_size=9,
)


@given(FACTS, st.sampled_from(["register", "once", "latest"]), st.randoms(use_true_random=False))
def test_merge_does_not_see_the_order(
    told: list[tuple[int, int, str, str, int]], policy: str, rng: random.Random
) -> None:
    """`base` may name any earlier fact: ids grow, so nothing can name what comes after it."""
    facts = []
    for number, (chain, moment, value, intent, back) in enumerate(told):
        base = frozenset({f"op{number - back:03}"} if 0 < back <= number else ())
        facts.append(
            Fact(
                f"op{number:03}",
                chain,
                number,
                moment,
                f"d{chain}",
                f"p{chain}",
                intent,
                {"g": (value,)},
                base,
            )
        )
    expected = merge_group(policy, "g", facts, before({}), "p1")
    assert expected.heads
    assert expected.winner in expected.heads
    for _ in range(3):
        rng.shuffle(facts)
        assert merge_group(policy, "g", facts, before({}), "p1") == expected


def test_ten_thousand_changes_of_one_record_stay_cheap() -> None:
    facts = [
        Fact(f"op{n:05}", n % 50, n, n, f"d{n % 50}", "p", "m", {"g": (n,)}, frozenset())
        for n in range(10_000)
    ]
    calls = [0]

    def counted(a: Fact, b: Fact) -> bool:
        calls[0] += 1
        return a.chain == b.chain and a.seq < b.seq

    started = time.process_time()
    assert len(standing(facts, counted)) == 50
    assert calls[0] < 20_000, "work must not grow with the number of devices"
    assert time.process_time() - started < 1


def told_facts(told: list[tuple[int, int, str, str, int]]) -> list[Fact]:
    """Facts of chains 0 to 3; `base` may name any earlier one."""
    return [
        Fact(
            f"op{n:03}", chain, n, moment, f"d{chain}", f"p{chain}", intent,
            {"g": (value,)}, frozenset({f"op{n - back:03}"} if 0 < back <= n else ()),
        )
        for n, (chain, moment, value, intent, back) in enumerate(told)
    ]  # fmt: skip


@given(FACTS, st.sampled_from(["register", "once"]), st.integers(0, 4), st.randoms(use_true_random=False))
def test_an_undo_brings_back_what_stood_before_the_decision_in_any_order(
    told: list[tuple[int, int, str, str, int]], policy: str, server: int, rng: random.Random
) -> None:
    facts = told_facts(told)
    was = merge_group(policy, "g", facts, before({}), "p1")

    def by_server(n: int, intent: str, *base: str) -> Fact:
        return Fact(f"op9{n}", server, 90 + n, 50 + n, f"d{server}", "pwang", intent, {"g": ("decided",)}, frozenset(base))  # fmt: skip

    decision = by_server(0, DECIDE, *(head.op for head in was.heads))
    undo = by_server(1, UNDO, decision.op)
    decided = merge_group(policy, "g", [*facts, decision], before({}), "p1")
    assert decided.heads == (decision,)
    assert not decided.conflict
    later = Fact("op95", 7, 1, 0, "d7", "pak", "m", {"g": ("newer",)}, frozenset({decision.op}))
    for _ in range(3):
        shuffled = rng.sample([*facts, decision, undo], len(facts) + 2)
        assert merge_group(policy, "g", shuffled, before({}), "p1") == was
        if policy == "register":
            shuffled = rng.sample([*facts, decision, undo, later], len(facts) + 3)
            assert merge_group(policy, "g", shuffled, before({}), "p1").heads == (later,)
