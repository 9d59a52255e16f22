"""Bundles: the very same runs in one file, for USB or chat. Written whole or not at all; refused whole or taken whole."""

import gzip
import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from sync import bundlelines, limits, signing, wire
from sync.errors import BundleError, MessageError, SyncError
from sync.log import Vector
from sync.messages import encode_receipt, read_receipt, read_vector
from sync.node import Node
from sync.ops import unb64
from sync.wire import Run

OPS_MAX = 10_000_000
OPS_AT_ONCE = 25_000
"""A month of a workshop: so much is taken in one transaction, whole or not at all. A larger file is taken in several, so that others
can write between: nobody waits longer for ten months than for one.
"""

COMMON = "common"

Progress = Callable[[str, int, int], None]
"""Told how far the work is: its step (`write`, `check`, `take`), how much is done, how much there is (0 where nobody knows):
ops, but bytes of the file in `check`."""

Hold = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class BundleInfo:
    """What a bundle's first and last line say. `root` is the campus that its writer belongs to, where it says so."""

    device: str
    role: str
    parts: list[str]
    at: int
    runs: int
    ops: int
    root: str | None = None


class Taken(NamedTuple):
    """What became of a bundle: what it is, new ops, runs refused, what its writer has, receipts that were news."""

    info: BundleInfo
    new: int
    refused: list[SyncError]
    have: Vector
    receipts: int


class _First(msgspec.Struct, kw_only=True):
    device: str
    key: str
    role: str
    parts: list[str]
    at: int
    root: str | None = None
    have: dict[str, list[tuple[int, str]]] = {}
    receipts: list[dict[str, Any]] = []


class _Last(msgspec.Struct, kw_only=True):
    end: bool
    runs: int
    ops: int
    sha256: str


def silent(_step: str, _done: int, _of: int) -> None:
    """Tells nobody."""


# -- writing


