"""One page of the worklist: filtered, in order of classes, with who made what, on which device and when. Reads only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from workshop.review import queries
from workshop.review.log import Clocks, LogOp, ops_of_many
from workshop.review.queries import Item
from workshop.review.rules import OPEN_STATES, STATES, Made
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

    def takes(self, item: Item) -> bool:
        state = item.state
        return (not self.kind or item.kind == self.kind) and (
            self.shown == "all" or state == self.shown or (self.shown == "open" and state in OPEN_STATES)
        )


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
    """The latest arrived class first; in a class by day, registers before tests."""
    found = queries.items(site, part, class_id=wanted.class_id)
    if not wanted.class_id and wanted.teaching != "all":
        kinds = _kinds(site.db, part)
        found = [item for item in found if kinds.get(item.class_id, "training") == wanted.teaching]
    counts: Counter[str] = Counter(
        item.state for item in found if not wanted.kind or item.kind == wanted.kind
    )
    chosen = [item for item in found if wanted.takes(item)]
    latest: dict[str, int] = {}
    for item in chosen:
        latest[item.class_id] = max(latest.get(item.class_id, 0), item.received)
    chosen.sort(
        key=lambda item: (
            -latest[item.class_id],
            item.class_id,
            item.kind != "register",
            item.day,
            item.start_minute,
            item.rubric_id,
            item.received,
            item.id,
        )
    )
    pages = max(1, -(-len(chosen) // PER_PAGE))
    page = min(max(page, 1), pages)
    rows = with_makers(site.db, part, chosen[(page - 1) * PER_PAGE : page * PER_PAGE])
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.item.class_id, []).append(row)
    return Page(
        tuple((class_id, tuple(rows)) for class_id, rows in groups.items()),
        dict(counts),
        len(chosen),
        page,
        pages,
    )


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
