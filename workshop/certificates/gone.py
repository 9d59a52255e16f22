"""An admin's word that a workshop will not bring back what it had, after its campus was put back from a backup. Gives out no number."""

from sync import Change
from workshop.admission import COMMON
from workshop.certificates import queries
from workshop.courses.queries import local_day
from workshop.exchange import caught_up
from workshop.problems import Problem
from workshop.site import Site

GAP = 1_000
"""So many numbers are left out for those that the workshop took along: far more than a campus issues between two backups."""

REASON_CHARS_MAX = 500


def state_gone(site: Site, actor: str, device: str, reason: str) -> None:
    """Issue again without a workshop. The numbers that it may have taken along are left out for good.

    Raises Problem: certificate_campus_only, gone_reason, gone_none; AdmissionError for anybody but an admin.
    """
    if site.role != "campus":
        raise Problem("certificate_campus_only", 409)
    if not reason.strip() or len(reason) > REASON_CHARS_MAX:
        raise Problem("gone_reason", 422, most=REASON_CHARS_MAX)
    with site.writing() as db:
        if device not in {one.device for one in caught_up.behind(site, db)}:
            raise Problem("gone_none", 404)
        year = int(local_day(site.now(), site.tz_minutes)[:4])
        fields = {
            "reason": reason.strip(),
            "year": year,
            "last_number": max(queries.last_number(db, year), queries.number_floor(db, year)) + GAP,
            "status_index": queries.next_status_index(db) + GAP,
        }
        change = Change("gone_workshop", f"{site.node.epoch}.{device}", fields)
        site.record(actor=actor, intent="workshop.gone", changes=[change], part=COMMON, via="form")
