"""Hashing of passwords (Argon2id) and PINs (PBKDF2, which a tablet's browser can compute too). No rules, no database."""

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from workshop.accounts.rules import normal_password

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# OWASP's smallest Argon2id setting in memory (19 MiB, 2 passes, 1 lane): a box of 1 GB also runs everything else.
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
PIN_ITERATIONS: Final = 300_000
PIN_SALT_BYTES: Final = 16

# The hash of a random text nobody knows: checked for a name that has no account, so that the answer takes as long.
NOBODY: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$2G+F7apzhDecQMwEsGGnYA$4GSkrh6+woCNstpZ3wosIC0JBr2i8gdV8OvVFExLNn8"
)

_one_at_a_time = threading.Lock()  # four sign-ins at once would need 76 MiB


@dataclass(frozen=True)
class PinRecord:
    """What a tablet needs to check a PIN without a network: base64url without padding, and the number of rounds."""

    salt: str
    hash: str
    iterations: int


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher, Type  # most processes of a day never need it

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1, type=Type.ID)


def hash_password(password: str) -> str:
    with _one_at_a_time:
        return _hasher().hash(normal_password(password))


def is_password(password_hash: str | None, typed: str) -> bool:
    """True when `typed` is the password. None stands for "no such account" and takes as long."""
    from argon2.exceptions import VerificationError

    with _one_at_a_time:
        try:
            _hasher().verify(password_hash or NOBODY, normal_password(typed))
        except VerificationError:
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """True when the hash was made with other settings than today's."""
    return _hasher().check_needs_rehash(password_hash)


def hash_pin(pin: str, salt: bytes | None = None, iterations: int = PIN_ITERATIONS) -> PinRecord:
    """PBKDF2-HMAC-SHA256, 32 bytes.

    Six digits can be tried out by whoever holds a stolen tablet's storage: the PIN keeps people on one tablet apart, the device's
    revocation is what protects the workshop.
    """
    salt = secrets.token_bytes(PIN_SALT_BYTES) if salt is None else salt
    key = hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, iterations, 32)
    return PinRecord(_b64(salt), _b64(key), iterations)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