def write_bundle(
    node: Node,
    path: Path,
    parts: list[str],
    peer_has: Vector | None = None,
    *,
    root: str | None = None,
    hold: Hold = nullcontext,
    progress: Progress = silent,
) -> BundleInfo:
    """Write everything that a peer with `peer_has` lacks (all when None) to `path`: temporary name, synced, renamed."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            info = stream_bundle(node, file, parts, peer_has, root=root, hold=hold, progress=progress)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return info


def stream_bundle(
    node: Node,
    file: IO[bytes],
    parts: list[str],
    peer_has: Vector | None = None,
    *,
    root: str | None = None,
    hold: Hold = nullcontext,
    progress: Progress = silent,
) -> BundleInfo:
    """The same into an open file. `hold` is taken for each run and let go between: nobody waits while text is compressed."""
    with hold():
        node.notice_other_writers()
        held = (*node.own_receipts(parts), *node.receipts.held())
        first: dict[str, Any] = {
            "luban-bundle": 1,
            "device": node.device,
            "key": node.key.public,
            "role": node.role,
            "parts": parts,
            "at": node.clock(),
            "have": node.log.vector(parts),
            "receipts": [encode_receipt(r) for r in held if r.chain[2] in parts],
        }
        missing = iter(node.log.all_missing_for(_sure(node, peer_has or {}), parts))
    if root:
        first["root"] = root
    total, runs, ops = hashlib.sha256(), 0, 0
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0, filename="") as packed:

        def put(data: bytes) -> None:
            total.update(data)
            packed.write(data)

        put(wire.encode_object(first) + b"\n")
        while True:
            with hold():
                node.notice_other_writers()
                run = next(missing, None)
            if run is None:
                break
            put(run.encode())
            runs, ops = runs + 1, ops + len(run.lines)
            progress("write", ops, 0)
        end = {"end": True, "runs": runs, "ops": ops, "sha256": total.hexdigest()}
        packed.write(wire.encode_object(end) + b"\n")
    return BundleInfo(node.device, node.role, parts, int(first["at"]), runs, ops, root)


def _sure(node: Node, has: Vector) -> Vector:
    """Those tips of a vector that are known here. In a conversation a peer that is further is taken to hold all that is here, and is
    corrected by its next word; a file gets no next word, so what cannot be checked counts for nothing and the ops go again.
    """
    known: Vector = {}
    for name, tips in has.items():
        device, epoch, part = name.split("/")
        for seq, link in tips:
            if node.log.holding((device, epoch, part), seq, unb64(link)) is not None:
                known.setdefault(name, []).append((seq, link))
    return known


# -- reading


def read_bundle(
    node: Node,
    path: Path,
    parts: list[str],
    *,
    root: str | None = None,
    hold: Hold = nullcontext,
    progress: Progress = silent,
) -> Taken:
    """Check a bundle file whole, then take it: all of it, or after any error nothing.

    Only a file of more than OPS_AT_ONCE ops can be left half-way, by a disk or a power that fails after the check: then what is in
    stays in, and the same file brings the rest.

    `root` is the campus that this site belongs to. The file is read twice, so that its size costs no memory; `hold` is taken for
    each transaction only. Raises BundleError `bundle_damaged`, `bundle_too_large`, `bundle_foreign` (no part of it belongs here),
    `bundle_other_campus`; then nothing was taken. `bundle_stopped` (data: new) when it was left half-way.
    """
    info, first = check_bundle(path, progress)
    if root and info.root and info.root != root:
        raise BundleError("bundle_other_campus", root=info.root)
    if is_foreign(info.parts, parts):
        raise BundleError("bundle_foreign", parts=info.parts)
    new = news = seen = 0
    refused: list[SyncError] = []
    device = info.device if info.role == "tablet" else None
    receipts = [read_receipt(item) for item in first.receipts]
    committed = False
    try:
        for piece in _pieces(wire.read_runs(bundlelines.inner_lines(path), OPS_MAX)):
            count = 0
            with hold(), node.write():
                for run in piece:
                    seen += len(run.lines)
                    if run.chain[2] in parts:
                        fresh, failed = node.take([run], device)
                        count += fresh
                        refused += [error for _, error in failed]
                    progress("take", seen, info.ops)
                if seen == info.ops:
                    news, _ = node.keep_receipts(receipts, carried=True)
            new, committed = new + count, True
    except Exception as error:
        if committed:
            raise BundleError("bundle_stopped", new=new) from error
        raise
    return Taken(info, new, refused, read_vector(first.have), news)


def _pieces(runs: Iterator[Run]) -> Iterator[list[Run]]:
    """Runs for one transaction each; one empty piece for a file without runs, which may carry receipts."""
    piece: list[Run] = []
    ops, given = 0, False
    for run in runs:
        piece.append(run)
        ops += len(run.lines)
        if ops >= OPS_AT_ONCE:
            yield piece
            piece, ops, given = [], 0, True
    if piece or not given:
        yield piece


def is_foreign(found: Collection[str], here: Collection[str]) -> bool:
    """True when a file of these parts has no business at a site that holds those: what all share makes no file ours that carries
    another site's people.
    """
    own = set(found) - {COMMON} or set(found)
    return not own & set(here)


def check_bundle(path: Path, progress: Progress = silent) -> tuple[BundleInfo, _First]:
    """Read a whole file without taking anything: every line in its place, the sum right, every receipt genuine.

    Raises BundleError `bundle_damaged`, `bundle_too_large`.
    """
    size = path.stat().st_size
    if size > limits.BUNDLE_GZIP_BYTES:
        raise BundleError("bundle_too_large", bytes=size)
    try:
        summed = bundlelines.Summed(path, lambda done: progress("check", done, size))
        rest = iter(summed)
        found = wire.parse_object(next(rest))
        first = msgspec.convert(found, _First, strict=True)
        if found.get("luban-bundle") != 1 or signing.device_id(first.key) != first.device:
            raise BundleError("bundle_damaged", what="first line")
        read_vector(first.have)
        if not all(read_receipt(item).is_genuine() for item in first.receipts):
            raise BundleError("bundle_damaged", what="receipt")
        runs = ops = 0
        for run in wire.read_runs(rest, OPS_MAX):
            runs, ops = runs + 1, ops + len(run.lines)
        end = msgspec.convert(wire.parse_object(summed.last), _Last, strict=True)
    except (MessageError, StopIteration, msgspec.ValidationError) as error:
        raise BundleError("bundle_damaged", what=str(error)[:100]) from error
    if not end.end or (end.sha256, end.runs, end.ops) != (summed.sum(), runs, ops):
        raise BundleError("bundle_damaged", what="sum")
    return BundleInfo(first.device, first.role, first.parts, first.at, runs, ops, first.root), first
