"""One page of the worklist: filtered, in order of classes, with who made what, on which device and when. Reads only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from workshop.review import queries
from workshop.review.log import Clocks, LogOp, ops_of_many
from workshop.review.queries import Item, Key
from workshop.review.rules import OPEN_STATES, STATES, Made, State
from workshop.review.standing import Standing, standings
from workshop.site import Site

PER_PAGE = 40
SHOWN = ("open", *STATES, "all")
KINDS = ("register", "attempt")
TEACHING = ("training", "own", "all")


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody wants to see. `shown` "open": waiting and changed; `teaching`: what the report counts, own groups, or both."""

    class_id: str = ""
    kind: str = ""
    shown: str = "open"
    teaching: str = "training"

    def takes(self, state: State) -> bool:
        return self.shown in ("all", state) or (self.shown == "open" and state in OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Row:
    """An item with the op that closed or signed it; `made` is None where that op is not here any more."""

    item: Item
    actor: str
    device: str
    made: Made | None


@dataclass(frozen=True, slots=True)
class Page:
    """`groups`: (class id, rows). `counts`: how many of each state before the state filter. `total` after it."""

    groups: tuple[tuple[str, tuple[Row, ...]], ...]
    counts: dict[str, int]
    total: int
    page: int
    pages: int


def worklist(site: Site, part: str, wanted: Filter, page: int = 1) -> Page:
    """The latest arrived class first; in a class by day, registers before tests.

    First all are counted, one at a time; then the classes on the page are read again, and of them only its items whole.
    """
    counts: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    latest: dict[str, int] = {}
    for one in _asked_for(site.db, part, wanted):
        counts[one.state] += 1
        if wanted.takes(one.state):
            totals[one.class_id] += 1
            latest[one.class_id] = max(latest.get(one.class_id, 0), one.received)
    pages = max(1, -(-totals.total() // PER_PAGE))
    page = min(max(page, 1), pages)
    ordered = sorted(totals, key=lambda class_id: (-latest[class_id], class_id))
    keys = _keys(site.db, part, wanted, [(class_id, totals[class_id]) for class_id in ordered], page)
    groups: dict[str, list[Row]] = {}
    for row in with_makers(site.db, part, queries.items(site, part, keys)):
        groups.setdefault(row.item.class_id, []).append(row)
    return Page(
        tuple((class_id, tuple(rows)) for class_id, rows in groups.items()),
        dict(counts),
        totals.total(),
        page,
        pages,
    )


def _asked_for(db: Database, part: str, wanted: Filter) -> Iterator[Standing]:
    """Before the filter by state. Somebody who asks for one class gets it, whatever its teaching."""
    found = standings(db, part, kind=wanted.kind, class_id=wanted.class_id or None)
    if wanted.class_id or wanted.teaching == "all":
        return found
    kinds = _kinds(db, part)
    return (one for one in found if kinds.get(one.class_id, "training") == wanted.teaching)


def _keys(
    db: Database, part: str, wanted: Filter, classes: Sequence[tuple[str, int]], page: int
) -> list[Key]:
    """What stands on a page. `classes` in order, each with how many of it are listed."""
    before, found = (page - 1) * PER_PAGE, list[Key]()
    for class_id, count in classes:
        if before < count and len(found) < PER_PAGE:
            listed = [
                one
                for one in standings(db, part, kind=wanted.kind, class_id=class_id)
                if wanted.takes(one.state)
            ]
            listed.sort(key=lambda one: one.place)
            found += [one.key for one in listed[before:]][: PER_PAGE - len(found)]
        before = max(0, before - count)
    return found


def with_makers(db: Database, part: str, items: Sequence[Item]) -> list[Row]:
    """Who made each item, on which device, when."""
    ops: dict[str, LogOp] = {}
    for kind, type_ in (("register", "session"), ("attempt", "attempt")):
        for made in ops_of_many(db, part, type_, [item.id for item in items if item.kind == kind]).values():
            ops.update((op.id, op) for op in made)
    clocks = Clocks(db, [part])
    return [_row(item, ops.get(item.shown_op), clocks) for item in items]


def _row(item: Item, op: LogOp | None, clocks: Clocks) -> Row:
    if op is None:
        return Row(item, item.owner, "", None)
    return Row(item, op.header.actor, op.header.dev, clocks.made(op))


def _kinds(db: Database, part: str) -> dict[str, str]:
    rows = db.execute("select id, coalesce(kind, 'training') from rm_training_class where part = ?", (part,))
    return dict(rows.fetchall())
