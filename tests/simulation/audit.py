"""What must be true when all is quiet: everything arrived, everybody says the same, every byte is as its author signed it."""

import hashlib
import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.ops import b64, op_id, unb64
from tests.simulation import oracle
from tests.simulation.invariants import CHAINS, NOTHING_LOST, Broken

if TYPE_CHECKING:
    from tests.simulation.server import Server
    from tests.simulation.world import World

SAME = "after quiet all say the same"
QUIET = "it comes to rest"
REBUILT = "tables are what the log says"
SIGNED = "every byte is as its author signed it"
ERASED = "what is erased is gone everywhere"
FORKS = "nobody writes on in a forked epoch"


def look(world: "World") -> None:
    """All of it. The costly look at bytes, merge and rebuild is at the campus, and at one workshop by turns."""
    campus = world.servers["campus"]
    shops = [server for server in world.servers.values() if server is not campus]
    for shop in shops:
        same(campus, shop)
    everything_arrived(world)
    nobody_writes_in_a_fork(world)
    for server in world.servers.values():
        erased_is_gone(server)
    [(gone, again)] = campus.rows(
        "select (select count(*) from op_log where body is null), (select count(*) from op_log where instr(header, '\"erased/') > 0)"
    )
    world.count["bodies erased"] += gone
    world.count["said again without personal values"] += again
    bodies: dict[bytes, bytes | None] = {}
    before = bytes_are_signed(campus, bodies)
    for shop in shops:
        same_bytes(shop, bodies)
    world.count["records merged again"] += oracle.records_are_merged(campus, before)
    rebuilt(campus if world.seed % 3 else shops[world.seed % 2])


def same(campus: "Server", shop: "Server") -> None:
    parts = shop.parts
    if campus.node.log.vector(parts) != shop.node.log.vector(parts):
        raise Broken(SAME, f"vectors of {shop.name} and the campus differ")
    one, other = state(campus, parts), state(shop, parts)
    for table, rows in one.items():
        if rows != other[table]:
            odd = (
                [row for row in rows if row not in other[table]][:1],
                [row for row in other[table] if row not in rows][:1],
            )
            raise Broken(SAME, f"{table} of {shop.name} and the campus differ: {odd}")


def state(server: "Server", parts: list[str]) -> dict[str, list[tuple[object, ...]]]:
    """What `ReadModel.state_hash` covers, for some parts: a workshop does not hold what the campus does."""
    marks = ", ".join("?" * len(parts))
    found = {}
    for declared in server.node.registry.types:
        columns = ", ".join(
            ["part", "id", *declared.columns, "heads", "conflict", "last_op", "actor", "wall"]
        )
        found[declared.name] = server.rows(
            f"select {columns} from rm_{declared.name} where part in ({marks}) order by part, id", *parts
        )
    for table, columns in (
        ("conflict", "part, type, id, grp, op, value, winner"), ("quarantine", "op, code"), ("newer", "op, v"),
    ):  # fmt: skip
        sql = f"select {columns} from rm_{table} where part in ({marks}) order by {columns}"
        found[f"rm_{table}"] = server.rows(sql, *parts)
    return found


def everything_arrived(world: "World") -> None:
    """Whatever a screen showed as saved, and no disk took with it, is at the workshop and, of its part, at the campus."""
    links = {name: server.links() for name, server in world.servers.items()}
    shop_of = {tablet.device: tablet.part for tablet in world.tablets}
    for op, saved in world.saved.items():
        if saved.link in world.lost:
            continue
        shop = shop_of[saved.chain[0]]
        if saved.chain[2] not in (
            "common",
            shop,
        ):  # in another site's part: no road leads there, and no rule allows it
            if not any(saved.link in here for here in links.values()):
                raise Broken(NOTHING_LOST, f"op {op} of {'/'.join(saved.chain)} {saved.seq} is nowhere")
            continue
        for name in (shop, "campus"):
            if saved.link not in links[name]:
                raise Broken(NOTHING_LOST, f"op {op} of {'/'.join(saved.chain)} {saved.seq} is not at {name}")
    for tablet in world.tablets:
        if tablet.pending():
            raise Broken(QUIET, f"{tablet.name} still has {tablet.pending()} ops to send")


