"""Enrolling, renaming, revoking and replacing devices. A device's record is an op; requests and invitations are local."""

import hashlib
import secrets
from typing import Any

from sync import Change
from sync.signing import device_id
from workshop.accounts.queries import binding_heads
from workshop.admission import SYSTEM
from workshop.devices import queries
from workshop.devices.contacts import note_wiped
from workshop.devices.lines import news
from workshop.devices.rules import Enrolment
from workshop.problems import Problem
from workshop.site import Site

WAITING_MAX = 50
INVITE_MS = 24 * 3600 * 1000
NAME_CHARS_MAX = 60
_INVITE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def ask_enrolment(site: Site, key: str, name: str, invite: str | None, was: str | None = None) -> Enrolment:
    """A device asks to be enrolled. With a good invitation it is at once, else it waits for an admin who is told the code.

    `was`: the device that this browser remembers to have been, before its store was wiped.

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
        old, how = _use_invite(db, invite, device, site.now()) if invite else (None, None)
        db.execute(
            "insert into local_enrolment (device, key, name, code, asked_at, state, was) values (?, ?, ?, ?, ?, 'waiting', ?)"
            " on conflict (device) do update set name = excluded.name, state = 'waiting', asked_at = excluded.asked_at, was = excluded.was",
            (device, key, name, code, site.now(), was if was != device else None),
        )
        if invite:
            _enrol(site, device, SYSTEM, old)
        if old:
            take_place(site, device, old, how or "worn", SYSTEM)
    return queries.enrolment(site.db, device) or Enrolment(device, "waiting", code)


def approve(site: Site, device: str, code: str, actor: str, replaces: str | None = None) -> None:
    """An admin approves a waiting device after comparing the code on its screen; perhaps in the place of another tablet, which ends
    with what it has announced. Raises Problem `enrol_code`, `enrol_unknown`, `no_device`.
    """
    if replaces and (replaces == device or queries.tablet_part(site.db, [site.part], replaces) is None):
        raise Problem("no_device", 404)
    waiting = queries.enrolment(site.db, device)
    if waiting is None or waiting.state != "waiting":
        raise Problem("enrol_unknown", 404)
    if not secrets.compare_digest((waiting.code or "").encode(), code.strip().encode()):
        raise Problem("enrol_code", 422)
    with site.writing():
        _enrol(site, device, actor, replaces)
        if replaces:
            take_place(site, device, replaces, "worn", actor)


def refuse(site: Site, device: str) -> None:
    with site.writing() as db:
        db.execute(
            "update local_enrolment set state = 'refused' where device = ? and state = 'waiting'", (device,)
        )


def invite(site: Site, actor: str, replaces: str | None = None, how: str | None = None) -> str:
    """A code for one device, good for a day; only its hash is kept. `replaces`, `how`: see `replace`."""
    code = "-".join("".join(secrets.choice(_INVITE_ALPHABET) for _ in range(4)) for _ in range(3))
    with site.writing() as db:
        db.execute("delete from local_invite where expires_at < ?", (site.now(),))
        db.execute(
            "insert into local_invite (code_hash, made_by, expires_at, replaces, how) values (?, ?, ?, ?, ?)",
            (_hash(code), actor, site.now() + INVITE_MS, replaces, how),
        )
    return code


def replace(site: Site, part: str, old: str, how: str, actor: str) -> str:
    """A code with which another tablet takes the place of `old`: its name, its people, its classes.

    `how` is `lost`: nothing more of it counts from now on; or `worn`: it is in good hands, and ends when the new one begins.
    """
    with site.writing():
        if how == "lost" and not queries.is_revoked(site.db, old):
            revoke(site, part, old, actor)
        return invite(site, actor, old, how)


def take_place(site: Site, device: str, old: str, how: str, actor: str) -> None:
    """The enrolled `device` gets the people of `old`, which ends: with what has arrived, or if it was in good hands with what it has
    announced, so that its file still counts. PINs stay behind: each person signs in once with the password.
    """
    db = site.node.db
    for person in queries.people_on(db, site.part, old):
        name = f"{device}.{person}"
        change = Change("device_person", name, {"active": True}, binding_heads(db, site.part, name))
        site.record(actor=actor, intent="device.replace", changes=[change], part=site.part, via="form")
    if not queries.is_revoked(db, old):
        good = queries.last_seqs(db, old)
        if how != "lost":
            for chain, seq in queries.announced_seqs(db, old).items():
                good[chain] = max(seq, good.get(chain, 0))
        revoke(site, site.part, old, actor, good)


def rename(site: Site, part: str, device: str, name: str, actor: str) -> None:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_CHARS_MAX:
        raise Problem("enrol_name", 422)
    base = queries.heads(site.db, part, device, "name")
    change = Change("device", device, {"name": name}, base)
    site.record(actor=actor, intent="device.rename", changes=[change], part=part, via="form")


def revoke(site: Site, part: str, device: str, actor: str, good: dict[str, int] | None = None) -> None:
    """Take nothing of a device but what lies up to the last good op of each chain: {"epoch/part": seq}, or what has arrived up to now.

    What comes later, or has come already, is held for a person to judge. Raises Problem `revoke_choice` for a chain that is not the device's.
    """
    known = queries.last_seqs(site.db, device)
    if good is None:
        good = known
    elif not good.keys() <= known.keys() | queries.announced_seqs(site.db, device).keys():
        raise Problem("revoke_choice", 422)
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


def mark_seen(site: Site, device: str, actor: str) -> None:
    """A person has read what there was to hear of a device; it stays on the device's own page."""
    with site.writing() as db:
        for each in news(db, device):
            db.execute(
                "insert into local_device_news (device, epoch, kind, at, seen_at, seen_by) values (?, ?, ?, ?, ?, ?)"
                " on conflict (device, epoch, kind) do update set seen_at = excluded.seen_at, seen_by = excluded.seen_by",
                (device, each.epoch, each.kind, each.at, site.now(), actor),
            )


def unbind(site: Site, part: str, device: str, person: str, actor: str) -> None:
    """Somebody no longer uses this tablet; their place is free. What they recorded on it stays theirs."""
    name = f"{device}.{person}"
    change = Change("device_person", name, {"active": False}, binding_heads(site.db, part, name))
    site.record(actor=actor, intent="device.unbind", changes=[change], part=part, via="form")


def _enrol(site: Site, device: str, actor: str, replaces: str | None = None) -> None:
    db = site.node.db
    row = db.execute("select key, name, was from local_enrolment where device = ?", (device,)).fetchone()
    name = queries.device_name(db, replaces) if replaces else row[1]
    fields = {"name": name, "key": row[0], "kind": "tablet", "site": site.code, "enrolled": True}
    if replaces:
        fields["replaces"] = replaces
    change = Change("device", device, fields, queries.all_heads(db, site.code, device))
    site.record(actor=actor, intent="device.enrol", changes=[change], part=site.part, via="form")
    db.execute("update local_enrolment set state = 'enrolled' where device = ?", (device,))
    if row[2]:
        note_wiped(db, row[2], device, site.now())


def _use_invite(db: Any, code: str, device: str, now: int) -> tuple[str | None, str | None]:
    """(the tablet whose place it gives, how that one ended), None for a new one. Raises Problem `invite_bad`."""
    row = db.execute(
        "update local_invite set used_by = ? where code_hash = ? and expires_at >= ? and used_by is null returning replaces, how",
        (device, _hash(code.strip().lower()), now),
    ).fetchone()
    if row is None:
        raise Problem("invite_bad", 422)
    return row[0], row[1]


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
