"""Lines and gzip: what is written comes back, what is damaged, too long or a bomb is refused before it costs anything."""

import gzip
import json
import random
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import limits, wire
from sync.author import Author
from sync.errors import MessageError
from tests.sync_world import Clock, key, mark


def some_runs(count: int = 5, **options: Any) -> list[wire.Run]:
    author = Author(key("tablet one"), "aaaaaaaa", Clock())
    for number in range(count):
        author.record("mbale", "pak", "attendance.mark", [mark(f"p{number}", "late", 5)])
    return author.runs("mbale", **options)


def read(raw: bytes, most: int = 500) -> list[wire.Run]:
    _, lines = wire.unpack(raw)
    return list(wire.read_runs(lines, most))


def test_a_message_comes_back_as_it_went() -> None:
    runs = some_runs(7, most=3)
    raw = wire.inflate(wire.compress(wire.pack({"luban": 1, "é": "中"}, runs)))
    assert wire.unpack(raw)[0] == {"luban": 1, "é": "中"}
    assert read(raw) == runs
    assert [(run.start, run.end) for run in runs] == [(1, 3), (4, 6), (7, 7)]


@given(st.integers(1, 40), st.integers(1, 40))
def test_any_split_is_the_same_ops(count: int, most: int) -> None:
    runs = read(wire.pack({}, some_runs(count, most=most)))
    lines = [pair for run in runs for pair in run.lines]
    assert lines == some_runs(count)[0].lines


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda raw: raw[:-1], "bad_message"),
        (lambda raw: raw[: raw.rindex(b"\n", 0, -1) + 1], "bad_message"),
        (lambda raw: raw.replace(b'"count":5', b'"count":6'), "bad_message"),
        (lambda raw: raw.replace(b'"count":5', b'"count":true'), "bad_message"),
        (lambda raw: raw.replace(b'"count":5', b'"count":5.0'), "bad_message"),
        (lambda raw: raw.replace(b'"count":5', b'"count":0'), "bad_message"),
        (lambda raw: raw.replace(b'"count":5', b'"count":501'), "too_large"),
        (lambda raw: raw.replace(b'"from":1', b'"from":0'), "bad_message"),
        (lambda raw: raw.replace(b'"from":1', b'"from":9007199254740992'), "bad_message"),
        (lambda raw: raw.replace(b'"from":1', b'"from":' + b"9" * 40), "bad_message"),
        (lambda raw: raw.replace(b'"sig":"', b'"sig":"!'), "bad_message"),
        (lambda raw: raw.replace(b'"run":["d', b'"run":["e'), "bad_message"),
        (lambda raw: raw + b"[]\n", "bad_message"),
        (lambda raw: raw + b"\n", "bad_message"),
        (lambda raw: raw.replace(b'[["attendance"', b'[["' + b"x" * 17_000), "op_too_large"),
        (lambda raw: b"[" * 20 + raw, "bad_message"),
    ],
)
def test_damaged_messages(spoil: Any, code: str) -> None:
    raw = wire.pack({"luban": 1}, some_runs())
    spoiled = spoil(raw)
    assert spoiled != raw
    with pytest.raises(MessageError) as caught:
        read(spoiled)
    assert caught.value.code == code


def test_no_more_ops_than_the_limit_over_all_runs() -> None:
    raw = wire.pack({}, some_runs(10, most=3))
    assert len(read(raw, most=10)) == 4
    with pytest.raises(MessageError, match="too_large"):
        read(raw, most=9)


def test_a_run_has_its_own_limit() -> None:
    author = Author(key("tablet one"), "aaaaaaaa", Clock())
    for number in range(30):
        author.append("mbale", b"{}", b'[["' + b"%05d" % number + b"x" * 16_000 + b'"]]')
    runs = author.runs("mbale")
    assert sum(len(run.lines) for run in runs) == 30
    assert len(runs) == 3
    assert read(wire.pack({}, runs)) == runs
    lines = [pair for run in runs for pair in run.lines]
    whole = wire.Run(runs[0].chain, 1, runs[-1].link, runs[-1].signature, runs[0].key, lines)
    with pytest.raises(MessageError, match="too_large"):
        read(wire.pack({}, [whole]))


# -- gzip


def test_a_bomb_is_refused_without_holding_it() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = bomb.compress(bytes(200 * 1024 * 1024)) + bomb.flush()
    assert len(data) < limits.MESSAGE_GZIP_BYTES
    tracemalloc.start()
    with pytest.raises(MessageError, match="too_large"):
        wire.inflate(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_limits_of_inflating_are_exact() -> None:
    rng = random.Random(1)
    raw = rng.randbytes(100_000)
    data = gzip.compress(raw)
    assert wire.inflate(data, len(data), len(raw)) == raw
    for gzip_max, raw_max in ((len(data) - 1, len(raw)), (len(data), len(raw) - 1)):
        with pytest.raises(MessageError, match="too_large"):
            wire.inflate(data, gzip_max, raw_max)
    ratio = gzip.compress(bytes(limits.INFLATE_RATIO * 2000))
    with pytest.raises(MessageError, match="too_large"):
        wire.inflate(ratio)


@pytest.mark.parametrize(
    "spoil",
    [lambda z: z[:-1], lambda z: z[:20], lambda z: z + b"x", lambda z: z + z, lambda _: b"", lambda z: z[2:]],
)
def test_gzip_must_be_one_whole_stream(spoil: Any) -> None:
    data = wire.compress(wire.pack({"luban": 1}, some_runs()))
    with pytest.raises(MessageError, match="bad_message"):
        wire.inflate(spoil(data))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for attempt in (lambda: wire.inflate(data), lambda: read(data), lambda: wire.parse_object(data)):
        try:
            attempt()
        except MessageError as error:
            assert error.code in ("bad_message", "too_large", "op_too_large")


def test_the_digest_is_over_sorted_json_without_spaces() -> None:
    vector = {"b": [(2, "y")], "a": [(1, "x")]}
    assert wire.encode_object(vector) == json.dumps(vector, sort_keys=True, separators=(",", ":")).encode()
    assert wire.digest(vector) == wire.digest(dict(reversed(vector.items())))
