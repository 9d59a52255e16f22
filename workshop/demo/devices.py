"""Six tablets, the two servers, when they meet, and what goes wrong with clocks and stores. No acts.

A tablet meets the workshop's server, the server meets the campus; the park's data of two weeks in July travel by stick.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from . import calendar, names
from .calendar import DAY_MS, ms_of
from .classes import plan_rows
from .model import Contact, Session, TrainingClass

WORKSHOP, CAMPUS = "srv-mbale", "srv-tianjin"
UTC_TABLETS = ("tab-utc-1", "tab-utc-2", "tab-utc-3", "tab-utc-4")
PARK_TABLETS = ("tab-park-1", "tab-park-2")
TABLETS = UTC_TABLETS + PARK_TABLETS
LABELS = {
    "tab-utc-1": "UTC tablet 1",
    "tab-utc-2": "UTC tablet 2",
    "tab-utc-3": "UTC tablet 3",
    "tab-utc-4": "UTC tablet 4",
    "tab-park-1": "Park tablet 1",
    "tab-park-2": "Park tablet 2",
    WORKSHOP: "Workshop server, Mbale",
    CAMPUS: "Campus server, Tianjin",
}
# Each visitor's trip and each own group keep to one tablet, so that no tablet gets more than ten people.
TRIP_TABLETS = {
    trip: int(tablet)
    for batch, tablets in (("B1", "01"), ("B2", "3012"), ("B3", "012012"))
    for trip, tablet in ((f"{batch}-{n}", tablet) for n, tablet in enumerate(tablets, 1))
}
GROUP_TABLETS = (0, 1, 2, 3, 3, 2, 1, 0, 3)
TOUR_TABLET = "tab-utc-1"
# What each says of its store: whether the browser keeps it, KiB used and to be had, pages that open without a network, days since the oldest was fetched.
STORES = {
    "tab-utc-1": (True, 61_440, 3_145_728, 68, 1),
    "tab-utc-2": (True, 48_128, 3_145_728, 54, 3),
    "tab-utc-3": (True, 52_224, 2_097_152, 61, 2),
    "tab-utc-4": (True, 30_720, 3_145_728, 33, 6),
    "tab-park-1": (True, 40_960, 1_048_576, 47, 5),
    "tab-park-2": (False, 38_912, 112_640, 47, 16),
}
TUESDAY, FRIDAY = 1, 4


@dataclass(frozen=True, slots=True)
class ClockFault:
    """From `from_ms` to `to_ms` the clock is `offset_ms` off; or, with `reads_ms`, it stood at that time at `from_ms`."""

    device: str
    from_ms: int
    to_ms: int
    offset_ms: int = 0
    reads_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """At `restored_ms` the store is put back to what it was at `backup_ms`: its counter runs again over numbers already used."""

    device: str
    backup_ms: int
    restored_ms: int


CLOCK_FAULTS = (
    ClockFault("tab-utc-2", ms_of(date(2024, 9, 1), 0), ms_of(date(2025, 9, 1), 0), offset_ms=-8 * 60_000),
    ClockFault("tab-park-1", ms_of(date(2025, 3, 10), 0), ms_of(date(2025, 3, 22), 0), offset_ms=DAY_MS),
    ClockFault("tab-park-2", ms_of(date(2024, 11, 18), 7 * 60), ms_of(date(2024, 11, 23), 0), reads_ms=0),
)
RESTORES = (
    Restore("tab-utc-3", ms_of(date(2025, 2, 28), 19 * 60), ms_of(date(2025, 3, 5), 19 * 60)),
    Restore("tab-utc-1", ms_of(date(2025, 7, 9), 19 * 60), ms_of(date(2025, 7, 11), 19 * 60)),
)
STOLEN, STOLEN_DAY = "tab-utc-4", date(2025, 5, 21)
STOLEN_LAST_CONTACT_MS = ms_of(STOLEN_DAY, 12 * 60 + 30)  # at noon, when all the morning's marks were in
STOLEN_MS, REVOKED_MS = ms_of(STOLEN_DAY, 13 * 60 + 10), ms_of(STOLEN_DAY, 13 * 60 + 40)
STOLEN_MARKS_MS = ms_of(STOLEN_DAY, 20 * 60 + 15)
STOLEN_SEEN_AGAIN_MS = ms_of(STOLEN_DAY + timedelta(days=1), 7 * 60 + 50)

FIRST_LINK_MS = ms_of(
    date(2024, 9, 2), 11 * 60 + 30
)  # the workshop's server gets its courses, staff and rules
LOST_WEEKS = ((date(2024, 12, 12), date(2024, 12, 19)), (date(2025, 4, 7), date(2025, 4, 13)))
STICK_FIRST, STICK_LAST = date(2025, 7, 14), date(2025, 7, 25)
# Day written, days of arrival at the workshop: the second comes twice, the third a week late.
STICKS = (
    (date(2025, 7, 16), (date(2025, 7, 17),)),
    (date(2025, 7, 18), (date(2025, 7, 18), date(2025, 7, 21))),
    (date(2025, 7, 22), (date(2025, 7, 29),)),
    (date(2025, 7, 25), (date(2025, 7, 25),)),
)


def tablet_of(each: TrainingClass, session: Session, trainers: dict[str, str]) -> str:
    """The tablet on which a session's register is kept. trainers: class id -> trip of the plan, such as `B3-2`."""
    if each.id[0] == "D":
        return TOUR_TABLET
    if each.place == "PARK":
        return PARK_TABLETS[(int(each.id[1:]) + 1) % 2]
    if each.kind == "own":
        return UTC_TABLETS[GROUP_TABLETS[(int(each.id[1:]) - 1) % len(GROUP_TABLETS)]]
    tablet = UTC_TABLETS[TRIP_TABLETS[trainers[each.id]]]
    stolen = tablet == STOLEN and ms_of(session.day, session.start_minute) > STOLEN_MS
    return "tab-utc-2" if stolen else tablet


