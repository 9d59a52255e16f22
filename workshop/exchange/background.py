"""Exchange with peers: once, or in a thread every few minutes with back-off. Knows no Flask."""

import json
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync import exchange, http
from sync.errors import SyncError
from sync.exchange import Conversation, Outcome, read_vector
from sync.log import Vector
from workshop.config import DAY_MS
from workshop.exchange import caught_up, first_load
from workshop.problems import Problem
from workshop.site import Site

log = logging.getLogger(__name__)

EVERY_S = 180.0
FOLLOW_S = 15.0
WAIT_MIN_S, WAIT_MAX_S = 5.0, 900.0


@dataclass(frozen=True)
class Peer:
    """A server that this site talks to, and how the last try went; times in UTC ms."""

    address: str
    device: str | None
    last_ok: int | None
    last_try: int | None
    last_error: str | None
    waits: int


def peers(site: Site) -> list[Peer]:
    rows = site.db.execute(
        "select address, device, last_ok, last_try, last_error, waits from local_peer order by address"
    )
    return [Peer(*row) for row in rows]


def add_peer(site: Site, address: str, device: str | None = None) -> None:
    """Talk to the server at `address`; `device` is its id, known from joining. Raises CarrierError("bad_address")."""
    http.HttpCarrier(address).close()
    with site.writing() as db:
        db.execute(
            "insert into local_peer (address, device) values (?, ?) on conflict (address) do update set device = excluded.device",
            (address.rstrip("/"), device),
        )


def forget_peers(site: Site, but: str) -> None:
    """Talk to no other address than `but` any more."""
    with site.writing() as db:
        db.execute("delete from local_peer where address <> ?", (but.rstrip("/"),))


def exchange_with(site: Site, address: str, timeout_s: float = 30.0, most_s: float | None = None) -> Outcome:
    """One whole exchange with a peer. What it has is remembered, so that the next one costs one request when nothing is new.

    `timeout_s` limits each request; after `most_s` no further request begins, and the outcome says that there is `more`.
    Raises SyncError; the failure is kept for the page that tells about it.
    """
    row = site.db.execute("select device, has from local_peer where address = ?", (address,)).fetchone()
    known = read_vector(json.loads(row[1])) if row and row[1] else None
    talk = Conversation(row[0] if row else None, known, tell_vector=known is None)
    carrier = http.HttpCarrier(address, timeout_s)
    try:
        outcome = _talk(site, talk, carrier, most_s)
    except SyncError as error:
        with site.writing() as db:
            db.execute(
                "update local_peer set last_try = ?, last_error = ?, waits = waits + 1 where address = ?",
                (site.now(), error.code, address),
            )
        raise
    finally:
        carrier.close()
    caught_up.note_peer(site, talk.peer, site.parts, talk.peer_has)
    refusal = outcome.refused[0][0] if outcome.refused else None
    with site.writing() as db:
        db.execute(
            "insert into local_peer (address, device, has, last_ok, last_try, last_error, waits) values (?, ?, ?, ?, ?, ?, 0)"
            " on conflict (address) do update set device = excluded.device, has = excluded.has, last_ok = excluded.last_ok,"
            " last_try = excluded.last_try, last_error = excluded.last_error, waits = 0",
            (address, talk.peer, _kept(talk.peer_has), site.now(), site.now(), refusal),
        )
    return outcome


def _kept(has: Vector | None) -> str | None:
    """What a peer has, for the table; nothing when it is not known, as after a contact during which the first marks came."""
    return None if has is None else json.dumps(has)


def _talk(site: Site, talk: Conversation, carrier: http.HttpCarrier, most_s: float | None = None) -> Outcome:
    """Like `sync.http.synchronise`, but the site's lock is free while the network is slow."""
    total = Outcome()
    parts, until = site.parts, time.monotonic() + (most_s or float("inf"))
    by_stream = True
    for _ in range(10_000):
        with site.locked() as node:
            raw, sent = exchange.ask(node, talk, parts)
        data, signature = http.seal(node, raw)
        reply = http.open_reply(carrier(data, signature))
        with site.locked() as node:
            outcome = exchange.absorb(node, talk, reply, parts, sent)
        total.add(outcome)
        if not outcome.more or time.monotonic() >= until:
            return total
        if by_stream and first_load.is_worth_it(site, talk):
            loaded = first_load.load(site, talk, carrier, until)
            total.taken += loaded.taken
            by_stream = first_load.is_worth_trying_again(loaded)
        parts = site.parts
    return total


class Background(threading.Thread):
    """Talks to every peer every few minutes, sooner when news came, later and later while a peer is out of reach.

    `chores` are done at the start and once a day: what a site owes without being asked, such as fresh lists at the campus.
    """

    def __init__(
        self,
        site: Site,
        news: threading.Event,
        every_s: float = EVERY_S,
        chores: Sequence[Callable[[Site], object]] = (),
    ) -> None:
        super().__init__(name="exchange", daemon=True)
        self._site, self._news, self._every_s, self._chores = site, news, every_s, chores
        self._ended = threading.Event()
        self._chores_at = 0

    def run(self) -> None:
        while not self._ended.is_set():
            if not self._site.leads():  # another node of this site does it; should that one end, we are next
                self._news.wait(min(self._every_s, FOLLOW_S))
                self._news.clear()
                continue
            self._site.catch_up()
            self._do_chores()
            self._news.wait(min((self._talk(peer) for peer in peers(self._site)), default=self._every_s))
            self._news.clear()

    def stop(self) -> None:
        self._ended.set()
        self._news.set()

    def _talk(self, peer: Peer) -> float:
        """One exchange with a peer; how many seconds until the next."""
        try:
            exchange_with(self._site, peer.address)
        except (SyncError, OSError, sqlite3.Error) as error:
            # Kept for the exchange page as well; a full disk or a cut line today must not end the exchange for ever.
            log.info("exchange with %s: %s", peer.address, getattr(error, "code", error))
            return pause_s(peer.waits)
        return self._every_s

    def _do_chores(self) -> None:
        if self._site.now() - self._chores_at < DAY_MS:
            return
        self._chores_at = self._site.now()
        for chore in self._chores:
            try:
                chore(self._site)
            except (SyncError, Problem, OSError, sqlite3.Error) as error:
                log.warning("daily chore: %s", getattr(error, "code", error))


def pause_s(waits: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, with jitter, 5 s to 15 min."""
    return float(random.uniform(0.7, 1.3) * min(WAIT_MAX_S, WAIT_MIN_S * 2 ** min(waits, 12)))  # noqa: S311 - jitter only