def erased_is_gone(server: "Server") -> None:
    """No site can read a word about somebody who was erased, applied or held back."""
    personal = server.node.registry.by_name["trainee"].personal
    for part, person in server.rows("select part, id from rm_erasure"):
        told = server.rows(
            "select l.link, l.body from op_log l join op_chain c on c.id = l.chain where c.part = ? and instr(l.body, ?) > 0",
            part,
            f'["trainee","{person}",',
        )
        for link, body in told:
            for kind, record, fields, *_ in json.loads(body):
                if (kind, record) == ("trainee", person) and any(fields.get(name) for name in personal):
                    raise Broken(ERASED, f"{server.name} can still read {op_id(link)} about {person}")


def nobody_writes_in_a_fork(world: "World") -> None:
    """A device that was copied or put back has begun a new epoch; so has a server."""
    campus = world.servers["campus"]
    for tablet in world.tablets:
        server = world.servers[tablet.part]
        for epoch, part in tablet.disk.tables["chains"]:
            if epoch == tablet.epoch and len(server.node.log.branches((tablet.device, epoch, part))) > 1:
                raise Broken(FORKS, f"{tablet.name} writes on in epoch {epoch}, which has two branches")
    for server in world.servers.values():
        for part in server.parts:
            if len(campus.node.log.branches((server.device, server.node.epoch, part))) > 1:
                raise Broken(
                    FORKS, f"{server.name} writes on in epoch {server.node.epoch}, which has two branches"
                )


def bytes_are_signed(server: "Server", bodies: dict[bytes, bytes | None]) -> dict[bytes, bytes]:
    """Compute every link again by the page of the wire format, and check the last signature of every branch; {link: the one before}."""
    before: dict[bytes, bytes] = {}
    keys = dict(server.rows("select device, key from op_key"))
    tips: dict[int, tuple[int, bytes]] = {}
    for chain, device, epoch, part, parent, fork_at in server.rows(
        "select id, device, epoch, part, parent, fork_at from op_chain order by id"
    ):
        name = (device, epoch, part)
        link, seq = hashlib.sha256(("luban-chain-1\n" + "\n".join(name)).encode()).digest(), 0
        if parent is not None and fork_at > 1:
            link, seq = _on_path(server, parent, fork_at - 1), fork_at - 1
        elif parent is not None:
            seq = 0
        rows = server.rows(
            "select seq, link, header, body, body_hash from op_log where chain = ? order by seq", chain
        )
        for at, told, header, body, erased in rows:
            digest = erased if body is None else hashlib.sha256(body.encode()).digest()
            found = hashlib.sha256(link + hashlib.sha256(header.encode()).digest() + digest).digest()
            said = json.loads(header)
            if (
                found != told
                or at != seq + 1
                or (said["dev"], said["ep"], said["part"], said["seq"]) != (*name, at)
            ):
                raise Broken(CHAINS, f"{server.name}: {'/'.join(name)} {at} is not what its link says")
            before[told], link, seq = link, told, at
            bodies[told] = None if body is None else body.encode()
        tips[chain] = (seq, link)
        signed = server.rows("select signature from op_signature where chain = ? and seq = ?", chain, seq)
        if rows and not signed:
            raise Broken(SIGNED, f"{server.name}: the tip of {'/'.join(name)} is not signed")
        if rows:
            _verify(server, keys[device], signed[0][0], name, seq, link)
    return before


def _on_path(server: "Server", chain: int, seq: int) -> bytes:
    rows = server.rows("select link from op_log where chain = ? and seq = ?", chain, seq)
    if rows:
        return bytes(rows[0][0])
    [(parent,)] = server.rows("select parent from op_chain where id = ?", chain)
    return _on_path(server, parent, seq)


def _verify(
    server: "Server", key: str, signature: bytes, name: tuple[str, str, str], seq: int, link: bytes
) -> None:
    statement = ("luban-head-1\n" + "\n".join(name) + f"\n{seq}\n{link.hex()}").encode()
    try:
        Ed25519PublicKey.from_public_bytes(unb64(key.removeprefix("ed25519:"), 32)).verify(
            signature, statement
        )
    except Exception as error:
        raise Broken(SIGNED, f"{server.name}: {'/'.join(name)} {seq}, {b64(link)}: {error!r}") from error


def same_bytes(server: "Server", bodies: dict[bytes, bytes | None]) -> None:
    for link, body in server.rows("select link, body from op_log"):
        if link in bodies and (None if body is None else body.encode()) != bodies[link]:
            raise Broken(CHAINS, f"{server.name}: another body of {op_id(link)} than at the campus")


def rebuilt(server: "Server") -> None:
    before, after = server.node.rebuild()
    if before != after:
        raise Broken(REBUILT, f"{server.name}: rebuilt tables differ")
