"""Pure rules of sign-in: names, passwords, PINs, waiting times. No database, no clock, no Flask.

Passwords follow NIST SP 800-63B-4, 3.1.1: length counts, no rules of composition, no forced change, no hints. Eight
characters are allowed because the account does not stand alone: every guess is slowed by the waiting times below.
"""

import ipaddress
import unicodedata
from itertools import pairwise
from typing import Final

USERNAME_LENGTH_MAX: Final = 64
PASSWORD_LENGTH_MIN: Final = 8
PASSWORD_LENGTH_MAX: Final = 128  # more would only buy the sender a longer hash
PIN_LENGTHS: Final = range(6, 9)

ACCOUNT_TRIES_FREE: Final = 5
ADDRESS_TRIES_FREE: Final = 30  # a whole workshop may sign in to the campus from one address
WAIT_FIRST_MS: Final = 30_000
WAIT_MAX_MS: Final = 15 * 60_000
FORGOTTEN_MS: Final = 24 * 60 * 60_000

COMMON_PASSWORDS: Final = {
    "12345678", "123456789", "1234567890", "password", "password1", "qwertyui", "qwertyuiop", "88888888",
    "66666666", "iloveyou", "11223344", "a1234567", "abc12345", "abcd1234", "woaini1314", "1qaz2wsx",
    "uganda123", "mbale123", "tianjin123", "luban123", "workshop", "lubanworkshop",
}  # fmt: skip


def normal_username(typed: str) -> str:
    """The one form of a name: no spaces around, no capitals, no look-alike widths."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def is_username(name: str) -> bool:
    """True for the normal form of a name that an account may have: letters, digits and . _ - @ inside."""
    return (
        0 < len(name) <= USERNAME_LENGTH_MAX
        and name == normal_username(name)
        and all(sign.isalnum() or sign in "._-@" for sign in name)
    )


def normal_password(typed: str) -> str:
    """The same text however the keyboard composes it; spaces count."""
    return unicodedata.normalize("NFC", typed)


def password_fault(password: str, username: str) -> str | None:
    """Why a new password is refused (`short`, `long`, `is_name`, `easy`), or None."""
    plain = password.casefold()
    if len(password) < PASSWORD_LENGTH_MIN:
        return "short"
    if len(password) > PASSWORD_LENGTH_MAX:
        return "long"
    if username and username in plain and len(password) - len(username) < 4:
        return "is_name"
    if len(set(plain)) < 3 or plain in COMMON_PASSWORDS or _is_run(plain):
        return "easy"
    return None


def pin_fault(pin: str) -> str | None:
    """Why a new PIN is refused (`digits`, `easy`), or None."""
    if len(pin) not in PIN_LENGTHS or not (pin.isascii() and pin.isdigit()):
        return "digits"
    if len(set(pin)) < 3 or _is_run(pin):
        return "easy"
    return None


def _is_run(text: str) -> bool:
    """`123456`, `fedcba`: each sign follows the one before by the same step of one."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps in ({1}, {-1})


def wait_ms(failures: int, free: int) -> int:
    """How long to wait after so many failures in a row: nothing for the first `free`, then 30 s, doubling up to 15 min.

    Never a lock for good: otherwise anybody could lock an instructor out of the register.
    """
    if failures < free:
        return 0
    doublings = min(failures - free, 10)
    return min(WAIT_FIRST_MS << doublings, WAIT_MAX_MS)


def remaining_ms(until_at: int, now: int) -> int:
    """What is left of a wait. Never more than the longest wait, also when the box's clock was set back in the meantime."""
    return max(0, min(until_at - now, WAIT_MAX_MS))


def address_key(address: str | None) -> str:
    """What counts as one sender: an IPv4 address, or the /64 network that an IPv6 user can choose from."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "address:unknown"
    if parsed.version == 6:
        mapped = parsed.ipv4_mapped
        network = mapped or ipaddress.ip_network((parsed, 64), strict=False).network_address
        return f"address:{network}"
    return f"address:{parsed}"
