"""Answers of pure functions, computed once: the same keys, statements and declarations come thousands of times in a run. Changes no answer."""

from functools import lru_cache

from sync import Registry, signing, tables
from tests.simulation.records import REGISTRIES

_fingerprint, _statements = tables.fingerprint, tables.statements


@lru_cache(maxsize=8)
def _fingerprint_of(generation: int, _versions: tuple[int, int]) -> str:
    return _fingerprint(REGISTRIES[generation])


@lru_cache(maxsize=8)
def _statements_of(generation: int) -> tuple[str, ...]:
    return tuple(_statements(REGISTRIES[generation]))


def _generation(registry: Registry) -> int | None:
    return next((number for number, known in enumerate(REGISTRIES) if known is registry), None)


def fingerprint(registry: Registry) -> str:
    number = _generation(registry)
    return (
        _fingerprint(registry)
        if number is None
        else _fingerprint_of(number, (tables.VERSION, tables.ops.VERSION))
    )


def statements(registry: Registry) -> list[str]:
    number = _generation(registry)
    return _statements(registry) if number is None else list(_statements_of(number))


def remember() -> None:
    """From now on, in this process."""
    if tables.fingerprint is not fingerprint:
        tables.fingerprint, tables.statements = fingerprint, statements
        signing.verify = lru_cache(maxsize=20_000)(signing.verify)
