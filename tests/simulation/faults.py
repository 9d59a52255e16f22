"""The faults: stops, full disks, copies put back, clones, wrong clocks, cut lines, files by hand, a stranger."""

import gzip
import tempfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from sync import ops
from sync.bundle import stream_bundle
from sync.errors import SyncError
from sync.ops import head_statement
from sync.wire import Run, unpack
from tests.simulation.disk import TabletDisk
from tests.simulation.tablet import Tablet
from tests.simulation.world import STICKS_MAX, TABLETS_MAX, Stick, World, key

if TYPE_CHECKING:
    from tests.simulation.server import Server

YEARS_MS = 3 * 365 * 24 * 3600 * 1000


def some_server(world: World, rng: Random) -> "Server":
    return rng.choice(list(world.servers.values()))


# -- stops and full disks


def stop_server(world: World, rng: Random) -> None:
    """Some statement from now on is the last one that this machine does."""
    some_server(world, rng).disk.stop_in(rng.randint(0, 90))


def pull_plug(world: World, rng: Random) -> None:
    world.tell("server stopped")
    world.restart(some_server(world, rng))


def fill_disk(world: World, rng: Random) -> None:
    some_server(world, rng).disk.full_in(rng.randint(0, 90))


def kill_tablet(world: World, rng: Random) -> None:
    world.tablet_by(rng).disk.stop_in(rng.randint(0, 6))


def upgrade(world: World, rng: Random) -> None:
    server = some_server(world, rng)
    if server.generation == 0:
        server.generation = 1
        world.tell("server upgraded")
    world.restart(server)


# -- copies


def back_up_server(world: World, rng: Random) -> None:
    server = some_server(world, rng)
    server.backups = [*server.backups[-1:], server.disk.serialize()]


def put_server_back(world: World, rng: Random) -> None:
    server = some_server(world, rng)
    if server.backups:
        put_back(world, server, rng.choice(server.backups), told=rng.random() < 0.5)


def put_back(world: World, server: "Server", image: bytes, *, told: bool) -> None:
    with world.loss():
        server.restore(image, told=told)
    world.touched.add(server.name)
    world.tell("server put back" if told else "server put back in silence")


