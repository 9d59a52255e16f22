"""What is said about devices; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sync import limits
from workshop.devices.statement import Statement

SHORT_CHARS = 6
KIB = 1024
LOW_KIB = 100 * KIB
OLD_VIEW_MS = 14 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Enrolment:
    """How far a device's enrolment is; `code` is what the person with the tablet reads out. `replaces`: the one whose place it takes;
    `name`: what an enrolled one is called here.
    """

    device: str
    state: str
    code: str | None
    replaces: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Missing:
    """Ops that a device said it has and that never came: numbers `first` to `last` of one chain; said at `at`."""

    epoch: str
    part: str
    first: int
    last: int
    at: int = 0

    @property
    def count(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class News:
    """What a person should hear of a device: `fork`, `restored`, `twin` or `wiped`, in one life (`epoch`) of its store. `other`: what it is now."""

    device: str
    epoch: str
    kind: Literal["fork", "restored", "twin", "wiped"]
    at: int
    other: str | None = None
    seen_at: int | None = None


@dataclass(frozen=True)
class DeviceLine:
    """One device as a person sees it; times in UTC ms, `clock_offset_ms` is how far its clock was ahead of this server's.

    `news_at`: when its newest op arrived. `late`: ops of a revoked one that lie before the revocation and came after it: they count.
    """

    id: str
    part: str
    name: str
    kind: str
    site: str
    contact_at: int | None
    news_at: int | None
    clock_offset_ms: int
    ops: int
    held_back: int
    revoked: bool
    replaces: str | None = None
    replaced_by: str | None = None
    late: int = 0
    said: Statement = field(default_factory=Statement)
    missing: tuple[Missing, ...] = ()
    people: tuple[tuple[str, str], ...] = ()
    """(staff id, name)"""
    news: tuple[News, ...] = ()

    @property
    def short(self) -> str:
        return short_id(self.id)

    @property
    def missing_count(self) -> int:
        return sum(each.count for each in self.missing)

    @property
    def oldest_at(self) -> int | None:
        """When the oldest op was made that has not come, by this server's clock; None when nothing is missing or it did not say."""
        if not self.missing_count or not self.said.oldest:
            return None
        return self.said.oldest - self.clock_offset_ms

    @property
    def view_at(self) -> int | None:
        """When the oldest page that it holds was fetched, by this server's clock."""
        return self.said.view - self.clock_offset_ms if self.said.view else None

    @property
    def clock_off_minutes(self) -> int:
        """0 while the clock is right within the limit; below 0 for a clock that is slow."""
        if abs(self.clock_offset_ms) < limits.CLOCK_OFF_MS:
            return 0
        return round(self.clock_offset_ms / 60_000)

    @property
    def free_kib(self) -> int | None:
        if self.said.quota is None or self.said.used is None:
            return None
        return max(0, self.said.quota - self.said.used)

    @property
    def unheard(self) -> tuple[News, ...]:
        return tuple(each for each in self.news if each.seen_at is None)


def short_id(device: str) -> str:
    """What people compare on two screens: the first signs of an id after its "d"."""
    return device[1 : 1 + SHORT_CHARS].upper()


def last_good_before(made: Sequence[tuple[int, int, int]], moment: int) -> int:
    """The last seq of a chain up to which all was certainly made before `moment`, UTC ms; 0 for none. `made`: (seq, wall, received) by
    seq, of two branches both; the wall is corrected for a clock known to be wrong. What has arrived before is made before, whatever
    its clock said; what follows on an op from later is later itself.
    """
    for seq, wall, received in made:
        if min(wall, received) >= moment:
            return seq - 1
    return made[-1][0] if made else 0


def joined(missing: Sequence[Missing]) -> tuple[Missing, ...]:
    """Announcements of one chain that overlap count once."""
    found: list[Missing] = []
    for each in sorted(missing, key=lambda m: (m.epoch, m.part, m.first, m.last)):
        last = found[-1] if found else None
        if last and (last.epoch, last.part) == (each.epoch, each.part) and each.first <= last.last + 1:
            found[-1] = Missing(
                last.epoch, last.part, last.first, max(last.last, each.last), max(last.at, each.at)
            )
        else:
            found.append(each)
    return tuple(found)
