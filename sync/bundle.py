"""Bundles: the very same runs in one file, for USB or chat. Written whole or not at all; refused whole or taken whole."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from sync import limits, signing, wire
from sync.errors import BundleError, MessageError, SyncError
from sync.log import Vector
from sync.messages import encode_receipt, read_receipt, read_vector
from sync.node import Node

GZIP_START = bytes.fromhex("1f8b080000000000")
"""How every bundle begins: gzip without name, time or comment. What these bytes hold, no checksum covers."""

OPS_MAX = 10_000_000
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class BundleInfo:
    """What a bundle's first and last line say."""

    device: str
    role: str
    parts: list[str]
    at: int
    runs: int
    ops: int


class _First(msgspec.Struct, kw_only=True):
    device: str
    key: str
    role: str
    parts: list[str]
    at: int
    have: dict[str, list[tuple[int, str]]] = {}
    receipts: list[dict[str, Any]] = []


class _Last(msgspec.Struct, kw_only=True):
    end: bool
    runs: int
    ops: int
    sha256: str


def write_bundle(node: Node, path: Path, parts: list[str], peer_has: Vector | None = None) -> BundleInfo:
    """Write everything that a peer with `peer_has` lacks (all when None) to `path`: temporary name, synced, renamed."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            info = stream_bundle(node, file, parts, peer_has)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return info


def stream_bundle(node: Node, file: BinaryIO, parts: list[str], peer_has: Vector | None = None) -> BundleInfo:
    """The same into an open file."""
    node.notice_other_writers()
    first = {
        "luban-bundle": 1,
        "device": node.device,
        "key": node.key.public,
        "role": node.role,
        "parts": parts,
        "at": node.clock(),
        "have": node.log.vector(parts),
        "receipts": [
            encode_receipt(r)
            for r in (*node.own_receipts(parts), *node.receipts.held())
            if r.chain[2] in parts
        ],
    }
    total, runs, ops = hashlib.sha256(), 0, 0
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0, filename="") as packed:

        def put(data: bytes) -> None:
            total.update(data)
            packed.write(data)

        put(wire.encode_object(first) + b"\n")
        for run in node.log.all_missing_for(peer_has or {}, parts):
            put(run.encode())
            runs, ops = runs + 1, ops + len(run.lines)
        end = {"end": True, "runs": runs, "ops": ops, "sha256": total.hexdigest()}
        packed.write(wire.encode_object(end) + b"\n")
    return BundleInfo(node.device, node.role, parts, int(str(first["at"])), runs, ops)


def read_bundle(node: Node, path: Path, parts: list[str]) -> tuple[BundleInfo, int, list[SyncError], Vector]:
    """Check a bundle file whole, then take it: (what it is, new ops, runs refused, what its writer has).

    The file is read twice, so that its size costs no memory. Raises BundleError `bundle_damaged`, `bundle_too_large`,
    `bundle_foreign` (no part of it belongs here); then nothing was taken.
    """
    info, first = _check(path)
    if not set(info.parts) & set(parts):
        raise BundleError("bundle_foreign", parts=info.parts)
    taken, refused = 0, []
    device = info.device if info.role == "tablet" else None
    with node.write():
        for run in wire.read_runs(_inner_lines(path), OPS_MAX):
            if run.chain[2] in parts:
                count, failed = node.take([run], device)
                taken += count
                refused += [error for _, error in failed]
        node.keep_receipts([read_receipt(item) for item in first.receipts])
    return info, taken, refused, read_vector(first.have)


def _check(path: Path) -> tuple[BundleInfo, _First]:
    """Read a whole file without taking anything: every line in its place, the sum right, every receipt genuine."""
    if path.stat().st_size > limits.BUNDLE_GZIP_BYTES:
        raise BundleError("bundle_too_large", bytes=path.stat().st_size)
    try:
        total, last = _sum(path)
        lines = _lines(path)
        found = wire.parse_object(next(lines))
        first = msgspec.convert(found, _First, strict=True)
        if found.get("luban-bundle") != 1 or signing.device_id(first.key) != first.device:
            raise BundleError("bundle_damaged", what="first line")
        read_vector(first.have)
        if not all(read_receipt(item).is_genuine() for item in first.receipts):
            raise BundleError("bundle_damaged", what="receipt")
        runs = ops = 0
        for run in wire.read_runs(_inner_lines(path), OPS_MAX):
            runs, ops = runs + 1, ops + len(run.lines)
        end = msgspec.convert(wire.parse_object(last), _Last, strict=True)
    except (MessageError, StopIteration, msgspec.ValidationError) as error:
        raise BundleError("bundle_damaged", what=str(error)[:100]) from error
    if not end.end or (end.sha256, end.runs, end.ops) != (total, runs, ops):
        raise BundleError("bundle_damaged", what="sum")
    return BundleInfo(first.device, first.role, first.parts, first.at, runs, ops), first


def _sum(path: Path) -> tuple[str, bytes]:
    """SHA-256 over all lines but the last, and the last."""
    total, held = hashlib.sha256(), None
    for line in _lines(path):
        if held is not None:
            total.update(held + b"\n")
        held = line
    if held is None:
        raise MessageError("bad_message", what="empty")
    return total.hexdigest(), held


def _inner_lines(path: Path) -> Iterator[bytes]:
    """All lines but the first and the last."""
    lines = _lines(path)
    next(lines)
    held = next(lines, None)
    for line in lines:
        if held is not None:
            yield held
        held = line


def _lines(path: Path) -> Iterator[bytes]:
    """The file's lines, inflated as a stream with a counter. Raises BundleError."""
    stream = zlib.decompressobj(wbits=31)
    count, rest = 0, b""
    with path.open("rb") as file:
        if file.read(len(GZIP_START)) != GZIP_START:
            raise BundleError("bundle_damaged", what="not a bundle")
        file.seek(0)
        while chunk := file.read(64 * 1024):
            full = True
            while chunk or full:
                try:
                    raw = stream.decompress(chunk, CHUNK_BYTES)
                except zlib.error as error:
                    raise BundleError("bundle_damaged", what="gzip") from error
                chunk, full = stream.unconsumed_tail, len(raw) == CHUNK_BYTES
                count += len(raw)
                *whole, rest = (rest + raw).split(b"\n")
                if count > limits.BUNDLE_RAW_BYTES or len(rest) > limits.BUNDLE_LINE_BYTES:
                    raise BundleError("bundle_too_large", bytes=count)
                yield from whole
            if stream.unused_data:
                raise BundleError("bundle_damaged", what="bytes after the end")
    if not stream.eof or rest:
        raise BundleError("bundle_damaged", what="cut short")
