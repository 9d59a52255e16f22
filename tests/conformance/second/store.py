"""The same second reading, sections 4 to 7 and the merge: runs into a store, requests, receipts, bundles. Imports nothing of `sync`."""

import hashlib
import json
import zlib
from collections.abc import Callable
from typing import Any

from tests.conformance.second import lines
from tests.conformance.second.lines import Refused, unb64


class Store:
    """The links of every op, by chain; a fork is another path through one chain."""

    def __init__(self) -> None:
        self.paths: dict[tuple[str, ...], list[list[bytes]]] = {}

    def take(self, text: list[bytes]) -> None:
        """One run, whole or not at all. Raises Refused."""
        [run] = read_runs(text)
        chain, start, link = run["run"], run["from"], unb64(run["link"], 32)
        if lines.device_id(run["key"]) != chain[0]:
            raise Refused("bad_signature")
        for offset, (header_line, body_line) in enumerate(run["ops"]):
            header = lines.header(header_line)
            if [header["dev"], header["ep"], header["part"]] != chain or header["seq"] != start + offset:
                raise Refused("bad_message")
            if not body_line.startswith((b"[", b'"')):
                raise Refused("bad_message")
        paths = self.paths.setdefault(tuple(chain), [[lines.first_link(chain)]])
        long_enough = [path for path in paths if len(path) >= start]
        for path in long_enough:
            links = path[:start]
            for header_line, body_line in run["ops"]:
                links.append(lines.next_link(links[-1], header_line, body_line))
            if links[-1] == link:
                break
        else:
            raise Refused("chain_mismatch" if long_enough else "chain_gap")
        statement = lines.head_statement(chain, len(links) - 1, link).encode()
        if not lines.verify(run["key"], statement, run["sig"]):
            raise Refused("bad_signature")
        if not any(path[: len(links)] == links for path in paths):
            grown = [path for path in paths if links[: len(path)] == path]
            self.paths[tuple(chain)] = [path for path in paths if path not in grown] + [links]

    def count(self) -> int:
        return len({link for paths in self.paths.values() for path in paths for link in path[1:]})


def read_runs(text: list[bytes]) -> list[dict[str, Any]]:
    """Runs one after another, their ops as (header, body) lines."""
    runs, at, total = [], 0, 0
    while at < len(text):
        run = lines.parse(text[at], "bad_message")
        count = run.get("count") if isinstance(run, dict) else None
        if type(count) is not int or count < 1:
            raise Refused("bad_message")
        total += count
        if total > 500:
            raise Refused("too_large")
        inner = text[at + 1 : at + 1 + 2 * count]
        if len(inner) < 2 * count:
            raise Refused("bad_message")
        if any(
            len(header) > 1024 or len(body) > 16_384
            for header, body in zip(inner[::2], inner[1::2], strict=True)
        ):
            raise Refused("op_too_large")
        runs.append(run | {"ops": list(zip(inner[::2], inner[1::2], strict=True))})
        at += 1 + 2 * count
    return runs


def request(packed: bytes, signature: str, here: str) -> int:
    """How many ops a good request carries. Raises Refused."""
    raw = inflate(packed, 1024 * 1024, "bad_message")
    if not raw.endswith(b"\n"):
        raise Refused("bad_message")
    first_line, *rest = raw[:-1].split(b"\n")
    first = lines.parse(first_line, "bad_message")
    if not isinstance(first, dict):
        raise Refused("bad_message")
    if first.get("luban") != 1:
        raise Refused("unknown_version")
    if first.get("role") not in ("tablet", "workshop", "campus"):
        raise Refused("bad_message")
    for tip in (tip for tips in first.get("head", {}).values() for tip in tips):
        if type(tip[1]) is not int or tip[1] < 1 or len(unb64(tip[2])) != 32:
            raise Refused("bad_message")
    if lines.device_id(first["key"]) != first["device"]:
        raise Refused("bad_signature")
    statement = b"luban-request-1\n" + hashlib.sha256(raw).hexdigest().encode()
    if not lines.verify(first["key"], statement, signature):
        raise Refused("bad_signature")
    if first.get("to") not in (None, here):
        raise Refused("wrong_site")
    return sum(len(run["ops"]) for run in read_runs(rest))


