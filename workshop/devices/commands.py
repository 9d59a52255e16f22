"""Enrolling, renaming and revoking devices, and what a contact tells. A device's record is an op; requests and contacts are local."""

import hashlib
import json
import secrets
from typing import Any

from sync import Change, limits
from sync.signing import device_id
from workshop.accounts.queries import binding_heads
from workshop.admission import SYSTEM
from workshop.devices import queries
from workshop.devices.rules import Enrolment
from workshop.problems import Problem
from workshop.site import Site

WAITING_MAX = 50
INVITE_MS = 24 * 3600 * 1000
NAME_CHARS_MAX = 60
HEADS_CHARS_MAX = 8000
STRANGER_MS = 30 * 24 * 3600 * 1000  # so long the contact of a device that was never enrolled is remembered
_INVITE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def ask_enrolment(site: Site, key: str, name: str, invite: str | None) -> Enrolment:
    """A device asks to be enrolled. With a good invitation it is at once, else it waits for an admin who is told the code.

    Raises Problem `enrol_campus`, `enrol_name`, `enrol_revoked`, `enrol_full`, `invite_bad`.
    """
    if site.role == "campus":
        raise Problem("enrol_campus", 409)
    device, name = device_id(key), " ".join(name.split())
    if not 1 <= len(name) <= NAME_CHARS_MAX:
        raise Problem("enrol_name", 422)
    known = queries.enrolment(site.db, device)
    if known is not None and known.state == "enrolled":
        return known
    if queries.is_revoked(site.db, device):
        raise Problem("enrol_revoked", 403)
    if queries.waiting_count(site.db) >= WAITING_MAX:
        raise Problem("enrol_full", 429)
    code = f"{secrets.randbelow(1_000_000):06}"
    with site.writing() as db:
        if invite and not _use_invite(db, invite, device, site.now()):
            raise Problem("invite_bad", 422)
        db.execute(
            "insert into local_enrolment (device, key, name, code, asked_at, state) values (?, ?, ?, ?, ?, 'waiting')"
            " on conflict (device) do update set name = excluded.name, state = 'waiting', asked_at = excluded.asked_at",
            (device, key, name, code, site.now()),
        )
        if invite:
            _enrol(site, device, SYSTEM)
    return queries.enrolment(site.db, device) or Enrolment(device, "waiting", code)


def approve(site: Site, device: str, code: str, actor: str) -> None:
    """An admin approves a waiting device after comparing the code on its screen. Raises Problem `enrol_code`, `enrol_unknown`."""
    waiting = queries.enrolment(site.db, device)
    if waiting is None or waiting.state != "waiting":
        raise Problem("enrol_unknown", 404)
    if not secrets.compare_digest((waiting.code or "").encode(), code.strip().encode()):
        raise Problem("enrol_code", 422)
    with site.writing():
        _enrol(site, device, actor)


def refuse(site: Site, device: str) -> None:
    with site.writing() as db:
        db.execute(
            "update local_enrolment set state = 'refused' where device = ? and state = 'waiting'", (device,)
        )


def invite(site: Site, actor: str) -> str:
    """A code for one device, good for a day; only its hash is kept."""
    code = "-".join("".join(secrets.choice(_INVITE_ALPHABET) for _ in range(4)) for _ in range(3))
    with site.writing() as db:
        db.execute("delete from local_invite where expires_at < ?", (site.now(),))
        db.execute(
            "insert into local_invite values (?, ?, ?, null)", (_hash(code), actor, site.now() + INVITE_MS)
        )
    return code


def rename(site: Site, part: str, device: str, name: str, actor: str) -> None:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_CHARS_MAX:
        raise Problem("enrol_name", 422)
    base = queries.heads(site.db, part, device, "name")
    change = Change("device", device, {"name": name}, base)
    site.record(actor=actor, intent="device.rename", changes=[change], part=part, via="form")


