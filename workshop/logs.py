"""Which log a site's records lie in: its own file, or one on PostgreSQL that several web nodes share. Knows no Flask."""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from sync.errors import StoreError
from sync.shared import Head, SharedLog

log = logging.getLogger(__name__)
LOG_URL: Final = "LOG_URL"
SETTING: Final = "log_url"
LOOK_MS: Final = 1500
AWAY_MS: Final = 3000
"""For so long after a failure nobody asks again: a page must not wait for a server that does not answer."""


def log_url(settings: Mapping[str, Any], device: str) -> str | None:
    """The address of the shared log; None for a site with a log of its own. The environment wins over the site's settings.

    `{device}` in it stands for the site's device id, so that sites of one environment have a schema each.
    """
    url = os.environ.get(LOG_URL) or settings.get(SETTING)
    return str(url).replace("{device}", device) if url else None


def open_log(url: str) -> SharedLog:
    """Raises StoreError("log_unknown") for an address of a kind that is not known."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise StoreError("log_unknown", kind=url.partition(":")[0])
    from sync.postgres import PostgresLog

    return PostgresLog(url)


def bare(url: str) -> str:
    """An address without its password, for people to read."""
    before, at, host = url.rpartition("@")
    scheme, _, user = before.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{host.partition('?')[0]}" if at else url.partition("?")[0]


class Watch:
    """Looks at the shared log on a connection of its own, so that nobody who reads waits for somebody who writes."""

    def __init__(self, url: str, now: Callable[[], int]) -> None:
        from sync.postgres import PostgresLog

        self._log, self._now = PostgresLog(url, quick_ms=LOOK_MS), now
        self._one_at_a_time = threading.Lock()
        self._failed_at: int | None = None

    def newest(self) -> Head | None:
        """What the log says of itself; None while it cannot be reached."""
        if self._failed_at is not None and 0 <= self._now() - self._failed_at < AWAY_MS:
            return None
        with self._one_at_a_time:
            try:
                head = self._log.newest()
                self._failed_at = None
                return head
            except StoreError as error:
                self._failed_at = self._now()
                log.warning("shared log: %s: %s", error.code, error.__cause__)
                return None

    def leads(self) -> bool:
        """Whether this process is the one of all nodes that does what only one may do. Asked again each time."""
        with self._one_at_a_time:
            try:
                return self._log.leads()
            except StoreError:
                return False

    def close(self) -> None:
        with self._one_at_a_time:
            self._log.close()
