"""The first load: one stream ends in what batches end in; cut or damaged it leaves whole runs or nothing."""

import gzip
import json
import random
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync import Change, Node, snapshot
from sync.errors import CarrierError
from sync.exchange import Conversation
from sync.http import synchronise
from sync.log import SqliteLog, Vector
from sync.snapshot import Loaded
from tests.sync_world import PART, PARTS, Line, Tablet, World, assert_sound, quarantine, replica, rows

CUTS = 12


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The campus holds what two tablets wrote: marks, corrections, a conflict, and marks of a tablet that was enrolled later."""
    made = World(tmp_path)
    late = Tablet("tablet three", made.clock)
    late.mark("early", "absent")
    late.send(made.workshop)
    made.enrol(made.one, made.two)
    for number in range(60):
        first = made.one.mark(f"p{number}")
        if number % 5 == 0:
            made.one.mark(f"p{number}", "excused", base=[first])
        if number % 7 == 0:
            made.two.mark(f"p{number}", "absent")
    made.one.send(made.workshop, runs=made.one.runs(PART, most=9))
    made.two.send(made.workshop)
    made.enrol(late)
    made.exchange()
    yield made
    made.close()


Fresh = Callable[[str], Node]


@pytest.fixture
def fresh(world: World) -> Fresh:
    """A new server that holds nothing."""
    return lambda name: replica(world.campus.device, world.clock, name, "workshop")


def streamed(giver: Node, have: Vector | None = None, parts: list[str] = PARTS) -> bytes:
    log = SqliteLog(giver.db.conn)
    return b"".join(snapshot.stream(log, giver.key.public, have or {}, parts, [giver.device]))


def load(node: Node, pieces: Iterable[bytes], peer: str | None = None) -> Loaded:
    @contextmanager
    def hold() -> Iterator[Node]:
        yield node

    return snapshot.take(hold, pieces, PARTS, peer, lambda *_: True)


def in_pieces(data: bytes, size: int = 700) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def code_of(loaded: Loaded) -> str | None:
    return loaded.failure.code if loaded.failure else None


def test_a_stream_ends_in_what_batches_end_in(world: World, fresh: Fresh) -> None:
    campus = world.campus.node
    by_stream, by_batches = fresh("new box"), fresh("other box")
    loaded = load(by_stream, in_pieces(streamed(campus)), campus.device)
    assert loaded.whole and loaded.failure is None
    assert (loaded.taken, loaded.of) == (rows(campus, "select count(*) from op_log")[0][0],) * 2
    for node in (by_stream, by_batches):
        synchronise(node, Conversation(), Line(campus, PARTS), PARTS)
    assert by_stream.log.vector(PARTS) == by_batches.log.vector(PARTS) == campus.log.vector(PARTS)
    assert by_stream.model.state_hash() == by_batches.model.state_hash() == campus.model.state_hash()
    told = [{(r.site, r.chain, r.seq) for r in node.receipts.held()} for node in (by_stream, by_batches)]
    assert told[0] == told[1] != set()
    assert_sound(by_stream)


def test_servers_go_first_so_that_nothing_waits_in_quarantine(world: World, fresh: Fresh) -> None:
    log = SqliteLog(world.campus.node.db.conn)
    servers = [world.campus.device, world.workshop.device]
    missing = log.lacking({}, PARTS, servers)
    of_servers = [branch.name[0] in servers for branch, _ in missing]
    assert of_servers == sorted(of_servers, reverse=True) and not all(of_servers)
    node = fresh("new box")
    load(node, [streamed(world.campus.node)])
    assert quarantine(node) == {}


def test_a_second_load_brings_only_what_is_new(world: World, fresh: Fresh) -> None:
    node, campus = fresh("new box"), world.campus.node
    load(node, [streamed(campus)])
    before = node.model.state_hash()
    again = load(node, [streamed(campus)])
    assert (again.taken, again.whole, node.model.state_hash()) == (0, True, before)
    assert load(node, [streamed(campus, node.log.vector(PARTS))]).of == 0
    world.one.mark("p1", "late", minutes=5)
    world.one.send(world.workshop)
    world.exchange()
    more = load(node, [streamed(campus, node.log.vector(PARTS))])
    assert (more.taken, more.of) == (1, 1)


def test_cut_anywhere_it_goes_on_from_there(world: World, fresh: Fresh) -> None:
    campus, rng = world.campus.node, random.Random("cuts")
    data, [(total,)] = streamed(campus), rows(campus, "select count(*) from op_log")
    kept = []
    for number in range(CUTS):
        node = fresh(f"box {number}")
        cut = load(node, in_pieces(data[: rng.randrange(1, len(data))]))
        assert code_of(cut) == "bad_message" and not cut.whole
        kept.append(cut.taken)
        assert rows(node, "select count(*) from op_log") == [(cut.taken,)]
        assert_sound(node)
        rest = load(node, in_pieces(streamed(campus, node.log.vector(PARTS))))
        assert rest.whole and rest.taken == rest.of == total - cut.taken
        assert node.model.state_hash() == campus.model.state_hash()
    assert max(kept) > 0


def test_a_line_that_breaks_is_told_and_what_came_is_kept(world: World, fresh: Fresh) -> None:
    node, data = fresh("new box"), streamed(world.campus.node)

    def broken() -> Iterator[bytes]:
        yield data[: len(data) * 3 // 4]
        raise CarrierError("unreachable", reason="cut")

    loaded = load(node, broken())
    assert code_of(loaded) == "unreachable" and 0 < loaded.taken < loaded.of


def test_whoever_is_told_of_the_progress_may_stop_it(world: World, fresh: Fresh) -> None:
    tablet = Tablet("tablet two", world.clock, "mmmmmmmm")
    for number in range(snapshot.GROUP_OPS + 700):
        tablet.mark(f"q{number}")
    campus = world.campus.node
    for run in tablet.runs(PART):
        campus.take([run])
    node, seen = fresh("new box"), []

    @contextmanager
    def hold() -> Iterator[Node]:
        yield node

    def stop(taken: int, of: int) -> bool:
        seen.append((taken, of))
        return False

    loaded = snapshot.take(hold, [streamed(campus)], PARTS, None, stop)
    assert seen == [(loaded.taken, loaded.of)] and not loaded.whole and loaded.failure is None
    assert snapshot.GROUP_OPS <= loaded.taken < loaded.of


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"status":"excused"', b'"status":"present"'), (b'"actor":"pak"', b'"actor":"pal"')],
)
def test_of_a_changed_run_nothing_is_stored(world: World, fresh: Fresh, old: bytes, new: bytes) -> None:
    lines = gzip.decompress(streamed(world.campus.node)).split(b"\n")
    at = next(n for n, line in enumerate(lines) if old in line)
    lines[at] = lines[at].replace(old, new)
    run = json.loads(next(line for line in reversed(lines[:at]) if line.startswith(b'{"count"')))
    node = fresh("new box")
    loaded = load(node, [gzip.compress(b"\n".join(lines))])
    assert code_of(loaded) == "chain_mismatch" and not loaded.whole
    assert all(branch.seq < run["from"] for branch in node.log.branches(tuple(run["run"])))
    assert 0 < loaded.taken < loaded.of
    assert_sound(node)


def test_a_signature_that_is_not_the_devices_is_refused(world: World, fresh: Fresh) -> None:
    lines = gzip.decompress(streamed(world.campus.node)).split(b"\n")
    at = [n for n, line in enumerate(lines) if line.startswith(b'{"count"')][-1]
    sign = lines[at].index(b'"sig":"') + 7
    lines[at] = (
        lines[at][:sign] + (b"B" if lines[at][sign : sign + 1] == b"A" else b"A") + lines[at][sign + 1 :]
    )
    loaded = load(fresh("new box"), [gzip.compress(b"\n".join(lines))])
    assert code_of(loaded) == "bad_signature" and loaded.taken < loaded.of


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"", "bad_message"),
        (b"<html>sign in to this network</html>", "bad_message"),
        (gzip.compress(b"\n"), "bad_message"),
        (gzip.compress(b"{}\n"), "unknown_version"),
        (gzip.compress(b'{"luban-snapshot":1}\n'), "bad_message"),
        (gzip.compress(b" " * 40_000_000), "op_too_large"),
        (gzip.compress(b"\n" * 40_000_000), "bad_message"),
    ],
    ids=["empty", "a page", "an empty line", "another object", "half a line", "one long line", "many lines"],
)
def test_what_is_no_stream_of_ours_leaves_the_store_as_it_was(fresh: Fresh, bad: bytes, code: str) -> None:
    node = fresh("new box")
    assert code_of(load(node, in_pieces(bad))) == code
    assert rows(node, "select count(*) from op_log") == [(0,)]


def test_a_stream_that_grows_without_measure_is_refused(world: World, fresh: Fresh) -> None:
    first = gzip.decompress(streamed(world.campus.node)).split(b"\n")[0]
    loaded = load(fresh("new box"), in_pieces(gzip.compress(first + b"\n" + b'{"run":[]}\n' * 4_000_000)))
    assert code_of(loaded) in ("bad_message", "too_large")


def test_another_server_than_the_one_that_is_meant_is_not_believed(world: World, fresh: Fresh) -> None:
    node = fresh("new box")
    loaded = load(node, [streamed(world.campus.node)], peer=world.workshop.device)
    assert code_of(loaded) == "wrong_peer" and rows(node, "select count(*) from op_log") == [(0,)]


def test_only_the_parts_that_are_asked_for_leave(world: World) -> None:
    lines = gzip.decompress(streamed(world.campus.node, parts=["common"])).split(b"\n")
    assert not [line for line in lines if f'"{PART}"'.encode() in line and line.startswith(b'{"count"')]
    assert [line for line in lines if line.startswith(b'{"count"')]


def test_neither_side_holds_the_whole_in_memory(world: World, fresh: Fresh) -> None:
    tablet, rng = Tablet("tablet two", world.clock, "mmmmmmmm"), random.Random("memory")
    for number in range(3000):
        note = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=3000))
        change = Change("attendance", f"T01.2.q{number}", {"status": "present", "note": note})
        tablet.record(PART, "pak", "attendance.mark", [change])
    campus, node = world.campus.node, fresh("new box")
    for run in tablet.runs(PART):
        campus.take([run])
    whole = len(zlib.decompress(streamed(campus), wbits=31))
    del tablet
    log = SqliteLog(campus.db.conn)
    tracemalloc.start()
    loaded = load(node, snapshot.stream(log, campus.key.public, {}, PARTS, []))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert loaded.whole and whole > 9_000_000
    assert most < whole / 2
