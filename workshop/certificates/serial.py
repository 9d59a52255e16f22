"""Serials such as LBW-UG-2026-00001-F, and the blocks of numbers from which servers that cannot ask each other give them out.

The last character is the check character of ISO/IEC 7064, MOD 37,36. It catches every single wrong character. Of swapped neighbours
it lets a few pass, and only two neighbours that follow one another in the alphabet, such as 4 and 5 (36 of the 22,680 cases). MOD 37-2 would catch
those too, but its check character can be `*`, which cannot stand in a record id; leaving such numbers out would make holes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workshop.certificates.errors import SerialError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER_MAX = 99_999
_PREFIX = re.compile(r"[A-Z]{2,6}-[A-Z]{2}")
_SERIAL = re.compile(r"([A-Z]{2,6}-[A-Z]{2})-([0-9]{4})-([0-9]{5})-([0-9A-Z])")


@dataclass(frozen=True)
class Serial:
    """prefix `LBW-UG` (issuer and country), year of issue, number 1 to 99,999 within both."""

    prefix: str
    year: int
    number: int

    def __str__(self) -> str:
        body = f"{self.prefix}-{self.year:04d}-{self.number:05d}"
        return f"{body}-{check_character(body)}"


@dataclass(frozen=True, order=True)
class Block:
    """Numbers `first` to `last`, both included, of one prefix and year, that one server alone may use."""

    first: int
    last: int


def check_character(body: str) -> str:
    """The ISO/IEC 7064 MOD 37,36 check character of `body`; hyphens do not count.

    Raises SerialError("serial_form") for characters outside 0-9 and A-Z.
    """
    product = 36
    for character in body.replace("-", ""):
        value = ALPHABET.find(character)
        if value < 0:
            raise SerialError("serial_form", serial=body)
        product = ((product + value) % 36 or 36) * 2 % 37
    return ALPHABET[(37 - product) % 36]


def make_serial(prefix: str, year: int, number: int) -> str:
    """The serial as printed. Raises SerialError("serial_prefix" | "serial_exhausted")."""
    if not _PREFIX.fullmatch(prefix):
        raise SerialError("serial_prefix", prefix=prefix)
    if not (1 <= number <= NUMBER_MAX and 2000 <= year <= 9999):
        raise SerialError("serial_exhausted", year=year, number=number)
    return str(Serial(prefix, year, number))


def parse_serial(text: str) -> Serial:
    """Read a serial as a person types it: small letters, spaces and other dashes are forgiven.

    Raises SerialError("serial_form") when it does not look like one, "serial_check" when a character must be wrong.
    """
    tidy = re.sub(r"[\s\u2010-\u2015\u2212_]+", "-", text.strip()).upper()
    match = _SERIAL.fullmatch(tidy)
    if not match:
        raise SerialError("serial_form", serial=text[:40])
    if check_character(tidy[:-2]) != match[4] or int(match[3]) == 0:
        raise SerialError("serial_check", serial=tidy)
    return Serial(match[1], int(match[2]), int(match[3]))


def next_block(taken: Iterable[Block], size: int) -> Block:
    """The block after all that were ever given out, at most `size` numbers. Gaps are never filled: a block may be in use offline.

    Raises SerialError("serial_exhausted").
    """
    first = max((block.last for block in taken), default=0) + 1
    if size < 1 or first > NUMBER_MAX:
        raise SerialError("serial_exhausted", first=first, size=size)
    return Block(first, min(first + size - 1, NUMBER_MAX))


def above(blocks: Iterable[Block], floor: int) -> list[Block]:
    """What of the blocks lies above a number up to which all may have been given out."""
    return [Block(max(block.first, floor + 1), block.last) for block in blocks if block.last > floor]


def next_numbers(blocks: Iterable[Block], used: Iterable[int], count: int) -> list[int]:
    """The `count` lowest numbers of this server's blocks above the last used in each, so that no number is ever given twice.

    `used` holds every number ever given out, withdrawn ones too. Raises SerialError("serial_exhausted") with `left`.
    """
    known = sorted(used)
    free: list[int] = []
    for block in sorted(blocks):
        last = max(
            (number for number in known if block.first <= number <= block.last), default=block.first - 1
        )
        free.extend(range(last + 1, min(block.last, last + count) + 1))
    if len(free) < count:
        raise SerialError("serial_exhausted", left=len(free), wanted=count)
    return free[:count]
