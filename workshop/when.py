"""Moments as people read them: the site's own clock, and how long ago. Pure but for the language of the request.

The words are ours: Babel's own, for the same few, hold all names of all units, currencies and regions in memory, 4 MB a process.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S

_AGO: Final[tuple[tuple[int, Callable[[int], str]], ...]] = (
    (365 * DAY_S, lambda n: ngettext("%(num)s year ago", "%(num)s years ago", n)),
    (30 * DAY_S, lambda n: ngettext("%(num)s month ago", "%(num)s months ago", n)),
    (7 * DAY_S, lambda n: ngettext("%(num)s week ago", "%(num)s weeks ago", n)),
    (DAY_S, lambda n: ngettext("%(num)s day ago", "%(num)s days ago", n)),
    (HOUR_S, lambda n: ngettext("%(num)s hour ago", "%(num)s hours ago", n)),
    (MINUTE_S, lambda n: ngettext("%(num)s minute ago", "%(num)s minutes ago", n)),
)


def zone_name(tz_minutes: int) -> str:
    """UTC+3, UTC+5:45, UTC−3"""
    hours, minutes = divmod(abs(tz_minutes), 60)
    return f"UTC{'−' if tz_minutes < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")


@dataclass(frozen=True)
class When:
    """For templates: moments in UTC ms, told at a site whose clock is `tz_minutes` east of UTC."""

    now: int
    tz_minutes: int

    @property
    def zone(self) -> str:
        """The site's zone, for the line below a page's times."""
        return zone_name(self.tz_minutes)

    def at(self, moment: int) -> str:
        """2026-11-21 14:05"""
        local = datetime.fromtimestamp(moment / 1000, UTC) + timedelta(minutes=self.tz_minutes)
        return local.strftime("%Y-%m-%d %H:%M")

    def ago(self, moment: int) -> str:
        """3 days ago: the largest unit of which nearly one has passed, rounded. A moment that lies ahead counts as now."""
        seconds = (self.now - moment) // 1000
        for length, words in _AGO:
            if 100 * seconds >= 85 * length:
                return str(words((2 * seconds + length) // (2 * length)))
        return str(_("less than a minute ago"))
