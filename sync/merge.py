"""Merge: from the set of a record's changes to its state. A pure function of that set; arrival order never matters.

Causality comes from `base` (an edit replaces what it names) and from the chain (a later op of one chain replaces an earlier one);
clocks only break ties, also where the policy is `latest`. See `docs/explanation/merge.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.records import RecordType

DECIDE = "conflict.decide"
"""The intent with which a person settles a conflict; the only way to replace a value declared `once`."""

UNDO = "conflict.undo"
"""The intent that takes back decisions: those that its base names. It says once more what they had said, for whoever reads it."""

Value = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One op's change of one record, as merge needs it.

    `time` is the hybrid time, mended by a clock note where there is one; `path` orders ops of one chain and its forks.
    """

    op: str
    chain: int
    seq: int
    time: int
    device: str
    actor: str
    intent: str
    values: Mapping[str, Value]
    base: frozenset[str]


@dataclass(frozen=True, slots=True)
class Merged:
    """A group's state: the winning fact, all facts that still stand, and whether they differ."""

    winner: Fact
    heads: tuple[Fact, ...]
    conflict: bool


Before = Callable[[Fact, Fact], bool]
"""before(a, b): a lies before b on one path of one chain."""


def merge(
    declared: RecordType, facts: Sequence[Fact], before: Before, authority: str | None
) -> dict[str, Merged]:
    """State of one record, by group.

    `authority` is the person whose value wins a conflict provisionally (a session's own instructor), or None.
    """
    result = {}
    for group in declared.members:
        setting = [fact for fact in facts if group in fact.values]
        if setting:
            result[group] = merge_group(declared.policy(group), group, setting, before, authority)
    return result


def merge_group(
    policy: str, group: str, setting: Sequence[Fact], before: Before, authority: str | None
) -> Merged:
    heads = _without_undone(setting, before, only_decisions=policy == "once")
    conflict = policy != "latest" and any(fact.values[group] != heads[0].values[group] for fact in heads)
    if policy == "once":
        winner = min(heads, key=lambda fact: (fact.intent != DECIDE, fact.time, fact.device, fact.op))
    else:
        preferred = authority if conflict else None
        winner = max(heads, key=lambda fact: (fact.actor == preferred, fact.time, fact.device, fact.op))
    return Merged(winner, tuple(sorted(heads, key=lambda fact: fact.op)), conflict)


def is_undo(fact: Fact) -> bool:
    """An undo says itself nothing of the record. One that names nothing takes nothing back: it is an edit like any other."""
    return fact.intent == UNDO and bool(fact.base)


def _without_undone(setting: Sequence[Fact], before: Before, *, only_decisions: bool) -> list[Fact]:
    """The facts that stand once every decision that still stands and was taken back is gone: what it had settled is open again.

    A decision that somebody has built on stays replaced by that newer value, and undoing it changes nothing. Where nothing would
    be left, because what was decided about is not here, the decision stays, and an undo alone stands for the value that it takes
    back: undoing never makes a value vanish.
    """
    undone = {op for fact in setting if is_undo(fact) for op in fact.base}
    left = [fact for fact in setting if not is_undo(fact)] or setting
    while True:
        heads = standing(left, before, only_decisions=only_decisions)
        gone = {fact.op for fact in heads if fact.intent == DECIDE and fact.op in undone}
        if not gone or len(gone) == len(left):
            return heads
        left = [fact for fact in left if fact.op not in gone]


def standing(setting: Sequence[Fact], before: Before, *, only_decisions: bool = False) -> list[Fact]:
    """The facts that no other one replaces.

    Never empty for a non-empty set: replacing follows hashes, and no op can name one that comes after it.
    """
    replacing = [fact for fact in setting if fact.intent == DECIDE] if only_decisions else setting
    named = {op for fact in replacing for op in fact.base}
    last: dict[str, dict[int, Fact]] = {}
    for fact in replacing:
        chains = last.setdefault(fact.device, {})
        if fact.chain not in chains or fact.seq > chains[fact.chain].seq:
            chains[fact.chain] = fact
    return [
        fact
        for fact in setting
        if fact.op not in named
        and not any(before(fact, other) for other in last.get(fact.device, {}).values() if other is not fact)
    ]
