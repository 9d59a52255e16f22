"""What a revocation would keep of a tablet and what it would hold back, by the choice that a person makes in words. Reads only."""

from dataclasses import dataclass

from sqlite_utils import Database

from workshop.devices import queries, usage
from workshop.devices.rules import DeviceLine, last_good_before
from workshop.problems import Problem


@dataclass(frozen=True)
class Choice:
    """`good`: {"epoch/part": last good seq}. `keeps` and `holds`: how many ops that are here would count, or be held back; `coming`: how
    many that have not come would count when they do. `last`: when the last good one was made, `first`: the first that is held, UTC ms,
    and never later than it came here: a clock may have been years ahead.
    """

    until: str
    moment: int | None
    good: dict[str, int]
    keeps: int
    holds: int
    coming: int
    last: int | None
    first: int | None


def choice(db: Database, line: DeviceLine, until: str, moment: int | None) -> Choice:
    """`until` is `arrived`, `announced` or `before` (with a moment). Raises Problem `revoke_choice`."""
    ops = usage.made(db, line.id)
    good = queries.last_seqs(db, line.id)
    if until == "announced":
        for chain, seq in queries.announced_seqs(db, line.id).items():
            good[chain] = max(seq, good.get(chain, 0))
    elif until == "before" and moment is not None:
        good = {chain: last_good_before(rows, moment) for chain, rows in ops.items()}
    elif until != "arrived":
        raise Problem("revoke_choice", 422)
    kept = [
        min(wall, came)
        for chain, rows in ops.items()
        for seq, wall, came in rows
        if seq <= good.get(chain, 0)
    ]
    held = [
        min(wall, came) for chain, rows in ops.items() for seq, wall, came in rows if seq > good.get(chain, 0)
    ]
    return Choice(
        until=until,
        moment=moment,
        good=good,
        keeps=len(kept),
        holds=len(held),
        coming=line.missing_count if until == "announced" else 0,
        last=max(kept, default=None),
        first=min(held, default=None),
    )
