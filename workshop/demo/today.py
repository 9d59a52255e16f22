"""Keeps the tour going: on whatever day the demonstration is started, its tour class has a session today."""

import json
from datetime import date

from sync import Change
from workshop.admission import SYSTEM
from workshop.site import Site

START_MINUTE, MINUTES = 8 * 60 + 30, 180


def ensure_session_today(site: Site, class_id: str, today: date) -> str:
    """The session of the tour class on `today`, made when there is none; its id."""
    day = today.isoformat()
    row = site.db.execute(
        "select id from rm_session where part = ? and class_id = ? and day = ?", (site.code, class_id, day)
    ).fetchone()
    if row:
        return str(row[0])
    highest = site.db.execute(
        "select max(cast(number as integer)) from rm_session where part = ? and class_id = ?",
        (site.code, class_id),
    ).fetchone()[0]
    session = f"{class_id}.{(highest or 0) + 1}"
    fields = {
        "day": day,
        "start_minute": START_MINUTE,
        "minutes": MINUTES,
        "state": "planned",
        "register": "open",
    }
    last = Change("training_class", class_id, {"last_day": day}, _last_day_base(site, class_id))
    site.record(
        actor=SYSTEM, intent="session.add", changes=[Change("session", session, fields), last], part=site.code
    )
    return session


def _last_day_base(site: Site, class_id: str) -> tuple[str, ...]:
    row = site.db.execute(
        "select heads from rm_training_class where part = ? and id = ?", (site.code, class_id)
    ).fetchone()
    return tuple(json.loads(row[0]).get("last_day", ())) if row else ()
