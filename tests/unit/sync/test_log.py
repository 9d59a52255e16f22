"""The log: whole runs or nothing, forks kept side by side, and exactly what a peer lacks."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import Change, Node, wire
from sync.author import Author
from sync.errors import MessageError
from sync.messages import read_receipt
from sync.ops import body_hash, erased_line
from tests.sync_vectors import cases, load
from tests.sync_world import PART, PARTS, Clock, give, key, mark, replica, rows

CLOCK = Clock()


@pytest.fixture
def node() -> Node:
    return replica(key("campus").device, CLOCK)


def author(count: int, name: str = "tablet one") -> Author:
    made = Author(key(name), "aaaaaaaa", CLOCK)
    extend(made, count)
    return made


def extend(made: Author, count: int, status: str = "present") -> None:
    for _ in range(count):
        made.record(PART, "pak", "attendance.mark", [mark("tokot", status)])


def count(node: Node) -> int:
    return int(rows(node, "select count(*) from op_log")[0][0])


@pytest.mark.parametrize("case", cases(load("runs")))
def test_cases(node: Node, case: dict[str, Any]) -> None:
    codes = []
    for text in case["runs"]:
        [run] = wire.read_runs(iter(text.encode()[:-1].split(b"\n")), 500)
        assert run.encode().decode() == text
        codes.append((give(node, run) or [None])[0])
    assert codes == case["codes"]
    assert count(node) == case["ops"]


@pytest.mark.parametrize("case", cases(load("receipts")))
def test_receipts(case: dict[str, Any]) -> None:
    if case["code"] is None:
        receipt = read_receipt(case["receipt"])
        assert receipt.is_genuine()
        assert receipt.statement().decode() == case["statement"]
        return
    try:
        assert not read_receipt(case["receipt"]).is_genuine()
    except MessageError as error:
        assert error.code == case["code"]


def test_a_gap_says_what_is_there(node: Node) -> None:
    made = author(6)
    give(node, *made.runs(PART, upto=2))
    [(_, error)] = node.take(made.runs(PART, 4))[1]
    assert (error.code, error.data["have"]) == ("chain_gap", 2)
    assert count(node) == 2
    assert give(node, *made.runs(PART, 2)) == []
    assert count(node) == 6


def test_a_refused_run_leaves_no_trace(node: Node) -> None:
    made = author(4)
    [run] = made.runs(PART)
    assert give(node, replace(run, signature=bytes(64))) == ["bad_signature"]
    assert give(node, *made.runs(PART, 2)) == ["chain_gap"]
    assert rows(node, "select count(*) from op_chain") == [(0,)]
    assert rows(node, "select count(*) from op_key") == [(0,)]
    assert node.log.branches(run.chain) == []
    assert give(node, run) == []


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda h, b: (h[:-1] + b',"new":"\xff"}', b), "bad_message"),
        (lambda h, b: (h, b[:-1] + b'\xff"]'), "bad_message"),
        (lambda h, b: (h, b"{}"), "bad_message"),
        (lambda h, b: (h, b'"' + b"!" * 43 + b'"'), "bad_message"),
        (lambda h, b: (h.replace(b'"seq":1', b'"seq":2'), b), "bad_message"),
        (lambda h, b: (h.replace(b'"part":"mbale"', b'"part":"common"'), b), "bad_message"),
        (lambda h, b: (h.replace(b'"v":1', b'"v":0'), b), "bad_message"),
    ],
)
def test_a_signed_run_of_nonsense_is_refused_and_the_next_one_is_taken(
    node: Node, spoil: Any, code: str
) -> None:
    bad, good = author(1), author(3, "tablet two")
    [run] = bad.runs(PART)
    spoiled = Author(key("tablet one"), "aaaaaaaa", CLOCK)
    spoiled._chain("aaaaaaaa", PART).links[0] = bad.link(PART, 0) or b""
    try:
        spoiled.append(PART, *spoil(*run.lines[0]))
    except MessageError as error:  # an erased body that is none has no link either
        assert error.code == code
        return
    assert give(node, *spoiled.runs(PART), *good.runs(PART)) == [code]
    assert count(node) == 3


def test_one_of_fifty_is_poisoned_and_49_apply(node: Node) -> None:
    made = Author(key("campus"), "aaaaaaaa", CLOCK)
    bodies = [
        b'[["attendance","T01.1.p%d",{"status":"present"}]]' % n
        if n != 25
        else b'[["attendance","T01.1.p25",{"status":NaN}]]'
        for n in range(50)
    ]
    header = author(1).runs(PART)[0].lines[0][0].replace(author(0).device.encode(), made.device.encode())
    for number, body in enumerate(bodies, 1):
        line = header.replace(b'"seq":1,', b'"seq":%d,' % number).replace(
            b'"actor":"pak"', b'"actor":"system"'
        )
        made.append(PART, line, body)
    assert give(node, *made.runs(PART)) == []
    assert rows(node, "select count(*) from rm_attendance") == [(49,)]
    assert rows(node, "select code from rm_quarantine") == [("bad_fields",)]


def test_the_same_again_in_any_cut_is_nothing_new(node: Node) -> None:
    made = author(20)
    give(node, *made.runs(PART))
    before = (count(node), node.model.state_hash(), node.log.vector(PARTS))
    for most in (1, 3, 7, 20):
        assert node.take(made.runs(PART, most=most)) == (0, [])
    assert (count(node), node.model.state_hash(), node.log.vector(PARTS)) == before
    assert rows(node, "select count(*) from op_signature")[0][0] >= 20


def test_an_erased_body_stays_erased_when_the_whole_comes_again(node: Node) -> None:
    made = author(3)
    [run] = made.runs(PART)
    lines = [run.lines[0], (run.lines[1][0], erased_line(body_hash(run.lines[1][1]))), run.lines[2]]
    assert give(node, replace(run, lines=lines), run) == []
    assert [row[0] is None for row in rows(node, "select body from op_log order by seq")] == [
        False,
        True,
        False,
    ]
    [again] = node.log.all_missing_for({}, PARTS)
    assert again.lines == lines


def test_a_tablet_cannot_pass_off_an_op_as_erased(node: Node) -> None:
    [run] = author(1).runs(PART)
    erased = replace(run, lines=[(run.lines[0][0], erased_line(body_hash(run.lines[0][1])))])
    [(_, error)] = node.take([erased], device=run.chain[0])[1]
    assert error.code == "bad_message"


# -- forks


def family() -> dict[str, Author]:
    """Four branches of one chain: y and z leave x at 4, w leaves y at 7, v leaves z at the number at which z began."""
    x = author(3)
    found = {name: x.clone() for name in "yzv"}
    for name, status in (("y", "late"), ("z", "absent"), ("v", "excused")):
        made = found[name]
        made.record(PART, "pak", "attendance.mark", [Change("attendance", "T01.1.p2", {"note": status})])
        extend(made, 2)
    found["w"] = found["y"].clone()
    extend(found["y"], 2)
    extend(found["w"], 3, "absent")
    extend(x, 2)
    return {**found, "x": x}


def tips(made: dict[str, Author]) -> list[tuple[int, str]]:
    return sorted(tip for each in made.values() for [tip] in each.vector().values())


@settings(deadline=None, max_examples=40)
@given(st.randoms(use_true_random=False))
def test_branches_are_told_apart_whichever_came_first(rng: random.Random) -> None:
    made = family()
    node = replica(key("campus").device, CLOCK)
    lanes = [each.runs(PART, most=rng.choice([1, 2, 5])) for each in made.values()]
    while lanes := [lane for lane in lanes if lane]:
        assert give(node, rng.choice(lanes).pop(0)) == []
    assert list(node.log.vector(PARTS).values()) == [tips(made)]
    assert count(node) == 3 + 2 + 3 + 3 + 3 + 2 + 3
    for each in made.values():
        for seq in range(1, 9):
            link = each.link(PART, seq)
            if link is not None:
                assert node.log.holding(next(iter(lanes_of(each))), seq, link) is not None


def lanes_of(each: Author) -> list[tuple[str, str, str]]:
    return [(each.device, epoch, part) for epoch, part in each.chains()]


@settings(deadline=None, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_a_peer_gets_exactly_what_it_lacks_of_a_forked_chain(rng: random.Random) -> None:
    """Whatever two stores hold of it, sending each other what vectors say brings them together, and nothing is refused."""
    made = family()
    one, two = replica(key("campus").device, CLOCK), replica(key("campus").device, CLOCK)
    for node in (one, two):
        for each in rng.sample(list(made.values()), rng.randint(0, 4)):
            node.take(each.runs(PART, upto=rng.randint(1, 9)))
    for _ in range(30):
        for giver, taker in ((one, two), (two, one)):
            runs, _ = giver.log.missing_for(taker.log.vector(PARTS), PARTS, rng.choice([2, 500]), 10**6)
            assert give(taker, *runs) == []
    assert one.log.vector(PARTS) == two.log.vector(PARTS)
    assert not one.log.is_behind(two.log.vector(PARTS), PARTS)
    assert count(one) == count(two)


def test_runs_given_fit_the_bounds(node: Node) -> None:
    made = author(100)
    give(node, *made.runs(PART, most=10))
    runs, more = node.log.missing_for({}, PARTS, 25, 10**6)
    assert [len(run.lines) for run in runs] == [20]
    assert more
    runs, more = node.log.missing_for({}, PARTS, 500, 10**6)
    assert [len(run.lines) for run in runs] == [100]
    assert not more
    size = sum(len(run.encode()) for run in node.log.missing_for({}, PARTS, 500, 6000)[0])
    assert 0 < size <= 6000