def back_up_tablet(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    world.backups[tablet.name] = [*world.backups.get(tablet.name, [])[-1:], tablet.disk.copy()]


def put_tablet_back(world: World, rng: Random) -> None:
    tablet = world.tablet_by(rng)
    copies = world.backups.get(tablet.name, [])
    if not copies and rng.random() < 0.8:
        return
    empty = not copies or rng.random() < 0.1
    with world.loss():
        tablet.put_back({} if empty else rng.choice(copies))
    world.tell("tablet wiped" if empty else "tablet put back")


def clone_tablet(world: World, rng: Random) -> None:
    of = world.tablet_by(rng)
    if len(world.tablets) >= TABLETS_MAX:
        return
    name = f"{of.name.split('~')[0]}~{len(world.tablets)}"
    twin = Tablet(name, of.key, of.part, of.server, of.campus, world.tablet_clock(name), world.choose)
    twin.disk = TabletDisk(of.disk.copy())
    world.offsets[name] = world.offsets.get(of.name, 0)
    world.tablets.append(twin)
    world.tell("tablet cloned")


# -- clocks and lines


def turn_tablet_clock(world: World, rng: Random) -> None:
    offset = rng.choice([0, 0, -YEARS_MS, YEARS_MS, 1_200_000, -1_200_000])
    world.offsets[world.tablet_by(rng).name] = offset
    world.tell(
        "tablet clock ahead" if offset > 0 else "tablet clock back" if offset < 0 else "tablet clock right"
    )


def turn_server_clock(world: World, rng: Random) -> None:
    some_server(world, rng).offset_ms = rng.choice([0, 0, -7_200_000, 7_200_000, -YEARS_MS])
    world.tell("server clock turned")


def cut_line(world: World, rng: Random) -> None:
    cuts = world.network.cuts
    if cuts and rng.random() < 0.6:
        cuts.discard(rng.choice(sorted(cuts, key=sorted)))
        return
    one = some_server(world, rng)
    other = rng.choice([t.name for t in world.tablets] if one.name != "campus" else ["mbale", "jinja"])
    cuts.add(frozenset((one.name, other)))
    world.tell("line cut")


# -- files by hand


def write_stick(world: World, rng: Random) -> None:
    """A server's file, or a tablet's."""
    if len(world.sticks) >= STICKS_MAX:
        world.sticks.pop(rng.randrange(len(world.sticks)))
    if rng.random() < 0.5:
        tablet = world.tablet_by(rng)
        world.sticks.append(Stick(tablet.bundle(), "tablet"))
        world.tell("tablet's file written")
        return
    server = some_server(world, rng)
    with world.at(server):
        file = BytesIO()
        stream_bundle(server.node, file, server.parts)
        world.sticks.append(Stick(file.getvalue(), server.name))
        server.promise(gzip.decompress(file.getvalue()))
        world.tell("server's file written")


def read_stick(world: World, rng: Random) -> None:
    """Late, twice, at the wrong site, or with a bit turned: as it comes."""
    if not world.sticks:
        return
    stick = rng.choice(world.sticks)
    data = stick.data
    if rng.random() < 0.15:
        at = rng.randrange(len(data))
        data = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        world.tell("file damaged")
    if stick.of in world.servers and rng.random() < 0.3:
        take_receipts_of(world, world.tablet_by(rng), stick)
        return
    read_at(world, some_server(world, rng), data, stick)


def read_at(world: World, server: "Server", data: bytes, stick: Stick) -> None:
    with tempfile.NamedTemporaryFile(suffix=".luban", dir=SCRATCH) as file:
        Path(file.name).write_bytes(data)
        with world.at(server):
            try:
                server.read_file(Path(file.name))
            except SyncError as error:
                world.tell(f"file refused: {error.code}")
                return
            stick.reads += 1
            world.tell("file read" if stick.reads == 1 else "file read again")


def take_receipts_of(world: World, tablet: Tablet, stick: Stick) -> None:
    first, _ = unpack(gzip.decompress(stick.data))
    with world.on(tablet):
        tablet.take_receipts(first.get("receipts", ()))
        world.tell("receipts by file")


SCRATCH = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory where there is some: no file here needs a disk


# -- a stranger


def forge(world: World, rng: Random) -> None:
    """Mallory has a file of a victim's ops and puts one of her own behind them, or alters one, in a file like any server's."""
    victim = world.tablet_by(rng)
    runs = victim.runs(None, set(), 500)
    if not runs:
        return
    run = rng.choice(runs)
    header, body = run.lines[-1]
    if rng.random() < 0.5:
        other = body.replace(b"present", b"absent").replace(b"late", b"past") + b" "
        false = replace(run, lines=[*run.lines[:-1], (header, other)])
    else:
        told = ops.decode_header(header)
        told.seq += 1
        line, body = (
            ops.encode_header(told),
            b'[["attendance","T01.1.tokot",{"status":"absent","minutes":null}]]',
        )
        link = ops.next_link(run.link, line, ops.body_hash(body))
        world.forbidden[link] = "forged"
        signature = world.stranger.sign(head_statement(run.chain, run.end + 1, link))
        key_told = rng.choice([run.key, world.stranger.public])
        false = Run(run.chain, run.start, link, signature, key_told, [*run.lines, (line, body)])
    world.sticks.append(Stick(file_of(world, [false]), "mallory"))
    read_at(world, some_server(world, rng), world.sticks[-1].data, world.sticks[-1])
    world.tell("forged run")


def file_of(world: World, runs: list[Run]) -> bytes:
    """A file in the form of a server's, by a stranger."""
    false = Tablet("mallory", key("mallory"), "mbale", "", "", world.clock, world.choose)
    return false.bundle_of(runs, {"role": "workshop", "parts": ["common", "mbale", "jinja"]})


STEPS = {
    "stop server": (3, stop_server),
    "pull plug": (2, pull_plug),
    "fill disk": (2, fill_disk),
    "kill tablet": (3, kill_tablet),
    "upgrade": (1, upgrade),
    "back up server": (2, back_up_server),
    "put server back": (2, put_server_back),
    "back up tablet": (3, back_up_tablet),
    "put tablet back": (2, put_tablet_back),
    "clone tablet": (2, clone_tablet),
    "turn tablet clock": (2, turn_tablet_clock),
    "turn server clock": (1, turn_server_clock),
    "cut line": (3, cut_line),
    "write stick": (2, write_stick),
    "read stick": (3, read_stick),
    "forge": (1, forge),
}