def revoke(site: Site, part: str, device: str, actor: str) -> None:
    """Take nothing more of a device than what has arrived up to now; what comes later is held for a person to judge."""
    good = queries.last_seqs(site.db, device)
    change = Change(
        "device", device, {"revoked_at": good}, queries.heads(site.db, part, device, "revoked_at")
    )
    site.record(actor=actor, intent="device.revoke", changes=[change], part=part, via="form")


def restore(site: Site, part: str, device: str, actor: str) -> None:
    """Take a revocation back: what was held because of it is taken by itself."""
    change = Change(
        "device", device, {"revoked_at": None}, queries.heads(site.db, part, device, "revoked_at")
    )
    site.record(actor=actor, intent="device.restore", changes=[change], part=part, via="form")


def unbind(site: Site, part: str, device: str, person: str, actor: str) -> None:
    """Somebody no longer uses this tablet; their place is free. What they recorded on it stays theirs."""
    name = f"{device}.{person}"
    change = Change("device_person", name, {"active": False}, binding_heads(site.db, part, name))
    site.record(actor=actor, intent="device.unbind", changes=[change], part=part, via="form")


def note_contact(site: Site, hello: dict[str, Any], now: int) -> None:
    """Keep what a device said of itself; when its clock is off, or right again, say so in a record that travels."""
    device, said, heads = hello.get("device"), hello.get("now"), hello.get("head")
    if not isinstance(device, str) or not isinstance(said, int) or abs(said) > limits.SAFE_INTEGER:
        return
    offset = said - now
    with site.writing() as db:
        db.execute(
            "insert or replace into local_contact (device, at, clock_offset_ms, heads) values (?, ?, ?, ?)",
            (device, now, offset, _kept_heads(heads)),
        )
        db.execute(
            "delete from local_contact where at < ? and device not in (select id from rm_device)",
            (now - STRANGER_MS,),
        )
        for part, epoch, seq in _own_heads(heads, hello.get("epoch")):
            noted = queries.noted_offset(db, part, device, epoch)
            off = offset if abs(offset) >= limits.CLOCK_OFF_MS else 0
            if abs(off - noted) >= limits.CLOCK_OFF_MS and queries.is_enrolled(db, part, device):
                first = queries.first_seq_since_noted(db, part, device, epoch, seq)
                note = Change("clock", f"{device}.{epoch}.{first}", {"offset_ms": off})
                site.record(actor=SYSTEM, intent="device.clock", changes=[note], part=part)


def _kept_heads(heads: Any) -> str:
    """As JSON; what is longer than any honest tablet's is not kept at all, rather than cut."""
    text = json.dumps(heads if isinstance(heads, dict) else {})
    return text if len(text) <= HEADS_CHARS_MAX else "{}"


def _own_heads(heads: Any, epoch: Any) -> list[tuple[str, str, int]]:
    found = []
    for part, tips in heads.items() if isinstance(heads, dict) else ():
        for tip in tips if isinstance(tips, list) else ():
            if (
                isinstance(tip, list)
                and len(tip) == 3
                and tip[0] == epoch
                and isinstance(tip[1], int)
                and tip[1] > 0
            ):
                found.append((str(part), str(epoch), tip[1]))
    return found[:10]


def _enrol(site: Site, device: str, actor: str) -> None:
    db = site.node.db
    row = db.execute("select key, name from local_enrolment where device = ?", (device,)).fetchone()
    fields = {"name": row[1], "key": row[0], "kind": "tablet", "site": site.code, "enrolled": True}
    change = Change("device", device, fields, queries.all_heads(db, site.code, device))
    site.record(actor=actor, intent="device.enrol", changes=[change], part=site.part, via="form")
    db.execute("update local_enrolment set state = 'enrolled' where device = ?", (device,))


def _use_invite(db: Any, code: str, device: str, now: int) -> bool:
    row = db.execute(
        "update local_invite set used_by = ? where code_hash = ? and expires_at >= ? and used_by is null returning 1",
        (device, _hash(code.strip().lower()), now),
    ).fetchone()
    return row is not None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
