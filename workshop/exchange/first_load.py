"""The first load of a server that is new or far behind: one stream in place of hundreds of batches. Knows no Flask."""

import logging
import time

from sync import http, snapshot
from sync.exchange import Conversation
from sync.snapshot import Loaded
from workshop.site import Site

log = logging.getLogger(__name__)

TOLD_EVERY_S = 5.0
"""How often the log says how far a load is."""


def is_worth_it(site: Site, talk: Conversation) -> bool:
    """True when the peer is known to have so much that is not here that one stream costs less than batches."""
    if talk.peer_has is None:
        return False
    with site.locked() as node:
        mine = node.log.vector(site.parts)
    return snapshot.lacking(mine, talk.peer_has) > snapshot.WORTH_OPS


def load(site: Site, talk: Conversation, carrier: http.HttpCarrier, until: float) -> Loaded:
    """Take in what the peer has, up to `until` on the monotonic clock. The site's lock is free between two transactions.

    Raises nothing that the line or the peer did: that is in the result, and batches can go on from there.
    """
    parts, told = site.parts, time.monotonic()

    def progress(taken: int, of: int) -> bool:
        nonlocal told
        now = time.monotonic()
        if now - told >= TOLD_EVERY_S:
            told = now
            log.info("first load: %d of %d ops", taken, of)
        return now < until

    with site.locked() as node:
        data, signature = http.seal(node, snapshot.ask(node, parts, talk.peer))
    stream = carrier.stream(snapshot.PATH, data, signature)
    loaded = snapshot.take(site.locked, stream, parts, talk.peer, progress)
    if not loaded.whole:
        carrier.close()  # the rest of the answer is still on its way
    log.info(
        "first load: %d of %d ops, %s", loaded.taken, loaded.of, getattr(loaded.failure, "code", "no failure")
    )
    return loaded


def is_worth_trying_again(loaded: Loaded) -> bool:
    """After a cut that had brought something: the rest comes by stream as well. Else batches, which every server knows."""
    return loaded.failure is None or (
        loaded.taken > 0 and loaded.failure.code in ("unreachable", "bad_message")
    )
