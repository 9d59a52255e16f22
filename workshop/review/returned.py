"""Work that the reviewer sent back: for the start page of whoever made it, and for the page of the record itself."""

from dataclasses import dataclass

from workshop.review.log import ops_of_many
from workshop.review.queries import Item, one_item
from workshop.site import Site


@dataclass(frozen=True, slots=True)
class Returned:
    """Work that came back. `answered`: something changed since, so the reviewer has the next word. `at` in UTC ms."""

    kind: str
    id: str
    class_id: str
    comment: str
    reviewer: str
    at: int
    answered: bool


def returned_for(site: Site, part: str, kind: str, record: str) -> Returned | None:
    """The open return of one register or attempt: for the notice on its own page."""
    row = site.db.execute(
        "select 1 from rm_review where part = ? and id = ? and decision = 'returned'",
        (part, f"{kind}.{record}"),
    ).fetchone()
    item = one_item(site, part, kind, record) if row else None
    return _returned(item) if item else None


def returned_to(site: Site, part: str, person_id: str | None) -> list[Returned]:
    """What a person has to look at again, the newest first; of everybody when no person is named."""
    rows = site.db.execute(
        "select id from rm_review where part = ? and decision = 'returned'", (part,)
    ).fetchall()
    found = []
    for (key,) in rows:
        kind, _, record = key.partition(".")
        item = one_item(site, part, kind, record)
        if item is None or (
            person_id is not None and person_id not in (item.owner, _signer(site, part, item))
        ):
            continue
        returned = _returned(item)
        if not returned.answered:
            found.append(returned)
    return sorted(found, key=lambda one: -one.at)


def _signer(site: Site, part: str, item: Item) -> str:
    """Who closed the register or signed the attempt."""
    kind = "session" if item.kind == "register" else "attempt"
    made = ops_of_many(site.db, part, kind, [item.id]).get(item.id, [])
    return next((op.header.actor for op in made if op.id == item.shown_op), "")


def _returned(item: Item) -> Returned:
    review = item.review
    return Returned(
        item.kind, item.id, item.class_id, review["comment"] or "", review["actor"], review["wall"], item.state == "changed"
    )  # fmt: skip
