"""The signed code on a certificate: a COSE_Sign1 (RFC 9052) with Ed25519, small enough for an office printer's QR code.

Two texts of the same bytes: `LBW1:` + base45 for our own scanner, `https://address#` + base64url for any phone's camera; what
follows `#` never leaves the phone. No words here, no clock, no network. The page's JavaScript checks the same bytes: static/js/verify/cose.js.
"""

import base64
import binascii
import hashlib
import io
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import cbor2
import msgspec

from sync.signing import PrivateKey, verify
from workshop.certificates import base45
from workshop.certificates.errors import CodeError, SerialError
from workshop.certificates.serial import parse_serial
from workshop.certificates.trust import Issuer, Trust, key_id

PREFIX = "LBW1:"
TEXT_MAX = 4096
_SIGN1_TAG = b"\xd2"  # CBOR tag 18
_ALGORITHM, _KEY_ID, _EDDSA = 1, 4, -8
_TEXT_FIELDS = {2: "serial", 3: "name", 4: "name_zh", 5: "course", 6: "title_en", 7: "title_zh", 9: "grade"}
_LENGTH_MAX = 200


class Payload(msgspec.Struct, frozen=True):
    """What the code says. Empty text where a certificate has none, such as no Chinese name or, on a statement of hours, no grade.

    hours: whole training hours (学时). day: of issue, `2026-01-31`. status_index: its place in the issuer's status list. facts: the first
    16 bytes of the hash of the facts behind it, see `facts_hash`.
    """

    serial: str
    name: str
    name_zh: str
    course: str
    title_en: str
    title_zh: str
    hours: int
    grade: str
    day: str
    status_index: int
    facts: bytes


class Code(msgspec.Struct, frozen=True):
    """The signed bytes, and the two texts that carry them."""

    cose: bytes

    @property
    def text(self) -> str:
        return PREFIX + base45.encode(self.cose)

    def url(self, address: str) -> str:
        """`address` is that of the checking page, without a fragment."""
        return f"{address}#{base64.urlsafe_b64encode(self.cose).rstrip(b'=').decode()}"


class Checked(msgspec.Struct, frozen=True):
    """A code whose signature holds, and whose key it is."""

    payload: Payload
    issuer: Issuer


class Verdict(msgspec.Struct, frozen=True):
    """What to tell a person who asks. state: valid, withdrawn, replaced, altered, unknown_issuer or unreadable.

    `code` is the error's code when the state is not from a list. `as_of` is the day of the older list used; `stale`: too old to rely on.
    """

    state: str
    code: str
    payload: Payload | None
    issuer: Issuer | None
    as_of: str
    stale: bool
    since: str = ""


def facts_hash(facts: Mapping[str, Any]) -> bytes:
    """SHA-256 over the facts as JSON with sorted keys and no spaces: what two people approved. Integers, texts, lists, objects only."""
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).digest()


def sign_certificate(payload: Payload, key: PrivateKey) -> Code:
    """Sign with a server's key; tablets never do. Raises CodeError("code_fields") for a payload that would not be read back."""
    body = cbor2.dumps(_to_map(payload), canonical=True)
    _payload(body)
    protected = cbor2.dumps({_ALGORITHM: _EDDSA, _KEY_ID: key_id(key.public)}, canonical=True)
    signature = key.sign(_to_be_signed(protected, body))
    return Code(_SIGN1_TAG + cbor2.dumps([protected, {}, body, signature], canonical=True))


