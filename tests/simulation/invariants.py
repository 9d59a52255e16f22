"""What must be true after every step. What is looked at only at the end, when all is quiet, is in audit.py."""

from typing import TYPE_CHECKING

from sync import limits
from sync.ops import op_id

if TYPE_CHECKING:
    from tests.simulation.network import Message
    from tests.simulation.server import Server
    from tests.simulation.tablet import Tablet
    from tests.simulation.world import World


class Broken(AssertionError):
    """An invariant does not hold. `rule` says which one; a shrunk trace must break the same."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule


DURABLE = "acknowledged is durable"
COUNTS = "every op is applied, held back, newer or erased"
AUTHORISED = "what is applied was allowed"
CHAINS = "one body for each number"
BOUNDED = "messages, queues and clocks are bounded"
TRUE_RECEIPTS = "a screen says what is so"
NOTHING_LOST = "what was shown as saved is somewhere"
TAPS = "a tap is refused for a reason only"


def after_step(world: "World") -> None:
    """The cheap checks, at the servers that the step touched."""
    for name in world.touched:
        server = world.servers[name]
        counts_add_up(server)
        nothing_forbidden(world, server)
        own_clock_is_bounded(server)
    if len(world.network.queue) > 40:
        raise Broken(BOUNDED, "network queue")


def promises_hold(world: "World", server: "Server") -> None:
    """After a stop everything that a receipt was given for is there."""
    world.tell("promises looked after")
    for (chain, seq), link in server.promised.items():
        if not server.holds(chain, seq, link):
            raise Broken(
                DURABLE, f"{server.name} gave a receipt for {'/'.join(chain)} {seq} and has it no more"
            )


def counts_add_up(server: "Server") -> None:
    """Each op of the log is in exactly one place."""
    [(all_ops, erased, applied, held, newer)] = server.rows(
        "select (select count(*) from op_log), (select count(*) from op_log where body is null),"
        " (select count(distinct n) from rm_change), (select count(*) from rm_quarantine), (select count(*) from rm_newer)"
    )
    if all_ops != erased + applied + held + newer:
        raise Broken(
            COUNTS,
            f"{server.name}: {all_ops} ops, {applied} applied, {held} held, {newer} newer, {erased} erased",
        )


def nothing_forbidden(world: "World", server: "Server") -> None:
    """What no rule allows is never applied: forged, from a stranger, by a ghost, in another site's part, after the revocation's number."""
    if world.forbidden:
        marks = ", ".join("?" * len(world.forbidden))
        rows = server.rows(
            f"select l.link from op_log l join rm_change c on c.n = l.n where l.link in ({marks}) limit 1",
            *world.forbidden,
        )
        if rows:
            raise Broken(
                AUTHORISED, f"{server.name} applied {op_id(rows[0][0])}: {world.forbidden[rows[0][0]]}"
            )
    rows = server.rows(
        "select d.id, l.seq, d.revoked_at from rm_device d join op_chain c on c.device = d.id"
        " join op_log l on l.chain = c.id join rm_change m on m.n = l.n"
        " where d.part = c.part and l.seq > coalesce(json_extract(d.revoked_at, '$.\"' || c.epoch || '/' || c.part || '\"'), 0)"
        " and d.revoked_at is not null limit 1"
    )
    if rows:
        raise Broken(AUTHORISED, f"{server.name} applied an op of {rows[0][0]} after its revocation")


def own_clock_is_bounded(server: "Server") -> None:
    """No other's clock pulls a server's hybrid time further than a day ahead."""
    ahead = server.node._hybrid - (max(server.latest_ms, server.clock()) + limits.CLOCK_AHEAD_MS) * 1000
    if ahead > 1_000_000:
        raise Broken(BOUNDED, f"{server.name}: hybrid time is {ahead // 3_600_000_000} hours past its bound")


def message_is_bounded(message: "Message") -> None:
    if len(message.data) > limits.MESSAGE_GZIP_BYTES:
        raise Broken(BOUNDED, f"a message of {len(message.data)} bytes")


def receipts_are_true(world: "World", tablet: "Tablet") -> None:
    """Where a screen says that a mark is at the campus or the workshop, it is, unless that server was put back since."""
    by_device = {server.device: server for server in world.servers.values()}
    for receipt in tablet.disk.tables["receipts"].values():
        server = by_device.get(receipt.site)
        if server is None or not (server.went_back or server.holds(receipt.chain, receipt.seq, receipt.link)):
            raise Broken(
                TRUE_RECEIPTS, f"{tablet.name} believes that {receipt.site} has {receipt.chain} {receipt.seq}"
            )
    for epoch, part in tablet.disk.tables["chains"]:
        tip = tablet.disk.tables["chains"][epoch, part]
        if tablet.arrived(epoch, part) > tip.seq:
            raise Broken(TRUE_RECEIPTS, f"{tablet.name} has receipts past its own tip")
