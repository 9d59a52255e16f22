"""Lines on the wire: runs, messages, gzip with a counter. Reads and writes bytes; stores nothing, trusts nothing."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

import msgspec

from sync import limits
from sync.errors import MessageError
from sync.ops import DEVICE, EPOCH, PART, ChainName, b64, depth_ok, unb64

VALUES_MAX = 100_000
"""Brackets and commas of one line, about: a megabyte of `{},` would become fifty in memory. The largest first line has half of them."""

_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Run:
    """Ops of one chain that follow one another and end at a signed head. `lines` are (header, body) pairs as they came."""

    chain: ChainName
    start: int
    link: bytes
    signature: bytes
    key: str
    lines: list[tuple[bytes, bytes]]

    @property
    def end(self) -> int:
        return self.start + len(self.lines) - 1

    def encode(self) -> bytes:
        first = _encode(
            {
                "run": self.chain,
                "from": self.start,
                "count": len(self.lines),
                "link": b64(self.link),
                "sig": b64(self.signature),
                "key": self.key,
            }
        )
        return b"\n".join([first, *(part for pair in self.lines for part in pair), b""])


def parse_object(line: bytes) -> dict[str, Any]:
    """One line that holds a JSON object. Raises MessageError("bad_message")."""
    if not depth_ok(line):
        raise MessageError("bad_message", what="depth")
    if line.count(b"{") + line.count(b"[") + line.count(b",") > VALUES_MAX:
        raise MessageError("too_large", what="values")
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError("bad_message", what="json") from error
    if not isinstance(found, dict):
        raise MessageError("bad_message", what="object")
    return found


def encode_object(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, without the line's end."""
    return _encode(value)


def digest(vector: dict[str, Any]) -> str:
    """What two servers compare before they send vectors: b64 of SHA-256 over the vector's JSON."""
    return b64(hashlib.sha256(_encode(vector)).digest())


def read_runs(lines: Iterator[bytes], ops_max: int) -> Iterator[Run]:
    """Runs one after another until the lines end; `ops_max` counts over all runs.

    Raises MessageError `too_large`, `op_too_large` or `bad_message`.
    """
    total = 0
    for line in lines:
        chain, start, count, link, signature, key = _run_line(line)
        total += count
        if total > ops_max or count > limits.OPS_PER_MESSAGE:
            raise MessageError("too_large", what="ops")
        pairs, size = [], 0
        for _ in range(count):
            header, body = next(lines, None), next(lines, None)
            if header is None or body is None:
                raise MessageError("bad_message", what="cut short")
            if len(header) > limits.HEADER_BYTES or len(body) > limits.BODY_BYTES:
                raise MessageError("op_too_large", bytes=max(len(header), len(body)))
            size += len(header) + len(body) + 2
            pairs.append((header, body))
        if size > limits.RUN_RAW_BYTES:
            raise MessageError("too_large", what="run")
        yield Run(chain, start, link, signature, key, pairs)


def _run_line(line: bytes) -> tuple[ChainName, int, int, bytes, bytes, str]:
    found = parse_object(line)
    chain, start, count, key = found.get("run"), found.get("from"), found.get("count"), found.get("key")
    if not (isinstance(chain, list) and len(chain) == 3 and all(isinstance(piece, str) for piece in chain)):
        raise MessageError("bad_message", what="run")
    if not (DEVICE.fullmatch(chain[0]) and EPOCH.fullmatch(chain[1]) and PART.fullmatch(chain[2])):
        raise MessageError("bad_message", what="chain")
    if not (is_count(start) and is_count(count) and isinstance(key, str)):
        raise MessageError("bad_message", what="run")
    link, signature = unb64(found.get("link", ""), 32), unb64(found.get("sig", ""), 64)
    return (chain[0], chain[1], chain[2]), start, count, link, signature, key


def is_count(value: Any) -> TypeGuard[int]:
    """True for 1, 2, 3 ... as far as every party keeps integers exactly; false for `true`, which Python takes for 1."""
    return type(value) is int and 1 <= value <= limits.SAFE_INTEGER


def pack(first: dict[str, Any], runs: Iterable[Run]) -> bytes:
    """The lines of a message, not yet compressed."""
    return b"".join([encode_object(first), b"\n", *(run.encode() for run in runs)])


def compress(raw: bytes) -> bytes:
    return gzip.compress(raw, 6, mtime=0)


def inflate(
    data: bytes, gzip_max: int = limits.MESSAGE_GZIP_BYTES, raw_max: int = limits.MESSAGE_RAW_BYTES
) -> bytes:
    """Inflate gzip as a stream with a counter; never holds more than `raw_max` + one chunk.

    Raises MessageError `too_large` or `bad_message`.
    """
    if len(data) > gzip_max:
        raise MessageError("too_large", what="gzip")
    allowed = min(raw_max, max(len(data) * limits.INFLATE_RATIO, 64 * 1024))
    stream = zlib.decompressobj(wbits=31)
    try:
        raw = stream.decompress(data, allowed + 1)
    except zlib.error as error:
        raise MessageError("bad_message", what="gzip") from error
    if len(raw) > allowed:
        raise MessageError("too_large", what="inflated")
    if not stream.eof or stream.unused_data:
        raise MessageError("bad_message", what="gzip end")
    return raw


def unpack(raw: bytes) -> tuple[dict[str, Any], Iterator[bytes]]:
    """First line as an object, and the lines after it. Raises MessageError."""
    if not raw.endswith(b"\n"):
        raise MessageError("bad_message", what="cut short")
    lines = iter(raw[:-1].split(b"\n"))
    return parse_object(next(lines)), lines
