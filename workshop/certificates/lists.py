"""The two lists that say whose certificates count and which were withdrawn: signed by the campus, carried as records to every site."""

import json
from datetime import date

from sqlite_utils import Database

from sync import Change
from sync.signing import device_id
from workshop.admission import COMMON, SYSTEM
from workshop.certificates.errors import TrustError
from workshop.certificates.trust import (
    Issuer,
    Signed,
    Trust,
    Withdrawn,
    open_trust,
    page_data,
    sign_trust,
    sign_withdrawn,
)
from workshop.courses.queries import local_day
from workshop.problems import Problem
from workshop.site import Site

PIECE_CHARS = 3_500
PIECES_MAX = 4
"""Together below an op's 16 KiB: some 190 withdrawn certificates."""

RENEW_DAYS = 7
"""A list with nothing new in it is signed again after so many days: its date tells a reader how much it can know."""


def publish_lists(site: Site) -> bool:
    """At the campus: sign and record the lists where they changed or are a week old. Whether anything was published.

    Raises Problem("withdrawn_list_full").
    """
    if site.role != "campus":
        return False
    with site.writing() as db:
        today = local_day(site.now(), site.tz_minutes)
        issuers, entries = _issuers(db), _withdrawn(db, site.tz_minutes)
        if not issuers:
            return False
        known = _records(db)
        made = []
        for name, fresh in (
            ("trust", sign_trust(issuers, today, site.key)),
            ("withdrawn", sign_withdrawn(entries, today, site.key)),
        ):
            if name not in known or _is_due(known[name][0], fresh, today):
                made.append(_change(name, fresh, known[name][1] if name in known else ()))
        for change in made:
            site.record(actor=SYSTEM, intent="certificate.publish_list", changes=[change], part=COMMON)
        return bool(made)


def lists_for_page(site: Site) -> str:
    """The data block of the checking page; empty text while there are no lists, or none that can be believed."""
    found = _signed_lists(site)
    return page_data(*found) if found and _opened(found) else ""


def trust_of(site: Site) -> Trust | None:
    """Both lists, verified against the campus's key."""
    found = _signed_lists(site)
    return _opened(found) if found else None


def _opened(found: tuple[Signed, Signed, str]) -> Trust | None:
    try:
        return open_trust(*found)
    except TrustError:
        return None  # the page says in words that there is no list to be believed


def _signed_lists(site: Site) -> tuple[Signed, Signed, str] | None:
    known = _records(site.db)
    row = site.db.execute(
        "select key from rm_device where part = 'common' and id = ?", (site.root,)
    ).fetchone()
    if row is None or device_id(row[0]) != site.root or known.keys() != {"trust", "withdrawn"}:
        return None
    return known["trust"][0], known["withdrawn"][0], row[0]


def _records(db: Database) -> dict[str, tuple[Signed, tuple[str, ...]]]:
    """{name: (signed list, ops that hold it)}."""
    rows = db.execute("select id, body, key, sig, heads from rm_signed_list where part = 'common'")
    return {
        name: (Signed("".join(json.loads(body)), key, sig), tuple(json.loads(heads).get("list", ())))
        for name, body, key, sig, heads in rows
        if body and key and sig
    }


def _issuers(db: Database) -> list[Issuer]:
    rows = db.execute(
        "select coalesce(name_en, id), coalesce(name_zh, name_en, id), key, from_day, to_day, coalesce(revoked, 0)"
        " from rm_issuer where part = 'common' and key is not null and from_day is not null order by id"
    )
    return [Issuer(en, zh, key, first, last, bool(revoked)) for en, zh, key, first, last, revoked in rows]


def _withdrawn(db: Database, tz_minutes: int) -> list[Withdrawn]:
    """Every withdrawn certificate of every site. One whose holder got another of the same class was replaced."""
    rows = db.execute(
        "select w.id, w.wall, exists (select 1 from rm_certificate n join rm_certificate_batch nb on nb.part = n.part and nb.id = n.batch_id"
        "   where n.part = w.part and n.trainee_id = w.trainee_id and nb.class_id = b.class_id and n.status = 'issued' and n.id > w.id"
        "   and n.facts ->> 'kind' = w.facts ->> 'kind')"
        " from rm_certificate w left join rm_certificate_batch b on b.part = w.part and b.id = w.batch_id where w.status = 'withdrawn'"
        " order by w.id"
    )
    return [
        Withdrawn(serial, local_day(wall, tz_minutes), "replaced" if replaced else "withdrawn")
        for serial, wall, replaced in rows
    ]


def _is_due(known: Signed, fresh: Signed, today: str) -> bool:
    old, new = json.loads(known.body), json.loads(fresh.body)
    age = (date.fromisoformat(today) - date.fromisoformat(old.pop("day"))).days
    new.pop("day")
    return bool(old != new or age >= RENEW_DAYS or known.key != fresh.key)


def _change(name: str, signed: Signed, base: tuple[str, ...]) -> Change:
    pieces = [signed.body[at : at + PIECE_CHARS] for at in range(0, len(signed.body), PIECE_CHARS)]
    if len(pieces) > PIECES_MAX:
        raise Problem("withdrawn_list_full", 409)
    return Change("signed_list", name, {"body": pieces, "key": signed.key, "sig": signed.sig}, base)
