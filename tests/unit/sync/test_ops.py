"""Ops as bytes: the worked cases, the codec both ways, and everything that must be refused before a parser or a table sees it."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import Change, limits, ops
from sync.errors import MessageError
from sync.ops import Header, b64, unb64
from tests.sync_vectors import FOLDER, cases, load

OPS = load("ops")
CHAINS = load("chains")
DEVICE = "d" + "a" * 19


def test_the_committed_vectors_are_what_the_program_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_vectors", FOLDER / "make.py")
    assert spec and spec.loader
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    for name, value in make.all_vectors().items():
        path = Path(FOLDER / f"{name}.json")
        assert path.read_text("utf-8") == make.text(value), f"run tests/vectors/make.py: {name}.json"


@pytest.mark.parametrize("case", OPS["good"], ids=["plain", "two changes", "Chinese and astral"])
def test_good_ops(case: dict[str, Any]) -> None:
    header = ops.decode_header(case["header"].encode())
    told = case["header_object"]
    assert (header.dev, header.seq, header.wall, header.actor) == (
        told["dev"], told["seq"], told["wall"], told["actor"],
    )  # fmt: skip
    assert header.hybrid == told.get("hlc", told["wall"] * 1000)
    body = case["body"].encode()
    changes = ops.decode_body(body)
    assert [[c.type, c.id, c.fields, *([list(c.base)] if c.base else [])] for c in changes] == case["changes"]
    assert ops.encode_header(header) == case["header"].encode()
    assert ops.encode_body(changes) == body
    digest = hashlib.sha256(body).digest()
    assert ops.body_hash(body) == digest == unb64(case["body_hash"])
    assert ops.body_hash(case["erased_body"].encode()) == digest


@pytest.mark.parametrize("case", cases(OPS["bad_headers"]))
def test_bad_headers(case: dict[str, Any]) -> None:
    with pytest.raises(MessageError) as caught:
        ops.decode_header(case["header"].encode())
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", cases(OPS["bad_bodies"]))
def test_bad_bodies(case: dict[str, Any]) -> None:
    with pytest.raises(MessageError) as caught:
        ops.decode_body(case["body"].encode())
    assert caught.value.code == case["code"]


@pytest.mark.parametrize("case", cases(CHAINS))
def test_chains(case: dict[str, Any]) -> None:
    chain = tuple(case["chain"])
    link = hashlib.sha256(("luban-chain-1\n" + "\n".join(chain)).encode()).digest()
    assert ops.first_link(chain) == link  # type: ignore[arg-type]
    links = [b64(link)]
    for header, body in case["lines"]:
        digest = unb64(body[1:-1]) if body.startswith('"') else hashlib.sha256(body.encode()).digest()
        link = hashlib.sha256(link + hashlib.sha256(header.encode()).digest() + digest).digest()
        assert ops.next_link(unb64(links[-1]), header.encode(), ops.body_hash(body.encode())) == link
        links.append(b64(link))
    assert links == case["links"]
    assert [ops.op_id(unb64(text)) for text in links[1:]] == case["op_ids"]
    statement = ops.head_statement(chain, len(case["lines"]), link)  # type: ignore[arg-type]
    assert statement.decode() == case["head_statement"]


def test_erasing_keeps_the_links_and_a_fork_does_not() -> None:
    by_name = {case["name"]: case for case in CHAINS}
    plain, erased = by_name["three ops"], by_name["the third body erased: the same links"]
    assert plain["links"] == erased["links"]
    assert plain["lines"] != erased["lines"]
    one = by_name["fork, one branch"]["links"]
    other = by_name["fork, other branch: the same number, another link"]["links"]
    assert one[:4] == other[:4]
    assert one[4] != other[4]


@pytest.mark.parametrize("case", cases(load("hybrid")))
def test_hybrid_time(case: dict[str, Any]) -> None:
    header = Header(
        v=1, dev=DEVICE, ep="a" * 8, part="mbale", seq=1, wall=case["wall"], tz=0, actor="p", intent="x"
    )
    hybrid = max(case["previous"] + 1, case["wall"] * 1000)
    assert hybrid == case["hybrid"]
    if case["in_header"]:
        header.hlc = hybrid
    line = ops.encode_header(header)
    assert ("hlc" in json.loads(line)) is case["in_header"]
    assert ops.decode_header(line).hybrid == hybrid


PIECES = st.from_regex(ops.RECORD_ID, fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-limits.SAFE_INTEGER, limits.SAFE_INTEGER) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CHANGES = st.builds(
    Change,
    st.text(min_size=1, max_size=12),
    PIECES,
    st.dictionaries(st.text(max_size=8), VALUES, max_size=4),
    st.lists(st.from_regex(ops.OP_ID, fullmatch=True), max_size=3).map(tuple),
)


@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_body_round_trip(changes: list[Change]) -> None:
    line = ops.encode_body(changes)
    assert b"\n" not in line
    assert ops.decode_body(line) == changes
    assert json.loads(line)[0][0] == changes[0].type


@given(st.binary(max_size=64))
def test_base64_round_trip(data: bytes) -> None:
    assert unb64(b64(data), len(data)) == data


@pytest.mark.parametrize("text", ["+A", "/A", "A===", "A", "AA==", "A A", "é", "A\n", None, 7])
def test_base64_has_one_spelling(text: Any) -> None:
    with pytest.raises(MessageError):
        unb64(text)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parsers(data: bytes) -> None:
    for parse in (ops.decode_header, ops.decode_body):
        try:
            parse(data)
        except MessageError as error:
            assert error.code in ("bad_message", "bad_fields", "op_too_large")


@pytest.mark.parametrize(
    "body",
    [
        b'[["a","b",{"x":"\xff"}]]',
        b'[["a","b",{"x":1e400}]]',
        b'[["a","b",{"x":' + b"9" * 5000 + b"}]]",
        b"[" * 8000 + b"]" * 8000,
        b'[["a","b",{"x":1}],]',
        b"",
    ],
)
def test_hostile_bodies_are_bad_fields(body: bytes) -> None:
    with pytest.raises(MessageError) as caught:
        ops.decode_body(body)
    assert caught.value.code == "bad_fields"


def test_depth_counts_brackets_outside_of_text_only() -> None:
    most = limits.JSON_DEPTH
    assert ops.depth_ok(b"[" * most + b"]" * most)
    assert not ops.depth_ok(b"[" * (most + 1) + b"]" * (most + 1))
    assert ops.depth_ok(b'"' + b"[" * 40 + b'"')
    assert ops.depth_ok(b'"\\"' + b"[" * 40 + b'"')
    assert not ops.depth_ok(b'"\\\\"' + b"[" * 40)
    assert ops.depth_ok(b"[[1]]" * 40)


def test_a_header_keeps_what_a_later_version_adds_but_no_broken_text() -> None:
    line = OPS["good"][0]["header"].encode()
    assert ops.decode_header(line[:-1] + b',"new":{"a":[1]}}').seq == 1
    with pytest.raises(MessageError):
        ops.decode_header(line[:-1] + b',"new":"\xff"}')


def test_the_last_of_equal_keys_counts_as_in_javascript() -> None:
    [change] = ops.decode_body(b'[["attendance","a",{"status":"absent","status":"present"}]]')
    assert change.fields == {"status": "present"}


@pytest.mark.parametrize("value", ["\ud800", {1, 2}.__class__, 2**70j])
def test_what_cannot_be_written_as_json_is_refused_at_the_author(value: Any) -> None:
    with pytest.raises(MessageError):
        ops.encode_body([Change("a", "b", {"x": value})])


def test_an_author_keeps_its_own_bounds() -> None:
    with pytest.raises(MessageError, match="op_too_large"):
        ops.encode_body([Change("a", "b", {"x": "x" * limits.BODY_BYTES})])
    with pytest.raises(MessageError, match="op_too_large"):
        ops.encode_body([Change("a", "b", {"x": 1})] * (limits.CHANGES_PER_OP + 1))
    header = Header(
        v=1, dev=DEVICE, ep="a" * 8, part="mbale", seq=1, wall=1, tz=0, actor="p" * 1024, intent="x"
    )
    with pytest.raises(MessageError, match="op_too_large"):
        ops.encode_header(header)
