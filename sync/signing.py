"""Keys and signatures: the only user of cryptography in this package. Ed25519, or ECDSA P-256 where a browser lacks it."""

import base64
import contextlib
import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sync.errors import MessageError, StoreError
from sync.ops import b64, unb64


class PrivateKey:
    """An Ed25519 key of a server or of a simulated tablet."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = "ed25519:" + b64(self._key.public_key().public_bytes_raw())
        self.device = device_id(self.public)

    @classmethod
    def load_or_create(cls, path: Path) -> "PrivateKey":
        """The key in a file of 32 bytes that only its owner may read; made on first use.

        Raises StoreError("key_damaged").
        """
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
        seed = path.read_bytes()
        if len(seed) != 32:
            raise StoreError("key_damaged", path=str(path))
        return cls(seed)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)


def device_id(key: str) -> str:
    """The id that a key gives its device: nobody else can sign under it."""
    return "d" + base64.b32encode(hashlib.sha256(key.encode()).digest()).decode().lower()[:19]


def verify(key: str, signature: bytes, message: bytes) -> bool:
    """True when `signature` (64 bytes) over `message` was made with the private part of `key`."""
    kind, _, text = key.partition(":")
    with contextlib.suppress(InvalidSignature, ValueError, MessageError):
        if kind == "ed25519":
            Ed25519PublicKey.from_public_bytes(unb64(text, 32)).verify(signature, message)
            return True
        if kind == "p256" and len(signature) == 64:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(text, 65))
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            point.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
            return True
    return False
