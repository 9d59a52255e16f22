"""People's names: cleaning that harms none, and telling whether two names may be one person's. Pure.

A Ugandan name has no fixed order (Okot James = James Okot), so words are compared as a set. A name is never re-cased
nor cut: only blanks and invisible characters are put right, the rest stands as its owner writes it.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Likeness = Literal["equal", "near", "other"]

NAME_CHARS_MAX = 120

_APOSTROPHES = re.compile(r"['’‘ʼʻ`´＇]")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff])\s+(?=[\u3400-\u9fff\U00020000-\U0003ffff])")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "eng", "prof", "rev", "sr", "fr"})
_TYPOS_MAX = 2


def clean(text: str) -> str:
    """NFC, one plain space between words, no invisible characters (zero width, text direction, controls)."""
    shown = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf")
    )
    return " ".join(shown.split())


@lru_cache(
    maxsize=4096
)  # a class against its people; all names of a campus would stay in memory, 400 bytes each
def words(name: str) -> tuple[str, ...]:
    """The name's words in sorted order, without case, accents, apostrophes, hyphens and titles: what is compared."""
    folded = unicodedata.normalize("NFKD", _HAN_GAP.sub("", name)).casefold()
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    found = re.findall(r"\w+", _APOSTROPHES.sub("", plain))
    return tuple(sorted([word for word in found if word not in _TITLES] or found))


def likeness(one: str, other: str) -> Likeness:
    """equal: the same words in any order. near: at most two slips of the pen, an initial, or a word more."""
    first, second = sorted((words(one), words(other)), key=len)
    if first == second:
        return "equal"
    if not first:
        return "other"
    if len(first) == len(second):
        return "near" if _slips(first, second) <= _TYPOS_MAX else "other"
    # "Okot James" and "Okot James Peter": at least two words, each found again exactly.
    return "near" if len(first) >= 2 and set(first) <= set(second) else "other"


def _slips(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Slips in all when each word goes with its nearest; above the limit as soon as one word has no partner."""
    free = list(second)
    total = 0
    for word in first:
        cost, partner = min((_word_slips(word, candidate), candidate) for candidate in free)
        free.remove(partner)
        total += cost
        if total > _TYPOS_MAX:
            break
    return total


def _word_slips(one: str, other: str) -> int:
    if one == other:
        return 0
    if len(one) == 1 or len(other) == 1:
        return 1 if one[0] == other[0] else _TYPOS_MAX + 1
    allowed = 0 if min(len(one), len(other)) < 4 else 1 if min(len(one), len(other)) < 8 else 2
    slips = edit_distance(one, other)
    return slips if slips <= allowed else _TYPOS_MAX + 1


def edit_distance(one: str, other: str) -> int:
    """Letters added, left out, changed or swapped with a neighbour (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]
