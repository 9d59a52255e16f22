"""What a contact leaves behind at a server: what the device said of itself, what it announced, and what a person should hear of it.

All of it is local_ but for the note of a wrong clock, which travels. Nothing here decides whether an op counts.
"""

from typing import Any

import msgspec

from sync import Change, limits
from workshop.admission import SYSTEM
from workshop.devices import queries
from workshop.devices.statement import Tip, read_statement, tips_of
from workshop.site import Site

STRANGER_MS = 30 * 24 * 3600 * 1000  # so long the contact of a device that was never enrolled is remembered
OWN_CHAINS_MAX = 10


def note_contact(site: Site, hello: dict[str, Any], now: int) -> None:
    """Keep what a device said of itself; when its clock is off, or right again, say so in a record that travels."""
    device, said, epoch = hello.get("device"), hello.get("now"), hello.get("epoch")
    if not isinstance(device, str) or not isinstance(said, int) or abs(said) > limits.SAFE_INTEGER:
        return
    tips = tips_of(hello.get("head"))
    offset = said - now
    state = msgspec.json.encode(read_statement(hello.get("state"))).decode()
    with site.writing() as db:
        before = db.execute("select at from local_contact where device = ?", (device,)).fetchone()
        db.execute(
            "insert or replace into local_contact (device, at, clock_offset_ms, heads, state) values (?, ?, ?, '{}', ?)",
            (device, now, offset, state),
        )
        _forget_strangers(db, now)
        _notice_twin(db, device, epoch, tips, now)
        for tip in tips:
            _keep_announced(db, device, tip, now)
        own = [tip for tip in tips if tip.epoch == epoch][:OWN_CHAINS_MAX]
        for tip in own:
            _notice_restored(db, device, tip, now)
            _note_clock(site, db, device, tip, offset, before[0] if before else None)


def note_wiped(db: Any, was: str, device: str, now: int) -> None:
    """The browser that was tablet `was` has lost its store: it asks as another device now."""
    if (
        was != device
        and db.execute("select 1 from rm_device where id = ? and enrolled = 1", (was,)).fetchone()
    ):
        db.execute(
            "insert or replace into local_device_news (device, epoch, kind, at, other) values (?, '', 'wiped', ?, ?)",
            (was, now, device),
        )


def _keep_announced(db: Any, device: str, tip: Tip, now: int) -> None:
    """The highest op that it says it has. What it announced before stays where this one cannot follow on it: a wiped, restored or
    copied store says less, and what it had must not be forgotten for that.
    """
    chain = (device, tip.epoch, tip.part)
    db.execute(
        "delete from local_announced where device = ? and epoch = ? and part = ? and seq <= ? and"
        " not exists (select 1 from op_chain where device = ?1 and epoch = ?2 and part = ?3 and parent is not null)",
        (*chain, tip.seq),
    )
    db.execute(
        "insert or replace into local_announced values (?, ?, ?, ?, ?, ?)", (*chain, tip.seq, tip.link, now)
    )


def _notice_restored(db: Any, device: str, tip: Tip, now: int) -> None:
    """Its store is older than what has come from it before: put back from a copy, without having recorded since."""
    held = db.execute(
        "select max(seq) from op_chain where device = ? and epoch = ? and part = ?",
        (device, tip.epoch, tip.part),
    ).fetchone()[0]
    if held is not None and held > tip.seq:
        db.execute(
            "insert or ignore into local_device_news (device, epoch, kind, at) values (?, ?, 'restored', ?)",
            (device, tip.epoch, now),
        )


def _notice_twin(db: Any, device: str, epoch: Any, tips: list[Tip], now: int) -> None:
    """Two tablets work with one copied store: since this life was heard of last, the same device has spoken of one that this store does not
    know. A store that was put back forgets a life too, but that one is never heard again after the new one.
    """
    known = [tip.epoch for tip in tips]
    row = db.execute(
        "select 1 from local_announced e join local_announced x on x.device = e.device and x.at > e.at where e.device = ? and e.epoch = ?"
        f" and x.epoch not in ({', '.join('?' * len(known))}) limit 1",
        (device, epoch, *known),
    ).fetchone()
    if row and epoch in known:
        db.execute(
            "insert or ignore into local_device_news (device, epoch, kind, at) values (?, '', 'twin', ?)",
            (device, now),
        )


def _forget_strangers(db: Any, now: int) -> None:
    db.execute(
        "delete from local_contact where at < ? and device not in (select id from rm_device)",
        (now - STRANGER_MS,),
    )


def _note_clock(site: Site, db: Any, device: str, tip: Tip, offset: int, before: int | None) -> None:
    newest, noted = queries.newest_note(db, tip.part, device, tip.epoch)
    off = offset if abs(offset) >= limits.CLOCK_OFF_MS else 0
    if abs(off - noted) >= limits.CLOCK_OFF_MS and queries.is_enrolled(db, tip.part, device):
        covered = (
            queries.last_seq_before(db, tip.part, device, tip.epoch, before) if before is not None else 0
        )
        if covered >= tip.seq == newest:
            return  # nothing came since the newest note: two idle copies with two clocks would be noted in turn for ever
        # A note before the newest says nothing of what comes after that one, and would be made again at every contact.
        first = max(min(covered + 1, tip.seq), newest)
        note = Change("clock", f"{device}.{tip.epoch}.{first}", {"offset_ms": off})
        site.record(actor=SYSTEM, intent="device.clock", changes=[note], part=tip.part)
