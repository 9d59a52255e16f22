"""Whether the exchange gets anywhere: what waits too long and why, workshops not heard of, and ops that wait for an update of this program."""

from dataclasses import dataclass

from sqlite_utils import Database

from workshop.admission import COMMON
from workshop.config import DAY_MS
from workshop.exchange import queries
from workshop.exchange.background import peers
from workshop.site import Site
from workshop.tls import SOON_MS

LATE_MS = 3 * DAY_MS
SILENT_MS = 7 * DAY_MS


@dataclass(frozen=True)
class Late:
    """Records that the home campus has not confirmed for more than three days; `since` is UTC ms, `code` what the last try failed with."""

    waiting: int
    since: int
    code: str | None


@dataclass(frozen=True)
class Watch:
    """What a person should know without looking for it. `silent`: (workshop, when it last called or None); `newer`: ops of a later
    version; `certificate_ends`: UTC ms, when that is near or past.
    """

    late: Late | None
    silent: tuple[tuple[str, int | None], ...]
    newer: int
    certificate_ends: int | None

    def __bool__(self) -> bool:
        return bool(self.late or self.silent or self.newer or self.certificate_ends)


def watch(site: Site, certificate_ends: int | None = None) -> Watch:
    """`certificate_ends`: when the certificate of this server ends, UTC ms; told when that is near or past."""
    near = certificate_ends if certificate_ends and certificate_ends - site.now() < SOON_MS else None
    return Watch(late_news(site), tuple(silent_workshops(site)), waiting_for_update(site.db), near)


def late_news(site: Site) -> Late | None:
    """At a workshop: what waits for the campus since more than three days ago."""
    other = queries.other_side(site, site.part)
    if site.role == "campus" or other is None:
        return None
    found = queries.counts(site.db, [COMMON, site.code], other)
    if found.waiting_since is None or site.now() - found.waiting_since < LATE_MS:
        return None
    codes = [peer.last_error for peer in peers(site) if peer.last_error]
    return Late(found.waiting, found.waiting_since, codes[0] if codes else None)


def silent_workshops(site: Site) -> list[tuple[str, int | None]]:
    """At the campus: workshops that have not called for a week."""
    if site.role != "campus":
        return []
    return [
        (each.part, each.contact_at)
        for each in queries.workshops(site.db)
        if each.contact_at is None or site.now() - each.contact_at > SILENT_MS
    ]


def waiting_for_update(db: Database) -> int:
    """How many ops a newer program wrote, which this one stores and relays but cannot apply."""
    return int(db.execute("select count(*) from rm_newer").fetchone()[0])
