"""Moments as people read them: the site's own clock, and how long ago. Pure but for the language of the request."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask_babel import format_timedelta


@dataclass(frozen=True)
class When:
    """For templates: moments in UTC ms, told at a site whose clock is `tz_minutes` east of UTC."""

    now: int
    tz_minutes: int

    def at(self, moment: int) -> str:
        """2026-11-21 14:05"""
        local = datetime.fromtimestamp(moment / 1000, UTC) + timedelta(minutes=self.tz_minutes)
        return local.strftime("%Y-%m-%d %H:%M")

    def ago(self, moment: int) -> str:
        """3 days ago; a moment that lies ahead counts as now."""
        seconds = min(0, (moment - self.now) // 1000)
        return str(format_timedelta(timedelta(seconds=seconds), granularity="minute", add_direction=True))
