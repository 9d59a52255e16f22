"""What somebody wants to see of the open questions: a filter by class, type of record and tablet; and the class of a record. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

T = TypeVar("T")
IN_CLASS = ("attendance", "session", "enrolment", "training_class")
"""Record types whose ids begin with the class."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty means all. `done`: what is settled instead of what is open."""

    class_id: str = ""
    kind: str = ""
    device: str = ""
    done: bool = False

    @property
    def narrowed(self) -> bool:
        return bool(self.class_id or self.kind or self.device)

    def query(self) -> dict[str, str | None]:
        """As an address carries it."""
        return {
            "class": self.class_id or None,
            "type": self.kind or None,
            "tablet": self.device or None,
            "show": "done" if self.done else None,
        }

    def open_again(self) -> "Wanted":
        return replace(self, done=False)


def class_in(type_: str, record: str, attempts: Mapping[str, str]) -> str:
    """The class that a record belongs to, "" for what belongs to none. `attempts`: {attempt id: class id}."""
    first = record.split(".")[0]
    if type_ in IN_CLASS:
        return first
    return attempts.get(first, "") if type_ in ("attempt", "attempt_step") else ""


def around(items: Sequence[T], here: T | None) -> tuple[T | None, T | None, int]:
    """(the one before, the one after, place from 1) in a list; where `here` is not in it any more: (None, the first, 0)."""
    if here is None or here not in items:
        return None, next(iter(items), None), 0
    at = items.index(here)
    return (items[at - 1] if at else None), (items[at + 1] if at + 1 < len(items) else None), at + 1


def offered(values: Iterable[str]) -> list[str]:
    """Choices of a filter: each once, in order, nothing for the empty one."""
    return sorted({value for value in values if value})
