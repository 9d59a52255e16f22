"""A second reading of docs/reference/wire-format.md, sections 1 to 3: text, names, ops, links. Written from the page; imports nothing of `sync`."""

import base64
import hashlib
import json
import re
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

SAFE = 2**53 - 1
DEVICE, EPOCH, PART = r"d[a-z2-7]{19}", r"[a-z2-7]{8}", r"[a-z][a-z0-9-]{1,15}"
REQUIRED = {"v": int, "dev": str, "ep": str, "part": str, "seq": int, "wall": int, "tz": int, "actor": str, "intent": str}  # fmt: skip
OPTIONAL = {"hlc": int, "via": str}


class Refused(Exception):
    """A code of section 9."""


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: Any, size: int | None = None) -> bytes:
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise Refused("bad_message")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if size is not None and len(data) != size:
        raise Refused("bad_message")
    return data


def parse(line: bytes, code: str) -> Any:
    """One JSON value: whole text, no NaN, at most 16 deep."""
    try:
        found = json.loads(line.decode(), parse_constant=lambda name: no_number(code))
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(code) from error
    if depth(found) > 16:
        raise Refused(code)
    return found


def no_number(code: str) -> None:
    raise Refused(code)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def header(line: bytes) -> dict[str, Any]:
    if len(line) > 1024:
        raise Refused("op_too_large")
    found = parse(line, "bad_message")
    if not isinstance(found, dict):
        raise Refused("bad_message")
    for name, kind in (REQUIRED | {key: kind for key, kind in OPTIONAL.items() if key in found}).items():
        if type(found.get(name)) is not kind or (kind is int and abs(found[name]) > SAFE):
            raise Refused("bad_message")
    if found["v"] < 1 or found["seq"] < 1:
        raise Refused("bad_message")
    if not all(
        re.fullmatch(form, found[name]) for name, form in (("dev", DEVICE), ("ep", EPOCH), ("part", PART))
    ):
        raise Refused("bad_message")
    return found


def body(line: bytes) -> list[Any]:
    found = parse(line, "bad_fields")
    if not isinstance(found, list) or not 1 <= len(found) <= 200 or not all(map(is_change, found)):
        raise Refused("bad_fields")
    return found


def is_change(change: Any) -> bool:
    if not isinstance(change, list) or len(change) not in (3, 4):
        return False
    named = change[3] if len(change) == 4 else []
    texts = [change[0], change[1], *(named if isinstance(named, list) else [None])]
    return isinstance(change[2], dict) and all(isinstance(text, str) for text in texts)


def body_hash(line: bytes) -> bytes:
    return unb64(line[1:-1].decode(), 32) if line.startswith(b'"') else hashlib.sha256(line).digest()


def first_link(chain: list[str]) -> bytes:
    return hashlib.sha256("\n".join(["luban-chain-1", *chain]).encode()).digest()


def next_link(link: bytes, header_line: bytes, body_line: bytes) -> bytes:
    return hashlib.sha256(link + hashlib.sha256(header_line).digest() + body_hash(body_line)).digest()


def head_statement(chain: list[str], seq: int, link: bytes) -> str:
    return "\n".join(["luban-head-1", *chain, str(seq), link.hex()])


def device_id(key: str) -> str:
    return "d" + base64.b32encode(hashlib.sha256(key.encode()).digest()).decode().lower()[:19]


def verify(key: str, statement: bytes, signature: str) -> bool:
    kind, _, text = key.partition(":")
    try:
        raw = unb64(signature, 64)
        if kind == "ed25519":
            Ed25519PublicKey.from_public_bytes(unb64(text, 32)).verify(raw, statement)
            return True
        if kind == "p256":
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(text, 65))
            r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
            point.verify(encode_dss_signature(r, s), statement, ec.ECDSA(hashes.SHA256()))
            return True
    except (InvalidSignature, ValueError, Refused):
        pass
    return False
