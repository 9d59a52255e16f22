"""Bundles: the very same runs in one file, for USB or chat. Written whole or not at all; refused whole or taken whole."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sync import limits, signing, wire
from sync.errors import BundleError, MessageError, SyncError
from sync.exchange import encode_receipt, read_receipt, read_vector
from sync.log import Vector
from sync.node import Node
from sync.ops import b64
from sync.wire import Run


@dataclass(frozen=True)
class BundleInfo:
    """What a bundle's first and last line say."""

    device: str
    role: str
    parts: list[str]
    at: int
    runs: int
    ops: int


def write_bundle(node: Node, path: Path, parts: list[str], peer_has: Vector | None = None) -> BundleInfo:
    """Write everything that a peer with `peer_has` lacks (all when None) to `path`: temporary name, synced, renamed."""
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        info = stream_bundle(node, file, parts, peer_has)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return info


def stream_bundle(node: Node, file: BinaryIO, parts: list[str], peer_has: Vector | None = None) -> BundleInfo:
    """The same into an open file."""
    have: Vector = {name: list(tips) for name, tips in (peer_has or {}).items()}
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
        for run in _runs(node, have, parts):
            put(run.encode())
            runs, ops = runs + 1, ops + len(run.lines)
        end = {"end": True, "runs": runs, "ops": ops, "sha256": total.hexdigest()}
        packed.write(wire.encode_object(end) + b"\n")
    return BundleInfo(node.device, node.role, parts, int(str(first["at"])), runs, ops)


def _runs(node: Node, have: Vector, parts: list[str]) -> Iterator[Run]:
    while True:
        found, _ = node.log.missing_for(
            have, parts, limits.OPS_PER_MESSAGE, limits.MESSAGE_RAW_BYTES - 200_000
        )
        if not found:
            return
        for run in found:
            tips = have.setdefault("/".join(run.chain), [])
            tips.append((run.end, b64(run.link)))
            yield run


def read_bundle(node: Node, path: Path, parts: list[str]) -> tuple[BundleInfo, int, list[SyncError], Vector]:
    """Check a bundle file whole, then take it: (what it is, new ops, runs refused, what its writer has).

    Raises BundleError `bundle_damaged`, `bundle_too_large`, `bundle_foreign` (no part of it belongs here); then nothing was taken.
    """
    info, vector, first = _check(path)
    if not set(info.parts) & set(parts):
        raise BundleError("bundle_foreign", parts=info.parts)
    taken, refused = 0, []
    with node.write():
        node.keep_receipts([read_receipt(item) for item in first.get("receipts", [])])
        for run in _read_runs(path):
            if run.chain[2] in parts:
                count, failed = node.take([run])
                taken += count
                refused += [error for _, error in failed]
    return info, taken, refused, vector


def _check(path: Path) -> tuple[BundleInfo, Vector, dict[str, Any]]:
    if path.stat().st_size > limits.BUNDLE_GZIP_BYTES:
        raise BundleError("bundle_too_large", bytes=path.stat().st_size)
    total, runs, ops = hashlib.sha256(), 0, 0
    try:
        lines = _lines(path)
        line = next(lines)
        first = wire.parse_object(line)
        if first.get("luban-bundle") != 1 or signing.device_id(str(first.get("key"))) != first.get("device"):
            raise BundleError("bundle_damaged", what="first line")
        vector = read_vector(first.get("have", {}))
        for item in first.get("receipts", []):
            if not read_receipt(item).is_genuine():
                raise BundleError("bundle_damaged", what="receipt")
        end: dict[str, Any] = {}
        for following in lines:
            total.update(line + b"\n")
            line = following
            if following.startswith(b'{"end"') or b'"end":true' in following[-120:]:
                end = wire.parse_object(following)
            elif following.startswith(b"{") and b'"run":' in following[:400]:
                runs += 1
        ops = end.get("ops", -1)
        if end.get("sha256") != total.hexdigest() or end.get("runs") != runs:
            raise BundleError("bundle_damaged", what="sum")
        info = BundleInfo(
            str(first["device"]), str(first.get("role")), list(first["parts"]), int(first["at"]), runs, ops
        )
    except (MessageError, StopIteration, KeyError, TypeError, ValueError) as error:
        raise BundleError("bundle_damaged", what=type(error).__name__) from error
    return info, vector, first


def _read_runs(path: Path) -> Iterator[Run]:
    lines = _lines(path)
    next(lines)

    def until_end() -> Iterator[bytes]:
        held = next(lines)
        for line in lines:
            yield held
            held = line

    yield from wire.read_runs(until_end(), ops_max=10_000_000)


def _lines(path: Path) -> Iterator[bytes]:
    """The file's lines, inflated as a stream with a counter. Raises BundleError."""
    stream = zlib.decompressobj(wbits=31)
    count, rest = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(64 * 1024):
            while chunk:
                try:
                    raw = stream.decompress(chunk, 1024 * 1024)
                except zlib.error as error:
                    raise BundleError("bundle_damaged", what="gzip") from error
                chunk = stream.unconsumed_tail
                count += len(raw)
                if count > limits.BUNDLE_RAW_BYTES or len(rest) > limits.MESSAGE_RAW_BYTES * 2:
                    raise BundleError("bundle_too_large", bytes=count)
                *whole, rest = (rest + raw).split(b"\n")
                yield from whole
    if not stream.eof or rest or stream.unused_data:
        raise BundleError("bundle_damaged", what="cut short")
