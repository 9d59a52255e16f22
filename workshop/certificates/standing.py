"""How far a batch is: which approvals count, what is missing. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Side = Literal["site", "campus"]
SIDES: tuple[Side, ...] = ("site", "campus")
State = Literal["waiting", "changed", "refused", "ready", "issued"]


@dataclass(frozen=True, slots=True)
class Approval:
    """One side's word. `entitled`: the person holds a role that may speak for this side. `disputed`: two words at once."""

    side: str
    decision: str
    facts_hash: str
    comment: str
    actor: str
    at: int
    disputed: bool = False
    entitled: bool = True


def counting(approvals: Iterable[Approval], facts_hash: str, proposer: str) -> dict[str, Approval]:
    """The approvals that count for a proposal: for these facts, by somebody entitled who did not propose it.

    One person counts for one side only: of two sides given by one person the workshop's counts.
    """
    found: dict[str, Approval] = {}
    for one in sorted(approvals, key=lambda one: SIDES.index(one.side) if one.side in SIDES else 9):
        good = (
            one.decision == "approved" and one.facts_hash == facts_hash and one.entitled and not one.disputed
        )
        other = all(one.actor != earlier.actor for earlier in found.values())
        if good and one.side in SIDES and one.actor != proposer and other:
            found[one.side] = one
    return found


def state_of(
    approvals: Iterable[Approval], facts_hash: str, proposer: str, present_hash: str, issued: int
) -> State:
    """`present_hash`: over the facts as this server's records say them now."""
    approvals = list(approvals)
    if issued:
        return "issued"
    if any(one.decision == "refused" and one.entitled for one in approvals):
        return "refused"
    if present_hash != facts_hash:
        return "changed"
    return "ready" if len(counting(approvals, facts_hash, proposer)) == len(SIDES) else "waiting"
