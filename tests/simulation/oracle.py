"""Merge once more, written from docs/explanation/merge.md and not from the program, slow and plain: what must stand in every record."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sync.ops import op_id
from tests.simulation.invariants import Broken
from tests.simulation.server import Server

MERGE = "what stands is what merge says"


@dataclass
class Past:
    """One applied op's part in one record."""

    op: str
    link: bytes
    device: str
    actor: str
    intent: str
    time: int
    values: dict[str, list[Any]]
    base: set[str]


def records_are_merged(server: Server, before: dict[bytes, bytes]) -> int:
    """Compare every record of a server with this file's own merge; how many there were. `before` maps links to those before them."""
    ops = {
        row[0]: row[1:]
        for row in server.rows("select n, link, header, body from op_log where body is not null")
    }
    places: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for part, kind, record, n in server.rows("select part, type, id, n from rm_change order by n"):
        places[kind, part, record].append(n)
    notes: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    stands: dict[tuple[str, str, str], dict[str, Any]] = {}
    order = sorted(places, key=lambda place: ({"clock": 0, "session": 1}.get(place[0], 2), place))
    for place in order:
        kind, part, record = place
        past = [_past(server, place, *ops[n], notes) for n in places[place]]
        stands[place] = _stands(server, place, past, before, stands)
        if kind == "clock":
            device, epoch, seq = record.split(".")
            notes[device, epoch, part].append((int(seq), stands[place]["offset_ms"][0] or 0))
    for kind in server.node.registry.by_name:
        there = {(kind, *row) for row in server.rows(f"select part, id from rm_{kind}")}
        if there != {place for place in places if place[0] == kind}:
            raise Broken(MERGE, f"{server.name}: records of {kind} that no op made, or the other way")
    return len(places)


def _past(
    server: Server, place: tuple[str, str, str], link: bytes, header: str, body: str, notes: dict[Any, Any]
) -> Past:
    kind, part, record = place
    told = json.loads(header)
    time = told.get("hlc", told["wall"] * 1000)
    if kind not in {"clock", *server.node.admission.basis}:
        covering = [note for note in notes.get((told["dev"], told["ep"], part), ()) if note[0] <= told["seq"]]
        if covering:
            time = told.get("hlc", told["wall"] * 1000) - max(covering)[1] * 1000
    declared = server.node.registry.by_name[kind]
    values: dict[str, list[Any]] = {}
    base: set[str] = set()
    for change in json.loads(body):
        if change[0] == kind and change[1] == record:
            base |= set(change[3]) if len(change) > 3 else set()
            for group in {declared.group_of[name] for name in change[2]}:
                values[group] = [change[2].get(name) for name in declared.members[group]]
    return Past(op_id(link), link, told["dev"], told["actor"], told["intent"], time, values, base)


def _stands(
    server: Server,
    place: tuple[str, str, str],
    past: list[Past],
    before: dict[bytes, bytes],
    stands: dict[Any, Any],
) -> dict[str, Any]:
    kind, _part, _record = place
    declared = server.node.registry.by_name[kind]
    found, heads_told, in_conflict = {}, {}, False
    for group in declared.members:
        setting = [one for one in past if group in one.values]
        if not setting:
            continue
        policy = declared.policy(group)
        replacing = (
            setting if policy != "once" else [one for one in setting if one.intent == "conflict.decide"]
        )
        named = set().union(*(one.base for one in replacing))
        ancestors = {one.link: _ancestors(one.link, before) for one in replacing}
        heads = [
            one for one in setting
            if one.op not in named and not any(one.link in ancestors[other.link] for other in replacing)
        ]  # fmt: skip
        conflict = (
            policy != "latest" and len({json.dumps(one.values[group], sort_keys=True) for one in heads}) > 1
        )
        winner = _winner(declared, policy, heads, conflict, place, stands)
        found[group], heads_told[group] = winner.values[group], sorted(one.op for one in heads)
        in_conflict |= conflict
    _compare(server, place, found, heads_told, in_conflict)
    return found


def _winner(
    declared: Any,
    policy: str,
    heads: list[Past],
    conflict: bool,
    place: tuple[str, str, str],
    stands: dict[Any, Any],
) -> Past:
    if policy == "once":
        return min(heads, key=lambda one: (one.intent != "conflict.decide", one.time, one.device, one.op))
    preferred = None
    if conflict and declared.authority:
        parent, count, field = declared.authority
        above = stands.get((parent, place[1], ".".join(place[2].split(".")[:count])), {})
        preferred = (above.get(field) or [None])[0]
    return max(heads, key=lambda one: (one.actor == preferred, one.time, one.device, one.op))


def _ancestors(link: bytes, before: dict[bytes, bytes]) -> set[bytes]:
    found = set()
    while (link := before.get(link, b"")) and link not in found:
        found.add(link)
    return found


def _compare(
    server: Server,
    place: tuple[str, str, str],
    found: dict[str, list[Any]],
    heads: dict[str, list[str]],
    conflict: bool,
) -> None:
    kind, part, record = place
    declared = server.node.registry.by_name[kind]
    columns = ", ".join(declared.columns)
    rows = server.rows(
        f"select heads, conflict, {columns} from rm_{kind} where part = ? and id = ?", part, record
    )
    if not rows:
        raise Broken(MERGE, f"{server.name}: {kind} {record} is missing")
    told = dict(zip(declared.columns, rows[0][2:], strict=True))
    for group, value in found.items():
        for name, one in zip(declared.members[group], value, strict=True):
            there = told[name]
            if isinstance(one, (dict, list)):
                there = json.loads(there)
            if there != one:
                raise Broken(MERGE, f"{server.name}: {kind} {record} {name} is {there!r}, must be {one!r}")
    if json.loads(rows[0][0]) != heads or bool(rows[0][1]) != conflict:
        raise Broken(
            MERGE, f"{server.name}: {kind} {record} has other heads: {rows[0][0]} {heads} {conflict}"
        )
