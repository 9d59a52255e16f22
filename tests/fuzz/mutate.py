"""Making hostile input out of good one: bytes, lines and JSON members changed at random. Pure; the same generator gives the same."""

import json
import random
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1.5, 2**53, -(2**63), 10**400, "", "x", "x" * 70_000, "\ud800", "\u0000", "../..", [], {},
    [[]], {"a": {}}, [None], ["common"], {"": ""}, "AAAA", "ed25519:", "p256:AAAA",
)  # fmt: skip
ODD_BYTES = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\n",
    b"\n\n",
    b"[",
    b"]" * 40,
    b"{" * 40,
    b'"',
    b"NaN",
    b"1e999",
    b"\\ud800",
    b"null",
)


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """One to four changes anywhere: flipped bits, cut, doubled, moved or odd pieces."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        length = rng.choice([1, 2, 8, 64, 1000])
        piece = data[at : at + length]
        kind = rng.randrange(6)
        if kind == 0 and piece:
            data = data[:at] + bytes([piece[0] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + length :]
        elif kind == 2:
            data = data[:at] + piece + data[at:]
        elif kind == 3:
            data = data[:at] + rng.choice(ODD_BYTES) + data[at + length :]
        elif kind == 4:
            data = data[:at]
        else:
            to = rng.randrange(len(data) + 1)
            data = data[:to] + piece + data[to:]
    return data


def mutate_lines(raw: bytes, rng: random.Random) -> bytes:
    """Lines dropped, doubled, exchanged, or one JSON member of a line replaced."""
    lines = raw.split(b"\n")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif kind == 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = mutate_json(lines[at], rng)
    return b"\n".join(lines)


def mutate_json(line: bytes, rng: random.Random) -> bytes:
    """One member of a JSON line replaced by an odd value, removed, or put in under another name."""
    try:
        value = json.loads(line)
    except ValueError:
        return mutate_bytes(line, rng)
    places = list(_places(value))
    if not places:
        return json.dumps(rng.choice(ODD_VALUES)).encode()
    holder, key = rng.choice(places)
    odd = rng.choice(ODD_VALUES)
    if rng.random() < 0.2:
        del holder[key]
    elif isinstance(holder[key], int) and rng.random() < 0.5:
        holder[key] = int(holder[key]) + rng.choice([-1, 1, 1000, -1000, 2**40])
    elif isinstance(holder, dict) and rng.random() < 0.2:
        holder[rng.choice(["x", "run", "have", "", "luban", "receipts"])] = odd
    else:
        holder[key] = odd
    return json.dumps(value, separators=(",", ":")).encode()


def _places(value: Any) -> Any:
    """(holder, key) of every member, at any depth."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _places(value[key])
