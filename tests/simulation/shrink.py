"""A failing story made short: steps are left out, in smaller and smaller pieces, as long as the same invariant breaks."""

from collections.abc import Callable, Sequence

from tests.simulation.invariants import Broken
from tests.simulation.story import tell
from tests.simulation.world import Step

TRIES_MAX = 400


def broken_rule(seed: int, trace: Sequence[Step]) -> str | None:
    """Which rule a story breaks; an error of the program counts under its own name."""
    try:
        tell(seed, trace)
    except Broken as broken:
        return broken.rule
    except Exception as error:  # noqa: BLE001 - whatever the program raises where it must not is a finding
        return type(error).__name__
    return None


def shrink(
    seed: int,
    trace: Sequence[Step],
    rule: str,
    breaks: Callable[[int, Sequence[Step]], str | None] = broken_rule,
) -> list[Step]:
    """The shortest trace found that breaks the same rule."""
    best, piece, tries = list(trace), max(len(trace) // 2, 1), 0
    while tries < TRIES_MAX:
        at, grew = 0, False
        while at < len(best) and tries < TRIES_MAX:
            shorter = best[:at] + best[at + piece :]
            tries += 1
            if breaks(seed, shorter) == rule:
                best, grew = shorter, True
            else:
                at += piece
        if piece == 1 and not grew:
            break
        piece = max(piece // 2, 1)
    return best


def told(trace: Sequence[Step]) -> str:
    """A trace as `--trace` reads it."""
    return " ".join(f"{name.replace(' ', '-')}:{number}" for name, number in trace)


def read(text: str) -> list[Step]:
    found = []
    for piece in text.split():
        name, _, number = piece.rpartition(":")
        found.append((name.replace("-", " "), int(number)))
    return found
