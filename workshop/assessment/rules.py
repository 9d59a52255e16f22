"""Rules of a practical test; pure. `js/assessment/rules.js` holds those that a tablet needs; tests/vectors/assessment.json the cases of both."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from workshop.assessment.records import Outcome, Seen
from workshop.certificates.rules import Attempt, SkillState, skill_state

Standing = Literal["competent", "not_yet", "open", "disputed", "none", "running"]
SEEN: tuple[Seen, ...] = ("yes", "no", "not_seen")
REMARK_CHARS_MAX = 300
REASON_CHARS_MAX = 300
NEAR_MS = 12 * 3600 * 1000
"""Within one working day two assessors may not know of each other; what lies further apart is a second try."""


class KeyStep(Protocol):
    """What the rule needs of a key step."""

    @property
    def id(self) -> str: ...
    @property
    def critical(self) -> bool: ...


class StepMark(msgspec.Struct, frozen=True):
    """What is recorded of one step so far; no `result` is not the same as "not_seen", but is signed off as that."""

    result: Seen | None = None
    remark: str = ""


class Signed(msgspec.Struct, frozen=True):
    """A signed attempt that is not void, with what its assessor knew: `in_view` are the attempts that were known when it began."""

    id: str
    at: int
    outcome: Outcome
    in_view: frozenset[str] = frozenset()


def outcome_of(steps: Iterable[KeyStep], seen: Mapping[str, str]) -> Outcome:
    """A critical step not done fails the whole; one not seen, or nothing seen at all, leaves it open."""
    steps = list(steps)
    critical = {seen.get(step.id, "not_seen") for step in steps if step.critical}
    if "no" in critical:
        return "not_yet"
    if "not_seen" in critical or not any(seen.get(step.id) in ("yes", "no") for step in steps):
        return "open"
    return "competent"


def frozen_steps(steps: Iterable[KeyStep], marks: Mapping[str, StepMark]) -> list[list[str]]:
    """Every step in order as [id, seen, remark], as a signature covers it. What is not recorded was not seen."""
    found = [(step.id, marks.get(step.id, StepMark())) for step in steps]
    return [[step_id, mark.result or "not_seen", mark.remark] for step_id, mark in found]


def not_seen(frozen: Iterable[Sequence[str]]) -> list[str]:
    """Ids of the steps that a sign-off would leave open."""
    return [step[0] for step in frozen if step[1] == "not_seen"]


def follows(steps: Iterable[KeyStep], frozen: Iterable[Sequence[str]], outcome: str) -> bool:
    """Does a signed outcome follow from its steps? A tablet states it; nobody has to believe it."""
    return outcome_of(steps, {step[0]: step[1] for step in frozen}) == outcome


def disputes(signed: Sequence[Signed]) -> dict[str, frozenset[str]]:
    """Attempts of one person in one test that contradict each other: {id: those it contradicts}.

    Two outcomes differ, began near each other, neither knew of the other, and no later attempt knew of both.
    """
    found: dict[str, set[str]] = {}
    for index, one in enumerate(signed):
        for other in signed[index + 1 :]:
            if one.outcome == other.outcome or abs(one.at - other.at) >= NEAR_MS:
                continue
            pair = {one.id, other.id}
            known = one.id in other.in_view or other.id in one.in_view
            if not known and not any(pair <= third.in_view for third in signed):
                found.setdefault(one.id, set()).add(other.id)
                found.setdefault(other.id, set()).add(one.id)
    return {key: frozenset(ids) for key, ids in found.items()}


def standing_of(attempts: Iterable[Attempt]) -> Standing:
    """Where a person stands in one test: the skill's state, or "running" while the only attempt is not signed yet."""
    attempts = list(attempts)
    state: SkillState = skill_state(attempts)
    running = any(not attempt.signed and not attempt.void for attempt in attempts)
    return "running" if state == "none" and running else state


def start_time(now_ms: int, known: Iterable[int]) -> int:
    """When an attempt began. Never before one that its assessor had in view: a clock that is off must not turn their order."""
    return max([now_ms, *(at + 1 for at in known)])
