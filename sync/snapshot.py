"""The first load: everything that a server lacks, as one stream. For a new server, or one that is far behind; the next exchange does the rest.

The runs are those of any message, so nothing is believed that a batch would not be. Bytes in, bytes out: knows no network and no clock.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sync import limits, signing, wire
from sync.errors import CarrierError, MessageError, SyncError
from sync.log import SqliteLog, Vector
from sync.messages import PROTOCOL
from sync.node import Node
from sync.wire import Run

PATH = "/sync/v1/snapshot"
WORTH_OPS = 5000
"""From so many missing ops on, one stream costs less than batches, each of which says what its caller has."""

GROUP_OPS, GROUP_BYTES = 4000, 2 * 1024 * 1024
"""What is taken in one transaction, at most."""

CHUNK_BYTES = 64 * 1024

Hold = Callable[[], AbstractContextManager[Node]]
"""The node, with nobody else on its connection."""

Progress = Callable[[int, int], bool]
"""Told after each transaction: (ops taken, ops there are to take). False stops the load; what was taken stays."""


class _First(msgspec.Struct, kw_only=True):
    device: str
    key: str
    parts: list[str]
    ops: int


class _Last(msgspec.Struct, kw_only=True):
    end: bool
    runs: int
    ops: int


@dataclass
class Loaded:
    """What a load brought: new ops, how many were promised, whether the stream came to its end, and why it did not."""

    taken: int = 0
    of: int = 0
    whole: bool = False
    failure: SyncError | None = field(default=None)


def lacking(mine: Vector, theirs: Vector) -> int:
    """About how many ops one vector has that the other lacks: by the highest number of each chain."""

    def highest(vector: Mapping[str, Any], name: str) -> int:
        return max((seq for seq, _ in vector.get(name, ())), default=0)

    return sum(max(0, highest(theirs, name) - highest(mine, name)) for name in theirs)


# -- the side that gives


def ask(node: Node, parts: list[str], peer: str | None) -> bytes:
    """The request, not yet compressed: the first line of an exchange, with the vector. Raises MessageError("too_large")."""
    node.notice_other_writers()
    first: dict[str, Any] = {
        "luban": PROTOCOL,
        "device": node.device,
        "epoch": node.epoch,
        "key": node.key.public,
        "role": node.role,
        "now": node.clock(),
        "parts": parts,
        "have": node.log.vector(parts),
    }
    raw = wire.pack(first | ({"to": peer} if peer else {}), [])
    if len(raw) > limits.MESSAGE_RAW_BYTES:
        raise MessageError("too_large", what="vector")
    return raw


def stream(
    log: SqliteLog, key: str, have: Vector, parts: list[str], servers: Iterable[str]
) -> Iterator[bytes]:
    """Everything in `parts` that `have` lacks, gzip, a piece at a time; `key` is this server's.

    `log` should be on a connection that only reads: nothing is held between two pieces, and what comes meanwhile may stay behind.
    Chains of `servers` go first: they say who the tablets are, so that these need not wait in quarantine.
    """
    packer = zlib.compressobj(6, wbits=31)
    missing = log.lacking(have, parts, frozenset(servers))
    first = {
        "luban-snapshot": 1,
        "device": signing.device_id(key),
        "key": key,
        "parts": parts,
        "ops": sum(branch.seq - start + 1 for branch, start in missing),
    }
    yield packer.compress(wire.encode_object(first) + b"\n")
    runs = ops = 0
    ready: list[bytes] = []
    for run in log.runs_of(missing):
        ready.append(packer.compress(run.encode()))
        runs, ops = runs + 1, ops + len(run.lines)
        if sum(map(len, ready)) >= CHUNK_BYTES:
            yield b"".join(ready)
            ready.clear()
    end = wire.encode_object({"end": True, "runs": runs, "ops": ops}) + b"\n"
    yield b"".join([*ready, packer.compress(end), packer.flush()])


# -- the side that takes


def take(
    hold: Hold, pieces: Iterable[bytes], parts: list[str], peer: str | None, progress: Progress
) -> Loaded:
    """Take a stream in, many runs to a transaction; each link and each signature is checked as always.

    What was taken before a failure stays: the next load begins where this one ended. Of a run that is refused nothing is stored, and
    nothing that comes after its transaction. The failure is told in the result, so that the caller knows what to try next.
    """
    loaded = Loaded()
    group: list[Run] = []
    try:
        lines = _lines(pieces)
        loaded.of = _first(next(lines, b""), peer)
        inner = _Inner(lines)
        for run in wire.read_runs(inner, limits.SNAPSHOT_OPS):
            group.append(run)
            if _is_full(group):
                _put(hold, group, parts, loaded)
                if not progress(loaded.taken, loaded.of):
                    return loaded
        _check_end(inner)
        loaded.whole = True
    except SyncError as error:
        loaded.failure = error
    if group and not isinstance(loaded.failure, RefusedInLoad):
        try:
            _put(hold, group, parts, loaded)
        except SyncError as error:
            loaded.whole, loaded.failure = False, loaded.failure or error
    return loaded


class RefusedInLoad(CarrierError):
    """A run of the stream was refused: `code` and `data` say why."""


def _is_full(group: list[Run]) -> bool:
    if sum(len(run.lines) for run in group) >= GROUP_OPS:
        return True
    return sum(len(header) + len(body) for run in group for header, body in run.lines) >= GROUP_BYTES


def _put(hold: Hold, group: list[Run], parts: list[str], loaded: Loaded) -> None:
    """One transaction. Raises RefusedInLoad for the first run that was not taken."""
    with hold() as node:
        taken, refused = node.take(group, parts=parts)
    group.clear()
    loaded.taken += taken
    if refused:
        error = refused[0][1]
        raise RefusedInLoad(error.code, **error.data)


def _first(line: bytes, peer: str | None) -> int:
    """How many ops are promised. Raises MessageError, CarrierError("wrong_peer")."""
    found = wire.parse_object(line)
    if found.get("luban-snapshot") != 1:
        raise MessageError("unknown_version", version=str(found.get("luban-snapshot"))[:20])
    try:
        first = msgspec.convert(found, _First, strict=True)
    except msgspec.ValidationError as error:
        raise MessageError("bad_message", what="first line") from error
    if signing.device_id(first.key) != first.device:
        raise MessageError("bad_signature", what="key")
    if peer not in (None, first.device):
        raise CarrierError("wrong_peer", expected=peer, found=first.device)
    if not 0 <= first.ops <= limits.SNAPSHOT_OPS:
        raise MessageError("too_large", what="ops")
    return first.ops


class _Inner:
    """All lines but the last, which is `held` back."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.held = next(lines, None)

    def __iter__(self) -> "_Inner":
        return self

    def __next__(self) -> bytes:
        line, self.held = self.held, next(self._lines)
        return line or b""


