"""What a report is asked for: which sites, which period, which rows. For page, file and command alike; no Flask here."""

from collections.abc import Mapping
from dataclasses import dataclass

from workshop.problems import Problem
from workshop.reports import queries
from workshop.reports.model import Detail, Period
from workshop.reports.periods import period_between, presets
from workshop.reports.report import TrainingReport
from workshop.site import Site

ALL_SITES = "all"


@dataclass(frozen=True)
class Selection:
    """Which rows of a report a number opens. Empty text: not limited; `batch` "-": classes of no batch."""

    category: str = ""
    course: str = ""
    batch: str = ""
    part: str = ""
    class_id: str = ""
    counted: str = "yes"  # yes, no, all

    def takes(self, report: TrainingReport, one: Detail) -> bool:
        each = report.class_of(one)
        return (
            self.counted in ("all", "yes" if one.counted else "no")
            and self.category in ("", one.person.category)
            and self.course in ("", each.course_id)
            and self.batch in ("", each.batch or "-")
            and self.part in ("", each.part)
            and self.class_id in ("", each.id)
        )

    def rows(self, report: TrainingReport) -> list[Detail]:
        return [one for one in report.details if self.takes(report, one)]


def parts_of(site: Site, asked: str | None) -> list[str]:
    """A workshop reports on itself; the campus on one site or on all. Raises Problem("report_site" | "no_sites_yet", 404)."""
    if site.role == "workshop":
        if asked not in (None, "", ALL_SITES, site.code):
            raise Problem("report_site", 404)
        return [site.code]
    parts = site.site_parts
    if not parts:
        raise Problem("no_sites_yet", 404)
    if asked in (None, "", ALL_SITES):
        return parts
    if asked not in parts:
        raise Problem("report_site", 404)
    return [asked]


def periods(site: Site, parts: list[str]) -> list[Period]:
    today = queries.today(site)
    return presets(today, queries.first_held_day(site.db, parts) or today)


def period_of(site: Site, parts: list[str], asked: Mapping[str, str]) -> Period:
    """The period that `period=` (a preset) or `from=` and `to=` name. Raises Problem("report_period", 422)."""
    known = periods(site, parts)
    if asked.get("from") or asked.get("to"):
        try:
            return period_between(asked.get("from", ""), asked.get("to", ""))
        except ValueError as error:
            raise Problem("report_period", 422) from error
    code = asked.get("period")
    if not code:
        return _due(site, parts, known)
    found = next((one for one in known if one.code == code), None)
    if found is None:
        raise Problem("report_period", 422)
    return found


def _due(site: Site, parts: list[str], known: list[Period]) -> Period:
    """The school year that people most likely want: the one of the last training held; before any, the one that ended last."""
    day = queries.last_training_day(site.db, parts)
    return next(
        (one for one in known if day and one.code.startswith("school-") and one.first <= day <= one.last),
        known[0],
    )
