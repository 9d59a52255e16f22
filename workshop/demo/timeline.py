"""From drafts of acts to the chronological list: order, the device's own clock, and the base of every change. No drawing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .devices import Sight, wall_ms
from .model import Act, ActChange, Fields

PARENTS = {"attendance": "session", "attempt_step": "attempt"}

DraftChange = tuple[str, str, Fields]
"""Record type, record id, fields."""


@dataclass(slots=True)
class Draft:
    """An act before it has its number."""

    at_ms: int
    device: str
    actor: str
    intent: str
    changes: list[DraftChange]
    part: str = "mbale"
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    no: int
    at_ms: int
    device: str
    fields: frozenset[str]
    base: tuple[int, ...]


Key = tuple[str, str, str]
"""Part, record type, record id."""


def make_acts(drafts: Iterable[Draft], sight: Sight) -> tuple[Act, ...]:
    """Number the drafts by true time, no two of a device at one time, and find what each change had in view."""
    history = _History(sight)
    acts: list[Act] = []
    for no, (at_ms, draft) in enumerate(_in_order(drafts)):
        changes = tuple(history.change(no, at_ms, draft, *change) for change in draft.changes)
        acts.append(
            Act(
                no=no,
                at_ms=at_ms,
                wall_ms=wall_ms(draft.device, at_ms),
                device=draft.device,
                actor=draft.actor,
                part=draft.part,
                intent=draft.intent,
                changes=changes,
                trouble=draft.trouble,
            )
        )
    return tuple(acts)


def _in_order(drafts: Iterable[Draft]) -> Iterator[tuple[int, Draft]]:
    """By time; an act that meets another of its device moves on by a millisecond."""
    last: dict[str, int] = {}
    timed: list[tuple[int, int, Draft]] = []
    for n, draft in enumerate(sorted(drafts, key=lambda one: one.at_ms)):
        at_ms = max(draft.at_ms, last.get(draft.device, 0) + 1)
        last[draft.device] = at_ms
        timed.append((at_ms, n, draft))
    for at_ms, _n, draft in sorted(timed, key=lambda one: one[:2]):
        yield at_ms, draft


class _History:
    """Which acts have set which fields of a record, and what of it a device can know."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._written: dict[Key, list[_Entry]] = {}
        self._under: dict[Key, list[Key]] = {}  # a session's marks, an attempt's steps

    def change(self, no: int, at_ms: int, draft: Draft, type_: str, id_: str, fields: Fields) -> ActChange:
        """The change with its base; then it is part of the history."""
        key, names = (draft.part, type_, id_), frozenset(fields)
        base = self._heads(key, names, draft.device, at_ms)
        if key not in self._written and type_ in PARENTS:
            self._under.setdefault((draft.part, PARENTS[type_], id_.rpartition(".")[0]), []).append(key)
        if draft.trouble != "stolen":  # quarantined on arrival: nobody ever has these in view
            self._written.setdefault(key, []).append(_Entry(no, at_ms, draft.device, names, base))
        seen = self._seen(draft, id_, at_ms) if type_ == "review" else ()
        return ActChange(type_, id_, fields, base, seen)

    def _seen(self, draft: Draft, id_: str, at_ms: int) -> tuple[int, ...]:
        """All that a verdict on a register or an attempt rests on."""
        kind, _, reviewed = id_.partition(".")
        parent = (draft.part, {"register": "session", "attempt": "attempt"}[kind], reviewed)
        found: set[int] = set()
        for key in (parent, *self._under.get(parent, ())):
            names = frozenset(name for one in self._written[key] for name in one.fields)
            found.update(self._heads(key, names, draft.device, at_ms))
        return tuple(sorted(found))

    def _heads(self, key: Key, names: frozenset[str], device: str, now_ms: int) -> tuple[int, ...]:
        """Numbers of the acts that `device` knows and that hold the standing values of these fields."""
        entries = self._written.get(key, ())
        seen = [
            one
            for one in entries
            if one.fields & names and self._sight.sees(one.device, one.at_ms, device, now_ms)
        ]
        heads: set[int] = set()
        for name in names if seen else ():
            holders = [one for one in seen if name in one.fields]
            passed = {no for one in holders for no in one.base}
            heads |= {one.no for one in holders if one.no not in passed}
        return tuple(sorted(heads))
