"""Periods of a report: school year, calendar year, month, since the first class, or two dates. Pure."""

from datetime import date

from workshop.reports.model import Period

SCHOOL_YEAR_MONTH = 9  # 1 September to 31 August, as in the Chinese statistics of education


def school_year(day: str) -> int:
    """The year in which the school year of a day began."""
    year, month = int(day[:4]), int(day[5:7])
    return year if month >= SCHOOL_YEAR_MONTH else year - 1


def presets(today: str, opening: str) -> list[Period]:
    """Periods to choose from, the one that a report is usually due for first: the school year that ended last."""
    running = school_year(today)
    year = int(today[:4])
    return [
        _school(running - 1),
        _school(running - 2),
        _school(running),
        Period(f"{year - 1}-01-01", f"{year - 1}-12-31", f"year-{year - 1}"),
        Period(f"{year}-01-01", f"{year}-12-31", f"year-{year}"),
        Period(today[:7] + "-01", _month_end(today), "month"),
        Period(min(opening, today), today, "opening"),
    ]


def period_between(first: str, last: str) -> Period:
    """A period of two dates `YYYY-MM-DD`. Raises ValueError for what is none, or ends before it begins."""
    if date.fromisoformat(first).isoformat() != first or date.fromisoformat(last).isoformat() != last:
        raise ValueError("date")
    if last < first:
        raise ValueError("order")
    if first[5:] == "09-01" and last == f"{int(first[:4]) + 1}-08-31":
        return _school(int(first[:4]))
    if first[5:] == "01-01" and last == first[:4] + "-12-31":
        return Period(first, last, f"year-{first[:4]}")
    return Period(first, last)


def _school(year: int) -> Period:
    return Period(f"{year}-09-01", f"{year + 1}-08-31", f"school-{year}")


def _month_end(day: str) -> str:
    year, month = int(day[:4]), int(day[5:7])
    after = date(year + month // 12, month % 12 + 1, 1).toordinal()
    return date.fromordinal(after - 1).isoformat()