def bundle(file: bytes) -> int:
    """How many ops a whole file carries. Raises Refused."""
    try:
        if file[:8] != bytes.fromhex("1f8b080000000000"):
            raise Refused("bundle_damaged")
        raw = inflate(file, 512 * 1024 * 1024, "bundle_damaged")
        first_line, *inner, last_line = raw[:-1].split(b"\n")
        first, last = lines.parse(first_line, ""), lines.parse(last_line, "")
        told = hashlib.sha256(raw[: len(raw) - len(last_line) - 1]).hexdigest()
        runs = read_runs(inner)
        ops = sum(len(run["ops"]) for run in runs)
        sound = raw.endswith(b"\n") and first["luban-bundle"] == 1 and last["end"] is True
        if not sound or (last["sha256"], last["runs"], last["ops"]) != (told, len(runs), ops):
            raise Refused("bundle_damaged")
        return ops
    except (Refused, KeyError, TypeError, ValueError) as error:
        raise Refused("bundle_damaged") from error


def inflate(packed: bytes, most: int, code: str) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        raw = stream.decompress(packed, most + 1)
    except zlib.error as error:
        raise Refused(code) from error
    if len(raw) > most:
        raise Refused("too_large")
    if not stream.eof or stream.unused_data:
        raise Refused(code)
    return raw


def receipt(told: dict[str, Any]) -> str:
    """The statement of a genuine receipt. Raises Refused."""
    try:
        link = unb64(told["link"], 32)
        fields = (*told["run"], told["seq"], link.hex(), told["at"], told["by"], told["role"])
        statement = "\n".join(["luban-receipt-1", *map(str, fields)])
        sound = type(told["seq"]) is int and told["seq"] >= 1 and told["role"] in ("workshop", "campus")
        if not sound or lines.device_id(told["key"]) != told["by"]:
            raise Refused("bad_receipt")
        if not lines.verify(told["key"], statement.encode(), told["sig"]):
            raise Refused("bad_receipt")
    except (KeyError, TypeError, Refused) as error:
        raise Refused("bad_receipt") from error
    return statement


def merge(
    policy: str, facts: list[dict[str, Any]], authority: str | None, forks: dict[str, list[int]]
) -> dict[str, Any]:
    """docs/explanation/merge.md for one group of one record."""

    def before(a: dict[str, Any], b: dict[str, Any]) -> bool:
        if a["chain"] == b["chain"]:
            return bool(a["seq"] < b["seq"])
        parent, fork_at = forks.get(str(b["chain"]), (None, 0))
        return bool(a["chain"] == parent and a["seq"] < fork_at)

    undone = {op for fact in facts if is_undo(fact) for op in fact["base"]}
    facts = [fact for fact in facts if not is_undo(fact)] or facts
    while True:
        found = decided(policy, facts, authority, before)
        decisions = [fact["op"] for fact in facts if fact["intent"] == "conflict.decide"]
        gone = {op for op in found["heads"] if op in decisions and op in undone}
        if not gone or len(gone) == len(facts):
            return found
        facts = [fact for fact in facts if fact["op"] not in gone]


def is_undo(fact: dict[str, Any]) -> bool:
    return bool(fact["intent"] == "conflict.undo" and fact["base"])


def decided(
    policy: str, facts: list[dict[str, Any]], authority: str | None, before: Callable[[Any, Any], bool]
) -> dict[str, Any]:
    """One group's state, with no undo left in it."""
    decides = [fact for fact in facts if fact["intent"] == "conflict.decide"]
    replacing = decides if policy == "once" else facts
    heads = [
        fact
        for fact in facts
        if not any(
            other is not fact and (fact["op"] in other["base"] or before(fact, other)) for other in replacing
        )
    ]
    conflict = policy != "latest" and len({json.dumps(head["value"]) for head in heads}) > 1
    rank = [(head["time"], head["device"], head["op"]) for head in heads]
    if policy == "once":
        _, winner = min(zip([(head not in decides, *key) for head, key in zip(heads, rank, strict=True)], heads, strict=True), key=lambda pair: pair[0])  # fmt: skip
    else:
        preferred = [
            (conflict and head["actor"] == authority, *key) for head, key in zip(heads, rank, strict=True)
        ]
        _, winner = max(zip(preferred, heads, strict=True), key=lambda pair: pair[0])
    return {"winner": winner["op"], "heads": sorted(head["op"] for head in heads), "conflict": conflict}
