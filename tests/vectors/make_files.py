"""The worked cases of whole requests and bundle files: the very bytes as they travel. Called by make.py; no program of ours stands in between
but the author's.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

from sync import PrivateKey, wire
from sync.author import Author
from sync.messages import request_statement
from sync.ops import b64
from sync.wire import Run

SERVER = "dn7gdrvb3tmhddwokd3h"


def request_cases(tablet: Author, stranger: PrivateKey) -> list[dict[str, Any]]:
    """Requests to the server `SERVER`: what a door must say before anything is stored. `ops` is what a good one carries."""
    runs = tablet.runs("mbale")
    first = {
        "luban": 1, "device": tablet.device, "epoch": tablet.epoch, "key": tablet.key.public, "role": "tablet",
        "to": SERVER, "now": 1_763_719_209_000, "head": tablet.heads(),
    }  # fmt: skip
    plain = wire.pack(first, runs)
    many = plain.replace(b'"count":3', b'"count":501')
    cases: list[tuple[str, bytes, str | None, int]] = [
        ("three ops", plain, None, 3),
        ("nothing but the first line", wire.pack(first, []), None, 0),
        ("first contact: no server named", wire.pack(_without(first, "to"), runs), None, 3),
        ("a member that nobody knows is skipped", wire.pack(first | {"mood": "new"}, runs), None, 3),
        ("for another server", wire.pack(first | {"to": stranger.device}, runs), "wrong_site", 0),
        ("another version of the protocol", wire.pack(first | {"luban": 2}, runs), "unknown_version", 0),
        ("no version", wire.pack(_without(first, "luban"), runs), "unknown_version", 0),
        ("a role that nobody has", wire.pack(first | {"role": "king"}, runs), "bad_message", 0),
        ("a key that is not the device's", wire.pack(first | {"key": stranger.public}, runs), "bad_signature", 0),
        ("seq 0 in the head", wire.pack(first | {"head": {"mbale": [["aaaaaaaa", 0, b64(bytes(32))]]}}, runs), "bad_message", 0),
        ("cut within the last line", plain[:-9], "bad_message", 0),
        ("cut after a header line", plain[: plain.rindex(b"\n", 0, -1) + 1], "bad_message", 0),
        ("a run that says it holds 501 ops", many, "too_large", 0),
        ("no JSON", b"{\n", "bad_message", 0),
        ("too deep", b'{"a":' + b"[" * 20 + b"]" * 20 + b"}\n", "bad_message", 0),
    ]  # fmt: skip
    told = [_request(name, _packed(raw), tablet.key, raw, code, count) for name, raw, code, count in cases]  # fmt: skip
    packed = _packed(plain)
    told += [
        _request("signed by another key", packed, stranger, plain, "bad_signature", 0),
        _request("a signature over other lines", packed, tablet.key, plain + b"\n", "bad_signature", 0),
        _request("gzip cut short", packed[:-9], tablet.key, plain, "bad_message", 0),
        _request("bytes after the gzip", packed + b"x", tablet.key, plain, "bad_message", 0),
        _request("no gzip", plain, tablet.key, plain, "bad_message", 0),
    ]
    return told


def bundle_cases(tablet: Author) -> list[dict[str, Any]]:
    """Whole files. `code` is the refusal; a good one carries `ops`."""
    runs = tablet.runs("mbale")
    good = _bundle(tablet, runs)
    packed = _packed(good)
    lines = good.split(b"\n")
    wrong_count = json.loads(lines[-2]) | {"ops": 4}
    cases: list[tuple[str, bytes, str | None, int]] = [
        ("three ops", packed, None, 3),
        ("nothing in it", _packed(_bundle(tablet, [])), None, 0),
        ("cut at a half", packed[: len(packed) // 2], "bundle_damaged", 0),
        ("without its last line", _packed(b"\n".join([*lines[:-2], b""])), "bundle_damaged", 0),
        ("a wrong sum", _packed(good.replace(b"present", b"Present")), "bundle_damaged", 0),
        ("a wrong count", _packed(b"\n".join([*lines[:-2], wire.encode_object(wrong_count), b""])), "bundle_damaged", 0),
        ("a line after the last", _packed(good + b"{}\n"), "bundle_damaged", 0),
        ("bytes after the end", packed + b"x", "bundle_damaged", 0),
        ("a file name in the gzip", packed[:3] + b"\x08" + packed[4:10] + b"x\0" + packed[10:], "bundle_damaged", 0),
        ("another kind of file", b"PK\x03\x04" + packed, "bundle_damaged", 0),
    ]  # fmt: skip
    return [{"name": n, "file": b64(file), "code": code, "ops": count} for n, file, code, count in cases]


def _without(first: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in first.items() if key != name}


def _request(
    name: str, packed: bytes, key: PrivateKey, raw: bytes, code: str | None, count: int
) -> dict[str, Any]:
    signature = b64(key.sign(request_statement(raw)))
    return {
        "name": name,
        "here": SERVER,
        "gzip": b64(packed),
        "signature": signature,
        "code": code,
        "ops": count,
    }


def _bundle(tablet: Author, runs: Sequence[Run]) -> bytes:
    first = {
        "luban-bundle": 1, "device": tablet.device, "key": tablet.key.public, "role": "tablet", "parts": ["mbale"],
        "at": 1_763_719_209_000, "have": tablet.vector(), "receipts": [],
    }  # fmt: skip
    raw = wire.pack(first, runs)
    count = sum(len(run.lines) for run in runs)
    end = {"end": True, "runs": len(runs), "ops": count, "sha256": hashlib.sha256(raw).hexdigest()}
    return raw + wire.encode_object(end) + b"\n"


def _packed(raw: bytes) -> bytes:
    """gzip of stored blocks: the same bytes whatever library packs them."""
    chunks = [raw[start : start + 65_535] for start in range(0, len(raw), 65_535)] or [b""]
    blocks = [
        struct.pack("<BHH", chunk is chunks[-1], len(chunk), len(chunk) ^ 0xFFFF) + chunk for chunk in chunks
    ]
    end = struct.pack("<II", zlib.crc32(raw), len(raw))
    return b"".join([bytes.fromhex("1f8b08000000000000ff"), *blocks, end])