def other_tablet(device: str) -> str:
    """A second tablet of the same place, never the stolen one."""
    if device in PARK_TABLETS:
        return PARK_TABLETS[1 - PARK_TABLETS.index(device)]
    return "tab-utc-3" if device != "tab-utc-3" else "tab-utc-1"


def wall_ms(device: str, at_ms: int) -> int:
    """What the device's clock shows at a true time."""
    for fault in CLOCK_FAULTS:
        if fault.device == device and fault.from_ms <= at_ms < fault.to_ms:
            return (
                at_ms + fault.offset_ms if fault.reads_ms is None else fault.reads_ms + at_ms - fault.from_ms
            )
    return at_ms


def make_contacts(rng: Random, today: date) -> tuple[Contact, ...]:
    """From the first day of the year to the evening before `today`."""
    found = [
        _network(WORKSHOP, FIRST_LINK_MS, CAMPUS, 30),
        _network(STOLEN, STOLEN_LAST_CONTACT_MS),
        _network(STOLEN, STOLEN_SEEN_AGAIN_MS),
    ]
    found += _sticks()
    monday = calendar.YEAR_FIRST + timedelta(days=1)
    while monday < today:
        week = [day for day in calendar.days(monday, monday + timedelta(days=4)) if day < today]
        link_days = sorted(rng.sample(range(5), 3))
        minutes = [(rng.randint(8 * 60, 11 * 60), rng.randint(20, 40)) for _ in link_days]
        evenings = [rng.randint(17 * 60 + 15, 18 * 60) for _ in range(5 * len(TABLETS))]
        for weekday, (start, length) in zip(link_days, minutes, strict=True):
            if weekday < len(week) and not any(first <= week[weekday] <= last for first, last in LOST_WEEKS):
                found.append(_network(WORKSHOP, ms_of(week[weekday], start), CAMPUS, length))
        for i, day in enumerate(week):
            for j, tablet in enumerate(TABLETS):
                if _meets(tablet, day):
                    found.append(_network(tablet, ms_of(day, evenings[i * len(TABLETS) + j]) + j))
        monday += timedelta(days=7)
    return tuple(sorted(found, key=lambda one: (one.at_ms, one.device)))


def _meets(tablet: str, day: date) -> bool:
    if not calendar.is_working_day(day) or (tablet == STOLEN and day >= STOLEN_DAY):
        return False
    if tablet in PARK_TABLETS:
        return day.weekday() in (TUESDAY, FRIDAY) and not STICK_FIRST <= day <= STICK_LAST
    return True


def _network(device: str, at_ms: int, peer: str = WORKSHOP, minutes: int = 10) -> Contact:
    return Contact(at_ms, device, peer, "network", minutes, at_ms)


def _sticks() -> list[Contact]:
    return [
        Contact(
            ms_of(arrival, 18 * 60 + 20) + i, tablet, WORKSHOP, "stick", 0, ms_of(written, 17 * 60 + 40) + i
        )
        for written, arrivals in STICKS
        for arrival in arrivals
        for i, tablet in enumerate(PARK_TABLETS)
    ]


class Sight:
    """Who can have seen what, given the contacts: all roads, no merging."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._meetings: dict[str, list[int]] = {}
        self._sticks: dict[str, list[tuple[int, int]]] = {}
        for one in contacts:
            if one.road == "network":
                self._meetings.setdefault(one.device, []).append(one.at_ms)
            else:
                self._sticks.setdefault(one.device, []).append((one.made_ms, one.at_ms))

    def arrives(self, device: str, at_ms: int, at: str) -> int | None:
        """When an act made on `device` at `at_ms` is first known on the device `at`; None: not within the contacts."""
        if device == at:
            return at_ms
        known = self._at_workshop(device, at_ms)
        return (
            known if at == WORKSHOP or known is None else self._next(at if at != CAMPUS else WORKSHOP, known)
        )

    def sees(self, device: str, made_ms: int, viewer: str, now_ms: int) -> bool:
        """Whether `viewer` at `now_ms` knows what `device` did at `made_ms`."""
        arrival = self.arrives(device, made_ms, viewer)
        return arrival is not None and arrival <= now_ms

    def _at_workshop(self, device: str, at_ms: int) -> int | None:
        if device == WORKSHOP:
            return at_ms
        by_stick = [arrival for made, arrival in self._sticks.get(device, ()) if made >= at_ms]
        by_network = self._next(WORKSHOP if device == CAMPUS else device, at_ms)
        return min([*by_stick, *([by_network] if by_network is not None else [])], default=None)

    def _next(self, device: str, at_ms: int) -> int | None:
        meetings = self._meetings.get(device, [])
        place = bisect_left(meetings, at_ms)
        return meetings[place] if place < len(meetings) else None


def trainers() -> dict[str, str]:
    """Class id -> trip of the plan, for the classes that a visitor leads."""
    return {row["class_id"]: row["trainer"] for row in plan_rows() if row["trainer"] in names.TRIPS}


def state_of(device: str, at_ms: int) -> dict[str, int | bool]:
    """What a tablet states of its store at a contact, as the app does; without a version, for it runs none."""
    kept, used, quota, pages, days = STORES[device]
    view = wall_ms(device, at_ms) - days * DAY_MS
    return {"kept": kept, "used": used, "quota": quota, "pages": pages, "view": view}
