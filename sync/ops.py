"""The op: header and body as the bytes that were hashed, links of the chain, ids. Pure; no clock, no disk, no keys."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from sync import limits
from sync.errors import MessageError

VERSION = 1
"""The newest version of ops that this program writes and applies. A newer one is stored and relayed, and waits for an upgrade."""

PART = re.compile(r"[a-z][a-z0-9-]{1,15}")
PIECE = r"[A-Za-z0-9_~-]{1,40}"
RECORD_ID = re.compile(rf"{PIECE}(\.{PIECE}){{0,3}}")
EPOCH = re.compile(r"[a-z2-7]{8}")
DEVICE = re.compile(r"d[a-z2-7]{19}")
OP_ID = re.compile(r"[A-Za-z0-9_-]{16}")
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_B64 = re.compile(r"[A-Za-z0-9_-]*")

ChainName = tuple[str, str, str]
"""(device, epoch, part): the name of a chain."""


class Header(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Who did what, where in which chain, and when by the device's own clock. Names no person but by an opaque id."""

    v: int
    dev: str
    ep: str
    part: str
    seq: int
    wall: int
    tz: int
    hlc: int | msgspec.UnsetType = msgspec.UNSET
    actor: str
    intent: str
    via: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def chain(self) -> ChainName:
        return self.dev, self.ep, self.part

    @property
    def hybrid(self) -> int:
        """Hybrid time in thousandths of a millisecond; the clock's own reading when the author sent none."""
        return self.wall * 1000 if isinstance(self.hlc, msgspec.UnsetType) else self.hlc


class Change(msgspec.Struct, array_like=True, frozen=True):
    """New values for some fields of one record, made in view of the ops named in `base`."""

    type: str
    id: str
    fields: dict[str, Any]
    base: tuple[str, ...] = ()


_headers = msgspec.json.Decoder(Header)
_bodies = msgspec.json.Decoder(list[Change])
_encode = msgspec.json.Encoder().encode


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str, size: int | None = None) -> bytes:
    """Bytes of base64url text; `size` says how many there must be.

    Raises MessageError("bad_message").
    """
    if not isinstance(text, str) or not _B64.fullmatch(text):
        raise MessageError("bad_message", what="base64")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise MessageError("bad_message", what="base64") from error
    if size is not None and len(data) != size:
        raise MessageError("bad_message", what="base64 length")
    return data


def depth_ok(text: bytes) -> bool:
    """False when brackets nest deeper than the limit; strings are skipped. Cheap guard before a parser sees the text."""
    if text.count(b"[") + text.count(b"{") <= limits.JSON_DEPTH:
        return True
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match[0] in b"[{":
            depth += 1
            if depth > limits.JSON_DEPTH:
                return False
        elif match[0] in b"]}":
            depth -= 1
    return True


def encode_header(header: Header) -> bytes:
    """The bytes of a header that this program authors; others' headers are never re-encoded.

    Raises MessageError for what no receiver would take.
    """
    try:
        line = _encode(header)
    except UnicodeEncodeError as error:
        raise MessageError("bad_fields", what="text") from error
    decode_header(line)
    return line


def encode_body(changes: Sequence[Change]) -> bytes:
    """The bytes of a body that this program authors. An empty base is left out.

    Raises MessageError when a bound is passed.
    """
    if not 1 <= len(changes) <= limits.CHANGES_PER_OP:
        raise MessageError("op_too_large", changes=len(changes))
    try:
        body = _encode([[c.type, c.id, c.fields, *([c.base] if c.base else [])] for c in changes])
    except (UnicodeEncodeError, TypeError, OverflowError) as error:
        raise MessageError("bad_fields", what="value") from error
    if len(body) > limits.BODY_BYTES:
        raise MessageError("op_too_large", bytes=len(body))
    return body


def decode_header(line: bytes) -> Header:
    """Parse a header line and check its shape. What a later version added is skipped; the line itself stays as it came.

    Raises MessageError with code `op_too_large` or `bad_message`.
    """
    if len(line) > limits.HEADER_BYTES:
        raise MessageError("op_too_large", bytes=len(line))
    try:
        line.decode()
        header = _headers.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError("bad_message", what="header") from error
    numbers = (header.seq, header.wall, header.tz, header.hybrid)
    if (
        header.v < 1
        or header.seq < 1
        or any(abs(number) > limits.SAFE_INTEGER for number in numbers)
        or not DEVICE.fullmatch(header.dev)
        or not EPOCH.fullmatch(header.ep)
        or not PART.fullmatch(header.part)
    ):
        raise MessageError("bad_message", what="header")
    return header


def decode_body(line: bytes) -> list[Change]:
    """Parse a body line of version 1.

    Raises MessageError: whoever stores ops keeps the line all the same and quarantines the op.
    """
    if not depth_ok(line):
        raise MessageError("bad_fields", what="depth")
    try:
        changes = _bodies.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError("bad_fields", what="body") from error
    if not 1 <= len(changes) <= limits.CHANGES_PER_OP:
        raise MessageError("bad_fields", what="changes")
    return changes


def first_link(chain: ChainName) -> bytes:
    """link(0), 32 bytes: what the first op of a chain is linked to."""
    return hashlib.sha256(("luban-chain-1\n" + "\n".join(chain)).encode()).digest()


def body_hash(body_line: bytes) -> bytes:
    """SHA-256 of a body; for an erased one, the hash that stands in its place."""
    if body_line[:1] == b'"':
        return unb64(body_line[1:-1].decode(), 32)
    return hashlib.sha256(body_line).digest()


def next_link(previous: bytes, header_line: bytes, hash_of_body: bytes) -> bytes:
    """link(n) from link(n-1), 32 bytes."""
    return hashlib.sha256(previous + hashlib.sha256(header_line).digest() + hash_of_body).digest()


def op_id(link: bytes) -> str:
    """16 characters that name an op everywhere: 96 bits of its link."""
    return base64.urlsafe_b64encode(link[:12]).decode()


def erased_line(hash_of_body: bytes) -> bytes:
    """What stands in the place of an erased body."""
    return b'"' + b64(hash_of_body).encode() + b'"'


def head_statement(chain: ChainName, seq: int, link: bytes) -> bytes:
    """What a device signs: its chain up to `seq`."""
    return ("luban-head-1\n" + "\n".join(chain) + f"\n{seq}\n{link.hex()}").encode()
