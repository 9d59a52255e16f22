"""What is said about devices; pure."""

import json
from dataclasses import dataclass, field
from typing import Any

from sync import limits

SHORT_CHARS = 6


@dataclass(frozen=True)
class Enrolment:
    """How far a device's enrolment is; `code` is what the person with the tablet reads out."""

    device: str
    state: str
    code: str | None


@dataclass(frozen=True)
class Missing:
    """Ops that a device said it has and that never came: numbers `first` to `last` of one chain."""

    epoch: str
    part: str
    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class DeviceLine:
    """One device as a person sees it; times in UTC ms, `clock_offset_ms` is how far its clock was ahead of this server's."""

    id: str
    part: str
    name: str
    kind: str
    site: str
    contact_at: int | None
    news_at: int | None
    clock_offset_ms: int
    ops: int
    forks: int
    held_back: int
    revoked: bool
    missing: tuple[Missing, ...] = ()
    people: tuple[tuple[str, str], ...] = field(default=())
    """(staff id, name)"""

    @property
    def short(self) -> str:
        return short_id(self.id)

    @property
    def missing_count(self) -> int:
        return sum(each.count for each in self.missing)

    @property
    def clock_off_minutes(self) -> int:
        """0 while the clock is right within the limit; below 0 for a clock that is slow."""
        if abs(self.clock_offset_ms) < limits.CLOCK_OFF_MS:
            return 0
        return round(self.clock_offset_ms / 60_000)


def short_id(device: str) -> str:
    """What people compare on two screens: the first signs of an id after its "d"."""
    return device[1 : 1 + SHORT_CHARS].upper()


def announced_heads(text: str | None) -> dict[tuple[str, str], int]:
    """{(epoch, part): highest seq} of what a device said of itself; whatever is not of that form counts as not said."""
    try:
        found: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    heads: dict[tuple[str, str], int] = {}
    for part, tips in found.items() if isinstance(found, dict) else ():
        for tip in tips if isinstance(tips, list) else ():
            if (
                isinstance(tip, list)
                and len(tip) == 3
                and isinstance(tip[0], str)
                and isinstance(tip[1], int)
            ):
                heads[tip[0], part] = max(tip[1], heads.get((tip[0], part), 0))
    return heads


def missing_ops(
    announced: dict[tuple[str, str], int], held: dict[tuple[str, str], int]
) -> tuple[Missing, ...]:
    """What was announced and has not arrived, chain by chain."""
    return tuple(
        Missing(epoch, part, held.get((epoch, part), 0) + 1, last)
        for (epoch, part), last in sorted(announced.items())
        if last > held.get((epoch, part), 0)
    )
