"""New opaque ids: one letter for the kind, nine characters that nobody can guess. No meaning, no person in them."""

import secrets
from collections.abc import Callable

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # no 0, 1, 8, 9: they are misread on paper
LENGTH = 9  # 32^9 = 35 million million: two sites that never talk do not meet in one id


def new_id(letter: str, choose: Callable[[str], str] = secrets.choice) -> str:
    """`new_id("t")` -> "t" and nine characters. `choose` picks one of a string; tests and the demonstration pass
    `random.Random(seed).choice` to get the same ids again.
    """
    return letter + "".join(choose(ALPHABET) for _ in range(LENGTH))
