"""Days and hours of the demonstration: holidays as data, slots, Kampala time. No drawing.

Uganda is UTC+3 and China UTC+8 all the year. The days of Eid follow the moon and are named shortly before, so these are data, not a rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY_MS = 86_400_000
KAMPALA_MINUTES = 180
TIANJIN_MINUTES = 480
YEAR_FIRST, YEAR_LAST = date(2024, 9, 1), date(2025, 8, 31)
TERMS = ((date(2024, 9, 16), date(2024, 12, 20)), (date(2025, 2, 3), date(2025, 5, 9)))
SLOT_STARTS = {"am": 8 * 60 + 30, "pm": 14 * 60}
SLOT_MINUTES = 180
RAIN_MONTHS = frozenset({4, 5, 10, 11})
MONDAY, SATURDAY = 0, 5


@dataclass(frozen=True, slots=True)
class Holiday:
    day: date
    name_en: str
    name_zh: str


_FIXED = (
    (1, 1, "New Year's Day", "元旦"),
    (1, 26, "NRM Liberation Day", "解放日"),
    (2, 16, "Archbishop Janani Luwum Day", "卢武姆大主教纪念日"),
    (3, 8, "International Women's Day", "国际妇女节"),
    (5, 1, "Labour Day", "劳动节"),
    (6, 3, "Martyrs' Day", "殉道者日"),
    (6, 9, "National Heroes' Day", "英雄日"),
    (10, 9, "Independence Day", "独立日"),
    (12, 25, "Christmas Day", "圣诞节"),
    (12, 26, "Boxing Day", "节礼日"),
)
_MOVED = (
    ("2024-03-29", "Good Friday", "耶稣受难日"),
    ("2024-04-01", "Easter Monday", "复活节星期一"),
    ("2024-04-10", "Eid al-Fitr", "开斋节"),
    ("2024-06-16", "Eid al-Adha", "古尔邦节"),
    ("2025-03-30", "Eid al-Fitr", "开斋节"),
    ("2025-04-18", "Good Friday", "耶稣受难日"),
    ("2025-04-21", "Easter Monday", "复活节星期一"),
    ("2025-06-06", "Eid al-Adha", "古尔邦节"),
    ("2026-03-20", "Eid al-Fitr", "开斋节"),
    ("2026-04-03", "Good Friday", "耶稣受难日"),
    ("2026-04-06", "Easter Monday", "复活节星期一"),
    ("2026-05-27", "Eid al-Adha", "古尔邦节"),
)
HOLIDAYS_UG: tuple[Holiday, ...] = tuple(
    sorted(
        [Holiday(date(year, m, d), en, zh) for year in (2024, 2025, 2026) for m, d, en, zh in _FIXED]
        + [Holiday(date.fromisoformat(day), en, zh) for day, en, zh in _MOVED],
        key=lambda holiday: holiday.day,
    )
)
_HOLIDAY_DAYS = frozenset(holiday.day for holiday in HOLIDAYS_UG)

# First and last day on which the home campus is closed and no review is done.
CLOSED_CN = (
    (date(2024, 10, 1), date(2024, 10, 7)),
    (date(2025, 1, 28), date(2025, 2, 4)),
    (date(2025, 4, 4), date(2025, 4, 6)),
    (date(2025, 5, 1), date(2025, 5, 5)),
    (date(2025, 5, 31), date(2025, 6, 2)),
    (date(2025, 10, 1), date(2025, 10, 8)),
    (date(2026, 2, 15), date(2026, 2, 23)),
)


def ms_of(day: date, minute: int, east: int = KAMPALA_MINUTES) -> int:
    """UTC milliseconds of a minute of the local day."""
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MS + (minute - east) * 60_000


def day_of(at_ms: int, east: int = KAMPALA_MINUTES) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + (at_ms + east * 60_000) // DAY_MS)


def is_holiday(day: date) -> bool:
    return day in _HOLIDAY_DAYS


def is_working_day(day: date) -> bool:
    """Monday to Friday and no holiday in Uganda."""
    return day.weekday() < SATURDAY and not is_holiday(day)


def is_campus_day(day: date) -> bool:
    """Monday to Friday and the home campus is not closed. Its working weekends are left out: nothing rests on them."""
    return day.weekday() < SATURDAY and not any(first <= day <= last for first, last in CLOSED_CN)


def days(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def working_days(first: date, last: date) -> list[date]:
    return [day for day in days(first, last) if is_working_day(day)]


def next_working_day(day: date) -> date:
    """The first working day after `day`."""
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def next_campus_day(day: date) -> date:
    day += timedelta(days=1)
    while not is_campus_day(day):
        day += timedelta(days=1)
    return day
