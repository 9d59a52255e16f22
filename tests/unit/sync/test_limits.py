"""The numbers in the page of the wire format and in the program are the same, and the messages that they allow really fit."""

import random
from pathlib import Path

import pytest

from sync import Change, limits, wire
from sync.author import Author
from sync.exchange import LIMITS, Conversation, ask
from sync.http import synchronise
from sync.messages import fits
from tests.sync_world import PART, PARTS, Clock, Line, give, key, replica

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "wire-format.md").read_text("utf-8")
HAN = [chr(code) for code in range(0x4E00, 0x9FA5)]


def section(number: int) -> str:
    return PAGE.split(f"\n## {number}. ")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("header line 1 KiB", limits.HEADER_BYTES == 1024),
        ("body line 16 KiB", limits.BODY_BYTES == 16 * 1024),
        ("| changes in an op | 200 |", limits.CHANGES_PER_OP == 200),
        ("| ops in a message, ops in a run | 500 |", limits.OPS_PER_MESSAGE == 500),
        ("| header and body lines of a run | 192 KiB |", limits.RUN_RAW_BYTES == 192 * 1024),
        ("256 KiB / 1 MiB", (limits.MESSAGE_GZIP_BYTES, limits.MESSAGE_RAW_BYTES) == (1 << 18, 1 << 20)),
        ("| inflation ratio | 100 |", limits.INFLATE_RATIO == 100),
        ("64 MiB / 512 MiB", (limits.BUNDLE_GZIP_BYTES, limits.BUNDLE_RAW_BYTES) == (1 << 26, 1 << 29)),
        ("20,000,000; 8 GiB", (limits.SNAPSHOT_OPS, limits.SNAPSHOT_RAW_BYTES) == (20_000_000, 1 << 33)),
        ("| JSON depth | 16 |", limits.JSON_DEPTH == 16),
        ("| chains in a vector | 1,000 |", limits.CHAINS_PER_VECTOR == 1000),
        ("| receipts in a message | 2,000 |", limits.RECEIPTS_PER_MESSAGE == 2000),
    ],
)
def test_the_page_and_the_program_agree(words: str, *, value: bool) -> None:
    assert words in section(8)
    assert value


def test_the_run_limit_is_told_to_the_caller() -> None:
    assert LIMITS["run"] == limits.RUN_RAW_BYTES


def heavy(rng: random.Random, kind: str) -> str:
    """Text that fills a body and hardly compresses."""
    if kind == "Han":
        return "".join(rng.choices(HAN, k=5_200))
    if kind == "mixed":
        return "".join(rng.choices(HAN + [chr(c) for c in range(35, 91)] * 100, k=3_900 * 2))[:6_500]
    return "".join(rng.choices([chr(c) for c in range(35, 127) if c != 92], k=15_800))


@pytest.mark.parametrize("kind", ["Han", "mixed", "ASCII"])
def test_servers_exchange_the_heaviest_ops_within_the_limits(kind: str) -> None:
    """Each body is near 16 KiB of text that does not compress; the line between them checks every message."""
    rng = random.Random(7)
    clock = Clock()
    made = Author(key("tablet one"), "aaaaaaaa", clock)
    for number in range(120):
        body = f'[["attendance","T01.1.p{number}",{{"note":"{heavy(rng, kind)}"}}]]'.encode()
        made.append(
            PART, _header(made, number + 1), body[: limits.BODY_BYTES].decode("utf-8", "ignore").encode()
        )
    one, two = replica(key("campus").device, clock, "one"), replica(key("campus").device, clock, "two")
    assert give(one, *made.runs(PART)) == []
    line = Line(two, PARTS)
    outcome = synchronise(one, Conversation(), line, PARTS)
    assert outcome.sent == 120
    assert two.log.vector(PARTS) == one.log.vector(PARTS)
    back = replica(key("campus").device, clock, "three")
    line = Line(two, PARTS)
    assert synchronise(back, Conversation(), line, PARTS).taken == 120
    assert line.trips > 5


def _header(made: Author, seq: int) -> bytes:
    chain = f'"dev":"{made.device}","ep":"{made.epoch}","part":"{PART}","seq":{seq}'
    return f'{{"v":1,{chain},"wall":1,"tz":0,"actor":"pak","intent":"x"}}'.encode()


def test_the_longest_vector_with_the_heaviest_run_still_fits() -> None:
    """1,000 chains that the peer does not know, each with a receipt to tell, and a run at its limit: receipts give way first."""
    clock, rng = Clock(), random.Random(3)
    node, made = replica(key("campus").device, clock), Author(key("tablet one"), "aaaaaaaa", clock)
    for number in range(999):
        small = Author(key(f"device {number}"), "aaaaaaaa", clock)
        small.append(PART, _header(small, 1), b'[["attendance","T01.1.p1",{"status":"present"}]]')
        node.take(small.runs(PART))
    for number in range(12):
        text = "".join(rng.choices([chr(c) for c in range(35, 127) if c != 92], k=15_000))
        made.append(
            PART, _header(made, number + 1), f'[["attendance","T01.1.p1",{{"note":"{text}"}}]]'.encode()
        )
    assert give(node, *made.runs(PART)) == []
    assert len(node.log.chains(PARTS)) == limits.CHAINS_PER_VECTOR
    has = {name: tips for name, tips in node.log.vector(PARTS).items() if made.device not in name}
    talk = Conversation(peer=None, peer_has=has, tell_vector=True)
    raw, sent = ask(node, talk, PARTS)
    assert sent == 12
    assert fits(raw)
    assert len(wire.compress(raw)) <= limits.MESSAGE_GZIP_BYTES
    assert "have" in wire.unpack(raw)[0]


def test_bodies_of_any_weight_shrink_enough_for_a_run_to_fit() -> None:
    """What the run's limit rests on: text in UTF-8 never stays larger than 0.95 of itself."""
    rng = random.Random(11)
    alphabets = [
        [chr(c) for c in range(32, 127)],
        HAN,
        [chr(c) for c in range(0xA1, 0x7FF)],
        [chr(c) for c in range(0x10000, 0x10FFFF)],
        [chr(c) for c in range(32, 127)] * 20 + [chr(c) for c in range(0xA1, 0x7FF)],
    ]
    for alphabet in alphabets:
        raw = "".join(rng.choices(alphabet, k=120_000)).encode()
        assert len(wire.compress(raw)) < 0.95 * len(raw)


def test_a_change_names_its_record_within_bounds() -> None:
    assert Change("attendance", "T01.1.p1", {}).base == ()