def parse_code(text: str) -> bytes:
    """The COSE bytes in either text form. Raises CodeError("code_empty" | "code_too_long" | "code_form")."""
    text = text.strip("\r\n\t ")
    if not text:
        raise CodeError("code_empty")
    if len(text) > TEXT_MAX:
        raise CodeError("code_too_long", length=len(text), most=TEXT_MAX)
    try:
        if text[: len(PREFIX)].upper() == PREFIX:
            return base45.decode(text[len(PREFIX) :].upper())
        form = re.fullmatch(r"(?:https?://[^\s#]+)?#?([A-Za-z0-9_-]+)=*", text)
        if form:
            return base64.b64decode(form[1] + "=" * (-len(form[1]) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise CodeError("code_form") from error
    raise CodeError("code_form")


def verify_code(text: str, trust: Trust) -> Checked:
    """Check form, issuer and signature; whether it was withdrawn since is for `check_code`.

    Raises CodeError: code_empty, code_too_long, code_form, code_damaged, code_fields, code_issuer_unknown, code_issuer_revoked,
    code_issuer_day (the key was not valid on the day of issue), code_altered.
    """
    protected, body, signature = _open(parse_code(text))
    issuer = _issuer(protected, trust)
    if not verify(issuer.key, signature, _to_be_signed(protected, body)):
        raise CodeError("code_altered")
    payload = _payload(body)
    if issuer.revoked:
        raise CodeError("code_issuer_revoked", name_en=issuer.name_en, name_zh=issuer.name_zh)
    if payload.day < issuer.from_day or (issuer.to_day and payload.day > issuer.to_day):
        raise CodeError("code_issuer_day", day=payload.day)
    return Checked(payload, issuer)


def check_code(text: str, trust: Trust, today: str) -> Verdict:
    """Everything at once, never raising: the verdict for a page. `today` is the reader's day, `2026-01-31`."""
    as_of, stale = trust.as_of, trust.is_stale(today)
    try:
        found = verify_code(text, trust)
    except CodeError as error:
        state = {
            "code_altered": "altered",
            "code_issuer_unknown": "unknown_issuer",
            "code_issuer_revoked": "unknown_issuer",
            "code_issuer_day": "unknown_issuer",
        }.get(error.code, "unreadable")
        return Verdict(state, error.code, None, None, as_of, stale)
    entry = trust.withdrawn_entry(found.payload.serial)
    if entry:
        return Verdict(entry.state, "", found.payload, found.issuer, as_of, stale, entry.day)
    return Verdict("valid", "", found.payload, found.issuer, as_of, stale)


def _to_be_signed(protected: bytes, body: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", body], canonical=True)


def _load(data: bytes) -> Any:
    stream = io.BytesIO(data)
    try:
        value = cbor2.load(stream)
    except (cbor2.CBORDecodeError, ValueError, RecursionError) as error:
        raise CodeError("code_damaged") from error
    if stream.tell() != len(data):
        raise CodeError("code_damaged")
    return value


def _open(cose: bytes) -> tuple[bytes, bytes, bytes]:
    # One byte of tag, then the list: cbor2 would read a tagged list into other types than a plain one.
    if cose[:1] == _SIGN1_TAG:
        match _load(cose[1:]):
            case [bytes(protected), dict(header), bytes(body), bytes(signature)]:
                if not header and len(signature) == 64:
                    return protected, body, signature
    raise CodeError("code_damaged")


def _issuer(protected: bytes, trust: Trust) -> Issuer:
    match _load(protected):
        case {1: -8, 4: bytes(kid), **rest} if not rest:
            issuer = trust.issuer(kid)
            if issuer:
                return issuer
            raise CodeError("code_issuer_unknown", key_id=kid.hex())
    raise CodeError("code_damaged")


def _to_map(payload: Payload) -> dict[int, Any]:
    try:
        day = date.fromisoformat(payload.day).toordinal() - _EPOCH
    except ValueError as error:
        raise CodeError("code_fields", field="day") from error
    texts = {number: getattr(payload, name) for number, name in _TEXT_FIELDS.items()}
    return {1: 1, **texts, 8: payload.hours, 10: day, 11: payload.status_index, 12: payload.facts}


def _payload(body: bytes) -> Payload:
    match _load(body):
        case {1: 1, 8: int(hours), 10: int(day), 11: int(index), 12: bytes(facts), **rest}:
            pass
        case _:
            raise CodeError("code_fields")
    texts: dict[str, str] = {}
    for number, name in _TEXT_FIELDS.items():
        value = rest.get(number)
        if not isinstance(value, str) or len(value) > _LENGTH_MAX:
            raise CodeError("code_fields", field=name)
        texts[name] = value
    known = len(rest) == len(texts) and len(facts) == 16
    if not (known and 0 <= hours < 100_000 and 0 <= index < 2**31 and 0 <= day < 100_000):
        raise CodeError("code_fields")
    try:
        parse_serial(texts["serial"])
    except SerialError as error:
        raise CodeError("code_fields", field="serial") from error
    return Payload(**texts, hours=hours, day=_day(day), status_index=index, facts=facts)


_EPOCH = date(1970, 1, 1).toordinal()


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()
