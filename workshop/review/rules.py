"""Rules of review: what changed since somebody looked, what keeps an approval back, in which order a record's ops stand. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sync.limits import CLOCK_OFF_MS

State = Literal["waiting", "approved", "returned", "changed"]
STATES: tuple[State, ...] = ("waiting", "changed", "returned", "approved")
OPEN_STATES = frozenset({"waiting", "changed"})

Reason = Literal["conflict", "held", "returned", "moved", "gone"]
"""Why a ticked record is not approved with the others."""

SEEN_MAX = 400
"""Ops named one by one in a review; a record that rests on more is named by their digest, so that an op stays small."""


def seen_of(heads: Iterable[str]) -> list[str]:
    """What a reviewer had in view, as it is kept in the review."""
    ordered = sorted(set(heads))
    return ordered if len(ordered) <= SEEN_MAX else ["sha256:" + _digest(ordered)]


def digest_of(heads: Iterable[str]) -> str:
    """A short name for a state of a record: a form carries it, so that nobody approves what came after the page."""
    return _digest(sorted(set(heads)))[:16]


def state_of(
    decision: str | None, seen: Sequence[str] | None, heads: Iterable[str], *, newer: bool = False
) -> State:
    """How a record stands. `newer`: an op arrived after the review; asked only where the review does not say what it saw."""
    if decision is None:
        return "waiting"
    changed = newer if seen is None else sorted(seen) != seen_of(heads)
    if changed:
        return "changed"
    return "approved" if decision == "approved" else "returned"


def hindrance(state: State, *, conflict: bool, held: bool) -> Reason | None:
    """Why a record is not approved in a row with others: it asks for a look of its own."""
    if conflict:
        return "conflict"
    if held:
        return "held"
    return "returned" if state == "returned" else None


# -- clocks


@dataclass(frozen=True, slots=True)
class Made:
    """When an op was made: the device's clock as it stood, how far it is known to have been ahead, and the receipt here; UTC ms.

    `noted`: a server's note says how the clock stood, be it right.
    """

    wall: int
    offset: int
    received: int
    noted: bool = False

    @property
    def corrected(self) -> int:
        return self.wall - self.offset

    @property
    def off(self) -> bool:
        """The clock was wrong: a note says so, or the op claims to be made after it was received."""
        return abs(self.offset) >= CLOCK_OFF_MS or self.corrected - self.received >= CLOCK_OFF_MS


Clock = Literal["server", "fast", "slow", "ahead", "right", "unnoted", "unknown"]


def clock_of(made: Made, kind: str) -> Clock:
    """How the clock stood by which an op was made. `kind` of its device, "" for one that is not enrolled.

    "ahead": the op claims to be made after it was received, nobody knows by how much; "unnoted": no server has noted a deviation.
    """
    if kind in ("workshop", "campus"):
        return "server"
    if made.offset:
        return "fast" if made.offset > 0 else "slow"
    if made.off:
        return "ahead"
    if made.noted or abs(made.received - made.wall) < CLOCK_OFF_MS:
        return "right"
    return "unnoted" if kind else "unknown"


def made_by(notes: Sequence[tuple[int, int]], seq: int, wall: int, received: int) -> Made:
    """When op `seq` was made, by the notes of its chain. A note reaches back to the first op that came with it; where it would put an
    op long after its own receipt, the clock went wrong only after that op, and the note says nothing about it."""
    offset = offset_at(notes, seq)
    noted = any(first <= seq for first, _ in notes)
    if offset and wall - offset - received >= CLOCK_OFF_MS > wall - received:
        return Made(wall, 0, received)
    return Made(wall, offset, received, noted)


def offset_at(notes: Sequence[tuple[int, int]], seq: int) -> int:
    """The offset that holds for an op: of the last note of its chain, (seq, offset ms), that is not after it."""
    return max((note for note in notes if note[0] <= seq), default=(0, 0))[1]


# -- the order of a history


@dataclass(frozen=True, slots=True)
class Step:
    """An op in a history. `time` is hybrid time, mended by clock notes; `n` its arrival number; `base` what it had in view."""

    op: str
    chain: int
    seq: int
    n: int
    time: int
    base: frozenset[str]


def in_order(steps: Iterable[Step]) -> list[str]:
    """Op ids, oldest first: never before what an op had in view, never before an earlier op of its device; else by time."""
    known = {step.op: step for step in steps}
    before: dict[str, str] = {}
    last: dict[int, str] = {}
    for step in sorted(known.values(), key=lambda step: (step.chain, step.seq)):
        if step.chain in last:
            before[step.op] = last[step.chain]
        last[step.chain] = step.op
    placed: dict[str, int] = {}
    for op in sorted(known, key=lambda op: known[op].n):
        _place(op, known, before, placed)
    return sorted(known, key=lambda op: (placed[op], known[op].n))


def _place(op: str, known: Mapping[str, Step], before: Mapping[str, str], placed: dict[str, int]) -> None:
    waiting = [op]
    while waiting:
        here = waiting[-1]
        earlier = [one for one in (before.get(here), *known[here].base) if one is not None and one in known]
        missing = [one for one in earlier if one not in placed]
        if missing:  # ends: an op's id is a hash over its base, so no op can stand before itself
            waiting += missing
            continue
        waiting.pop()
        placed[here] = max([known[here].time, *(placed[one] + 1 for one in earlier)])


# -- two records of one person


def pair_id(one: str, other: str) -> str:
    """The id under which two people are asked about: the same whoever is named first."""
    return ".".join(sorted((one, other)))


# -- questions and answers


def question_id(type_: str, record: str, group: str) -> str:
    """The id of the answer to a conflict: equal at every site, so that two who answer at once meet in one record."""
    return _digest([type_, record, group])[:32]


Why = Literal["own", "first", "later"]


def why_for_now(winner: str, others: Iterable[str], authority: str | None, policy: str) -> Why:
    """Why merge shows one of several values for now. Persons: who said the winning value, who the others; see docs/explanation/merge.md."""
    if policy == "once":
        return "first"
    return "own" if authority is not None and winner == authority and set(others) != {authority} else "later"


def _digest(ordered: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(ordered).encode()).hexdigest()
