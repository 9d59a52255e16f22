"""Everything held about one person, read from the log: for a person who asks what is held about them. Reads only; makes no page.

Other people's ids are left out where a record lists several. What was erased is gone, and is not here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.errors import MessageError
from sync.log import SqliteLog, StoredOp
from sync.ops import Change, decode_body
from workshop.admission import COMMON
from workshop.courses.queries import staff_names
from workshop.privacy.queries import Person, things_of
from workshop.site import Site

VERSION = 1


@dataclass(frozen=True)
class Said:
    """One op's words about the person. `at` is the author's clock in UTC ms; `state` "applied" or "held"."""

    op: str
    type: str
    id: str
    fields: Mapping[str, Any]
    actor: str
    device: str
    at: int
    intent: str
    state: str


def said_about(site: Site, person: Person) -> list[Said]:
    """All that any op says about a person, in the order in which it came here."""
    ids = {*person.ids, *(things_of(site.db, person.part, person.ids) if person.kind == "trainee" else ())}
    log = SqliteLog(site.db.conn)
    numbers = sorted({n for one in ids for n in log.mentioning(one)})
    held = {row[0] for row in site.db.execute("select n from rm_quarantine")}
    found = []
    for start in range(0, len(numbers), 500):
        for op in log.read(numbers[start : start + 500]):
            if op.header.part in (person.part, COMMON):
                found += _said(op, ids, "held" if op.n in held else "applied")
    return found


def as_data(site: Site, person: Person) -> dict[str, Any]:
    """The export as JSON has it."""
    names = staff_names(site.db, person.part)
    return {
        "luban-person": VERSION,
        "made_at": site.now(),
        "site": site.code,
        "person": {
            "part": person.part,
            "kind": person.kind,
            "ids": list(person.ids),
            "number": person.number,
            "name": person.name,
            "name_zh": person.name_zh,
        },
        "now": _now(site, person),
        "said": [
            {
                "op": one.op,
                "type": one.type,
                "id": one.id,
                "fields": dict(one.fields),
                "by": one.actor,
                "by_name": names.get(one.actor, ("", ""))[0],
                "device": one.device,
                "at": one.at,
                "intent": one.intent,
                "state": one.state,
            }
            for one in said_about(site, person)
        ],
    }


def _now(site: Site, person: Person) -> dict[str, list[dict[str, Any]]]:
    """The records about the person as they stand, by type."""
    ids = {*person.ids, *(things_of(site.db, person.part, person.ids) if person.kind == "trainee" else ())}
    found: dict[str, list[dict[str, Any]]] = {}
    for declared in site.node.registry.types:
        names = [
            name
            for name in (*declared.pieces, *declared.columns)
            if name in ("trainee_id", "attempt_id", "staff_id")
        ]
        where = " or ".join(f"{name} in ({_marks(ids)})" for name in ("id", *names))
        rows = site.db.query(
            f"select id, {', '.join(declared.columns)} from rm_{declared.name} where part in (?, ?) and ({where}) order by id",
            (person.part, COMMON, *(one for _ in ("id", *names) for one in sorted(ids))),
        )
        if listed := [
            {name: _read(value) for name, value in row.items() if value is not None} for row in rows
        ]:
            found[declared.name] = listed
    return found


def _said(op: StoredOp, ids: set[str], state: str) -> list[Said]:
    try:
        changes = decode_body(op.body) if op.body is not None else []
    except MessageError:
        return []
    h = op.header
    return [
        Said(op.id, one.type, one.id, _own(one.fields, ids), h.actor, h.dev, h.wall, h.intent, state)
        for one in changes
        if _is_about(one, ids)
    ]


def _is_about(change: Change, ids: set[str]) -> bool:
    pieces = {change.id, *change.id.split(".")}
    values = {value for value in change.fields.values() if isinstance(value, str)}
    lists = {
        item
        for value in change.fields.values()
        if isinstance(value, list)
        for item in value
        if isinstance(item, str)
    }
    return bool(ids & (pieces | values | lists))


def _own(fields: Mapping[str, Any], ids: set[str]) -> dict[str, Any]:
    """A list that names the person among others keeps the person only."""
    return {
        name: [item for item in value if item in ids]
        if isinstance(value, list) and ids & set(map(str, value))
        else value
        for name, value in fields.items()
    }


def _read(value: Any) -> Any:
    """A list or an object stands in its column as JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _marks(values: Sequence[str] | set[str]) -> str:
    return ", ".join("?" * len(values))