def _check_end(inner: _Inner) -> None:
    """Raises MessageError when the stream was cut: nothing else says that all has come."""
    try:
        msgspec.convert(wire.parse_object(inner.held or b""), _Last, strict=True)
    except msgspec.ValidationError as error:
        raise MessageError("bad_message", what="cut short") from error


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The stream's lines, inflated with a counter. Raises MessageError; what `pieces` raises comes through."""
    unpacker = zlib.decompressobj(wbits=31)
    packed, count, rest = 0, 0, b""
    for piece in pieces:
        packed += len(piece)
        while piece:
            try:
                raw = unpacker.decompress(piece, CHUNK_BYTES)
            except zlib.error as error:
                raise MessageError("bad_message", what="gzip") from error
            piece = unpacker.unconsumed_tail
            count += len(raw)
            *whole, rest = (rest + raw).split(b"\n")
            if count > min(
                limits.SNAPSHOT_RAW_BYTES, packed * limits.INFLATE_RATIO + limits.MESSAGE_RAW_BYTES
            ):
                raise MessageError("too_large", what="inflated")
            if len(rest) > limits.BODY_BYTES + limits.HEADER_BYTES:
                raise MessageError("op_too_large", bytes=len(rest))
            yield from whole
        if unpacker.unused_data:
            raise MessageError("bad_message", what="bytes after the end")
    if not unpacker.eof or rest:
        raise MessageError("bad_message", what="cut short")
