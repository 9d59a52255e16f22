"""First lines of messages and what stands in them: hello, answer, vectors, receipts. Reads and writes forms; decides nothing."""

import hashlib
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import msgspec

from sync import limits, ops, signing, wire
from sync.errors import MessageError
from sync.log import RUN_LINE_BYTES, Vector
from sync.ops import b64, unb64
from sync.receipts import Receipt
from sync.wire import Run

PROTOCOL = 1
ONE_RUN_BYTES = limits.RUN_RAW_BYTES + RUN_LINE_BYTES


class Hello(msgspec.Struct, kw_only=True):
    """The first line of a request, checked. `head` is {part: [(epoch, seq, link)]} of the caller's own chains.

    `held` is the digest of the receipts that a tablet holds: what it holds already is not told again.
    """

    device: str
    key: str
    role: Literal["tablet", "workshop", "campus"]
    epoch: str = ""
    to: str | None = None
    now: int = 0
    head: dict[str, list[tuple[str, int, str]]] = {}
    parts: list[str] = []
    digest: str | None = None
    have: dict[str, list[tuple[int, str]]] | None = None
    receipts: list[dict[str, Any]] = []
    held: str | None = None
    erased: str | None = None


class Refusal(msgspec.Struct):
    """Why a run was not taken."""

    run: list[str]
    code: str
    data: dict[str, Any] = {}


class Answer(msgspec.Struct, kw_only=True):
    """The first line of an answer, checked."""

    device: str
    key: str
    role: Literal["workshop", "campus"]
    now: int = 0
    digest: str | None = None
    have: dict[str, list[tuple[int, str]]] | None = None
    receipts: list[dict[str, Any]] = []
    refused: list[Refusal] = []
    more: bool = False


FirstLine = TypeVar("FirstLine", Hello, Answer)


def request_statement(raw: bytes) -> bytes:
    """What the caller signs: the lines before compression."""
    return b"luban-request-1\n" + hashlib.sha256(raw).hexdigest().encode()


def read_hello(found: dict[str, Any]) -> Hello:
    """Raises MessageError `unknown_version`, `bad_message`, `bad_signature` (the key is not the device's)."""
    said = _read(found, Hello)
    tips = [tip for tips in said.head.values() for tip in tips]
    if len(tips) > limits.CHAINS_PER_VECTOR or not all(wire.is_count(seq) for _, seq, _ in tips):
        raise MessageError("bad_message", what="head")
    for _, _, link in tips:
        unb64(link, 32)
    return said


def read_answer(found: dict[str, Any]) -> Answer:
    """Raises MessageError `unknown_version`, `bad_message`, `bad_signature` (the key is not the device's)."""
    return _read(found, Answer)


def _read(found: dict[str, Any], form: type[FirstLine]) -> FirstLine:
    if found.get("luban") != PROTOCOL:
        raise MessageError("unknown_version", version=str(found.get("luban"))[:20])
    try:
        read = msgspec.convert(found, form, strict=True)
    except msgspec.ValidationError as error:
        raise MessageError("bad_message", what="first line", detail=str(error)[:200]) from error
    if signing.device_id(read.key) != read.device:
        raise MessageError("bad_signature", what="key")
    if read.have is not None:
        read_vector(read.have)
    if len(read.receipts) > limits.RECEIPTS_PER_MESSAGE:
        raise MessageError("bad_message", what="receipts")
    return read


def read_vector(found: Any) -> Vector:
    """A vector from the wire. Raises MessageError("bad_message")."""
    try:
        vector = msgspec.convert(found, Vector, strict=True)
    except msgspec.ValidationError as error:
        raise MessageError("bad_message", what="vector") from error
    if sum(map(len, vector.values())) > limits.CHAINS_PER_VECTOR:
        raise MessageError("bad_message", what="vector")
    for name, tips in vector.items():
        if name.count("/") != 2 or not all(wire.is_count(seq) for seq, _ in tips):
            raise MessageError("bad_message", what="vector")
        for _, link in tips:
            unb64(link, 32)
    return vector


def encode_receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "run": list(receipt.chain),
        "seq": receipt.seq,
        "link": b64(receipt.link),
        "at": receipt.at,
        "by": receipt.site,
        "role": receipt.role,
        "key": receipt.key,
        "sig": b64(receipt.signature),
    }


def read_receipt(item: Any) -> Receipt:
    """A receipt from the wire, its form checked; `is_genuine` tells about the signature. Raises MessageError("bad_receipt")."""
    try:
        device, epoch, part = item["run"]
        seq, at, by, role, key = item["seq"], item["at"], item["by"], item["role"], item["key"]
        link, signature = unb64(item["link"], 32), unb64(item["sig"], 64)
        sound = (
            ops.DEVICE.fullmatch(device)
            and ops.EPOCH.fullmatch(epoch)
            and ops.PART.fullmatch(part)
            and ops.DEVICE.fullmatch(by)
        )
    except (KeyError, TypeError, ValueError, MessageError) as error:
        raise MessageError("bad_receipt") from error
    if not (sound and wire.is_count(seq) and wire.is_count(at) and isinstance(key, str)):
        raise MessageError("bad_receipt")
    if role not in ("workshop", "campus"):
        raise MessageError("bad_receipt")
    return Receipt(by, role, (device, epoch, part), seq, link, at, key, signature)


def fitted(
    first: dict[str, Any],
    receipts: list[Receipt],
    gather: Callable[[int], tuple[list[Run], bool]] | None,
) -> tuple[bytes, int, bool]:
    """A message within its limits: (its lines, how many ops it carries, whether more ops are left).

    `gather(bytes)` gives runs of at most so many bytes. Text in any language is measured as it compresses; what makes the message too
    large is halved: ops first, down to one run, then receipts, which come again in another message. `receipts` has the most
    important ones first. Raises MessageError("too_large") when the vector alone is.
    """
    allowed, told = limits.MESSAGE_RAW_BYTES, min(len(receipts), limits.RECEIPTS_TOLD)
    while True:
        hello = first | ({"receipts": [encode_receipt(r) for r in receipts[:told]]} if receipts else {})
        left = limits.MESSAGE_RAW_BYTES - len(wire.encode_object(hello)) - 64
        room = min(allowed, left)
        runs, more = gather(room) if gather and room >= ONE_RUN_BYTES else ([], gather is not None)
        raw = wire.pack(hello | ({"more": True} if more else {}), runs)
        starved = gather is not None and room < ONE_RUN_BYTES
        if not starved and fits(raw):
            return raw, sum(len(run.lines) for run in runs), more
        if not starved and allowed > ONE_RUN_BYTES:
            allowed = max(room // 2, ONE_RUN_BYTES)
        elif told:
            told //= 2
        else:
            raise MessageError("too_large", what="vector")


def fits(raw: bytes) -> bool:
    """True when a message is within the limits, also compressed. A short one is not tried: gzip adds next to nothing."""
    if len(raw) > limits.MESSAGE_RAW_BYTES:
        return False
    short = len(raw) <= limits.MESSAGE_GZIP_BYTES - 1024
    return short or len(wire.compress(raw)) <= limits.MESSAGE_GZIP_BYTES
