"""Whose certificates to believe, and which were withdrawn: two lists signed by the home campus, checked without a network.

A signed list is JSON {"body": text, "key": key text, "sig": base64url}; the signature is over `luban-<kind>-1\\n` + body. Pure; no clock.
"""

import contextlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Literal, Self, TypeVar

import msgspec

from sync.errors import MessageError
from sync.ops import b64, unb64
from sync.signing import PrivateKey, verify
from workshop.certificates.errors import TrustError

AGE_DAYS_MAX = 90
_JSON_MAX = 1_048_576


class Issuer(msgspec.Struct, frozen=True):
    """A server whose signature counts for certificates issued from `from_day` to `to_day` (None: open). revoked: for none at all,
    because a stolen key can write any day of issue."""

    name_en: str
    name_zh: str
    key: str
    from_day: str
    to_day: str | None = None
    revoked: bool = False


class Withdrawn(msgspec.Struct, frozen=True):
    """One certificate that no longer counts; replaced: a corrected one was issued."""

    serial: str
    day: str
    state: Literal["withdrawn", "replaced"] = "withdrawn"


class TrustList(msgspec.Struct, frozen=True, tag="trust", tag_field="kind"):
    """day: when it was signed."""

    day: str
    issuers: tuple[Issuer, ...]


class WithdrawnList(msgspec.Struct, frozen=True, tag="withdrawn", tag_field="kind"):
    day: str
    entries: tuple[Withdrawn, ...] = ()


class Signed(msgspec.Struct, frozen=True):
    """A signed list as it is stored, synced and put into pages. `body` is kept as the very text that was signed."""

    body: str
    key: str
    sig: str

    def to_json(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises TrustError("trust_form")."""
        try:
            if len(text) > _JSON_MAX:
                raise TrustError("trust_form")
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError as error:
            raise TrustError("trust_form") from error


class Trust(msgspec.Struct, frozen=True):
    """Both lists, verified. `age_days_max`: how old the older of them may be before a verdict says so."""

    issuers: TrustList
    withdrawn: WithdrawnList
    age_days_max: int = AGE_DAYS_MAX

    @property
    def as_of(self) -> str:
        return min(self.issuers.day, self.withdrawn.day)

    def is_stale(self, today: str) -> bool:
        """A day before the list's own comes from a wrong clock and says nothing about age."""
        return (date.fromisoformat(today) - date.fromisoformat(self.as_of)).days > self.age_days_max

    def issuer(self, kid: bytes) -> Issuer | None:
        return next((issuer for issuer in self.issuers.issuers if key_id(issuer.key) == kid), None)

    def withdrawn_entry(self, serial: str) -> Withdrawn | None:
        return next((entry for entry in self.withdrawn.entries if entry.serial == serial), None)


def key_id(key: str) -> bytes:
    """The first 8 bytes of an Ed25519 public key; an id, not a proof. No hash, so that a page can do it without WebCrypto.

    Raises TrustError("trust_key") for anything but `ed25519:` + base64url of 32 bytes.
    """
    kind, _, text = key.partition(":")
    with contextlib.suppress(MessageError):
        if kind == "ed25519":
            return unb64(text, 32)[:8]
    raise TrustError("trust_key", key=key[:60])


def sign_trust(issuers: Iterable[Issuer], day: str, key: PrivateKey) -> Signed:
    """The list of issuers, signed by the home campus. Raises TrustError("trust_key") for a key that is not Ed25519."""
    found = tuple(issuers)
    for issuer in found:
        key_id(issuer.key)
    return _sign(TrustList(day, found), "trust", key)


def sign_withdrawn(entries: Iterable[Withdrawn], day: str, key: PrivateKey) -> Signed:
    """The list of withdrawn certificates, by serial: it holds no names."""
    return _sign(WithdrawnList(day, tuple(sorted(entries, key=lambda entry: entry.serial))), "withdrawn", key)


def open_trust(trust: Signed, withdrawn: Signed, root: str, age_days_max: int = AGE_DAYS_MAX) -> Trust:
    """Verify both lists against the home campus's key `root`.

    Raises TrustError: trust_key (signed by another key), trust_signature, trust_kind (one list in place of the other), trust_form.
    """
    return Trust(
        _open(trust, TrustList, "trust", root),
        _open(withdrawn, WithdrawnList, "withdrawn", root),
        age_days_max,
    )


def page_data(trust: Signed, withdrawn: Signed, root: str, age_days_max: int = AGE_DAYS_MAX) -> str:
    """The JSON for the checking page's data block, safe inside <script type="application/json">."""
    data = {"root": root, "ageDaysMax": age_days_max}
    data |= {"trust": msgspec.to_builtins(trust), "withdrawn": msgspec.to_builtins(withdrawn)}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _sign(body: TrustList | WithdrawnList, kind: str, key: PrivateKey) -> Signed:
    text = msgspec.json.encode(body).decode()
    return Signed(text, key.public, b64(key.sign(f"luban-{kind}-1\n{text}".encode())))


_T = TypeVar("_T", TrustList, WithdrawnList)


def _open(signed: Signed, expected: type[_T], kind: str, root: str) -> _T:
    if signed.key != root:
        raise TrustError("trust_key", key=signed.key[:60])
    try:
        signature = unb64(signed.sig, 64)
    except MessageError as error:
        raise TrustError("trust_signature", kind=kind) from error
    if not verify(root, signature, f"luban-{kind}-1\n{signed.body}".encode()):
        raise TrustError("trust_signature", kind=kind)
    try:
        found = msgspec.json.decode(signed.body, type=expected)
        date.fromisoformat(found.day)
    except (msgspec.DecodeError, ValueError) as error:
        raise TrustError("trust_form", kind=kind) from error
    return found
