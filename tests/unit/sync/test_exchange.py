"""One round trip at a time: what is refused at the door, what a receipt may say, when a conversation is over."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sync import CarrierError, Change, MessageError, Node, StoreError, exchange, wire
from sync.exchange import Conversation, absorb, ask
from sync.http import synchronise
from sync.messages import read_receipt, read_vector
from sync.ops import b64
from sync.receipts import held_digest
from tests.sync_world import PART, PARTS, Clock, Line, Tablet, give, key, mark, replica, rows, serve

CLOCK = Clock()


@pytest.fixture
def node() -> Node:
    return replica(key("campus").device, CLOCK)


@pytest.fixture
def tablet() -> Tablet:
    made = Tablet("tablet one", CLOCK)
    for number in range(5):
        made.mark(f"p{number}")
    return made


def signed(tablet: Tablet, first: dict[str, Any], lines: bytes = b"") -> tuple[bytes, str]:
    raw = wire.encode_object(first) + b"\n" + lines
    return wire.compress(raw), b64(tablet.key.sign(exchange.request_statement(raw)))


def hello(tablet: Tablet, **other: Any) -> dict[str, Any]:
    data, _ = tablet.request(None, [])
    return {**wire.unpack(wire.inflate(data))[0], **other}


def test_a_tablet_is_told_that_its_ops_are_here(node: Node, tablet: Tablet) -> None:
    raw = serve(node, *tablet.request(node.device, tablet.unsent(node.device)), [])
    first, rest = wire.unpack(raw)
    assert list(rest) == []
    [receipt] = [read_receipt(item) for item in first["receipts"]]
    assert (receipt.seq, receipt.link, receipt.site) == (5, tablet.link(PART, 5), node.device)
    assert "fork" not in first
    assert len(first["quarantined"]) == 5


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"luban": 2}, "unknown_version"),
        ({"luban": None}, "unknown_version"),
        ({"device": key("mallory").device}, "bad_signature"),
        ({"key": key("mallory").public}, "bad_signature"),
        ({"key": 7}, "bad_message"),
        ({"role": "admin"}, "bad_message"),
        ({"to": key("mallory").device}, "wrong_site"),
        ({"now": "noon"}, "bad_message"),
        ({"head": {"mbale": [["aaaaaaaa", "x", ""]]}}, "bad_message"),
        ({"head": []}, "bad_message"),
        ({"parts": [["mbale"]]}, "bad_message"),
        ({"have": {"a": [[1, "x"]]}}, "bad_message"),
        ({"have": {"a/b/c": [[1, "AAAA"]]}}, "bad_message"),
        ({"have": {"a/b/c": [[-1, b64(bytes(32))]]}}, "bad_message"),
        ({"have": {"a/b/c": [[2**70, b64(bytes(32))]]}}, "bad_message"),
        ({"have": {f"a/{n}/c": [[1, b64(bytes(32))]] for n in range(1001)}}, "bad_message"),
        ({"receipts": [7]}, "bad_message"),
    ],
)
def test_what_the_door_refuses(node: Node, tablet: Tablet, other: dict[str, Any], code: str) -> None:
    with pytest.raises(MessageError) as caught:
        serve(node, *signed(tablet, hello(tablet, **other)), [])
    assert caught.value.code == code
    assert rows(node, "select count(*) from op_log") == [(0,)]


def test_a_request_is_signed_by_its_caller(node: Node, tablet: Tablet) -> None:
    data, signature = tablet.request(node.device, tablet.unsent(node.device))
    other, _ = tablet.request(node.device, [])
    for bad in ((data, b64(bytes(64))), (other, signature), (data, "")):
        with pytest.raises(MessageError):
            serve(node, *bad, [])
    assert rows(node, "select count(*) from op_log") == [(0,)]


def test_a_tablet_brings_its_own_chains_only(node: Node, tablet: Tablet) -> None:
    other = Tablet("tablet two", CLOCK)
    other.mark("p1")
    raw = serve(node, *tablet.request(node.device, [*other.runs(PART), *tablet.runs(PART)]), [])
    [refusal] = wire.unpack(raw)[0]["refused"]
    assert refusal == {
        "run": [other.device, other.epoch, PART], "code": "wrong_site", "data": {"what": "another device's chain"},
    }  # fmt: skip
    assert rows(node, "select count(*) from op_log") == [(5,)]


def test_a_server_brings_only_parts_that_it_may_replicate(node: Node, tablet: Tablet) -> None:
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    other = Tablet("tablet two", CLOCK)
    other.record("kampala", "pak", "x", [mark("p1")])
    assert give(workshop, *tablet.runs(PART), *other.runs("kampala")) == []
    line = Line(node, PARTS)
    outcome = synchronise(workshop, Conversation(), line, [*PARTS, "kampala"])
    assert {code for code, _ in outcome.refused} == {"wrong_site"}
    assert line.trips <= 4
    assert not outcome.more
    assert rows(node, "select distinct part from op_chain") == [(PART,)]


def test_a_peer_cannot_slip_another_part_into_its_answer(node: Node, tablet: Tablet) -> None:
    tablet.record("kampala", "pak", "x", [mark("p1")])
    answer = serve(node, *tablet.request(node.device, []), [])
    first = {"luban": 1, "device": node.device, "key": node.key.public, "role": "campus", "digest": ""}
    raw = wire.pack(first, tablet.runs("kampala"))
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    outcome = absorb(workshop, Conversation(), raw, PARTS, 0)
    assert [code for code, _ in outcome.refused] == ["wrong_site"]
    assert rows(workshop, "select count(*) from op_log") == [(0,)]
    assert answer


def test_nothing_to_do_is_one_small_request(node: Node, tablet: Tablet) -> None:
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    give(workshop, *tablet.runs(PART))
    talk = Conversation()
    synchronise(workshop, talk, Line(node, PARTS), PARTS)
    line = Line(node, PARTS)
    outcome = synchronise(workshop, talk, line, PARTS)
    assert (line.trips, outcome.sent, outcome.taken, outcome.more) == (1, 0, 0, False)
    assert line.bytes_out + line.bytes_in <= 1024
    assert "have" not in line.answers[0]


def test_a_lost_answer_costs_one_more_trip_and_no_second_copy(tablet: Tablet) -> None:
    campus = replica(key("campus").device, CLOCK, "campus")
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    give(workshop, *tablet.runs(PART))
    talk, line = Conversation(), Line(campus, PARTS)

    def cut(data: bytes, signature: str) -> bytes:
        line(data, signature)
        raise CarrierError("unreachable", reason="cut")

    for _ in range(3):
        with pytest.raises(CarrierError):
            synchronise(workshop, talk, cut, PARTS)
    synchronise(workshop, talk, line, PARTS)
    assert campus.log.vector(PARTS) == workshop.log.vector(PARTS)
    assert rows(campus, "select count(*) from op_log") == [(5,)]
    assert [r.seq for r in workshop.receipts.held()] == [5]


def test_another_server_under_the_peers_address_is_not_believed(node: Node) -> None:
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    mallory = replica(key("campus").device, CLOCK, "mallory")
    talk = Conversation()
    synchronise(workshop, talk, Line(node, PARTS), PARTS)
    talk_to_other = replace(talk)
    with pytest.raises(MessageError, match="wrong_site"):
        synchronise(workshop, talk_to_other, Line(mallory, PARTS), PARTS)
    raw, sent = ask(workshop, Conversation(), PARTS)
    answer = serve(
        mallory, wire.compress(raw), b64(workshop.key.sign(exchange.request_statement(raw))), PARTS
    )
    with pytest.raises(CarrierError, match="wrong_peer"):
        absorb(workshop, talk, answer, PARTS, sent)


@pytest.mark.parametrize(
    "spoil", [{"luban": 3}, {"device": "x"}, {"key": "x"}, {"refused": "no"}, {"role": "tablet"}]
)
def test_an_answer_that_is_none_of_ours_changes_nothing(
    node: Node, tablet: Tablet, spoil: dict[str, Any]
) -> None:
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    first = {"luban": 1, "device": node.device, "key": node.key.public, "role": "campus", **spoil}
    with pytest.raises(MessageError):
        absorb(workshop, Conversation(), wire.pack(first, tablet.runs(PART)), PARTS, 0)
    assert rows(workshop, "select count(*) from op_log") == [(0,)]


# -- receipts


def test_no_receipt_before_the_commit(node: Node) -> None:
    with node.write(), pytest.raises(StoreError, match="receipt_before_commit"):
        node.own_receipts(PARTS)


def test_a_receipt_counts_only_for_what_is_here(node: Node, tablet: Tablet) -> None:
    campus = replica(key("campus").device, CLOCK, "campus")
    give(campus, *tablet.runs(PART))
    [receipt] = campus.own_receipts(PARTS)
    assert node.keep_receipts([receipt]) == (0, [])
    give(node, *tablet.runs(PART, upto=3))
    assert node.keep_receipts([receipt]) == (0, [])
    give(node, *tablet.runs(PART, 3))
    assert node.keep_receipts([receipt]) == (1, [])
    assert node.keep_receipts([receipt]) == (0, [])
    assert node.receipts.held() == [receipt]


def test_a_receipt_for_another_link_is_passed_over(node: Node, tablet: Tablet) -> None:
    twin = tablet.clone()
    tablet.mark("p7")
    twin.mark("p8")
    campus = replica(key("campus").device, CLOCK, "campus")
    give(campus, *twin.runs(PART))
    give(node, *tablet.runs(PART))
    assert node.keep_receipts(campus.own_receipts(PARTS)) == (0, [])
    assert node.receipts.held() == []


def test_each_branch_of_a_fork_has_its_own_receipt(node: Node, tablet: Tablet) -> None:
    twin = tablet.clone()
    tablet.mark("p7")
    twin.mark("p8")
    twin.mark("p9")
    campus = replica(key("campus").device, CLOCK, "campus")
    for store in (node, campus):
        give(store, *tablet.runs(PART), *twin.runs(PART))
    told = campus.own_receipts(PARTS)
    assert sorted((r.seq, r.link) for r in told) == [(6, tablet.link(PART, 6)), (7, twin.link(PART, 7))]
    assert node.keep_receipts(told) == (2, [])
    for each, seq in ((tablet, 6), (twin, 7)):
        answer = serve(node, *each.request(node.device, []), [])
        each.take_answer(answer)
        assert each.at(campus.device, epoch="aaaaaaaa") == each.at(node.device, epoch="aaaaaaaa") == seq


def test_a_forged_receipt_is_told_and_not_kept(node: Node, tablet: Tablet) -> None:
    give(node, *tablet.runs(PART))
    campus = replica(key("campus").device, CLOCK, "campus")
    give(campus, *tablet.runs(PART))
    [good] = campus.own_receipts(PARTS)
    forged = replace(good, at=good.at + 1)
    assert node.keep_receipts([forged]) == (0, [forged])
    assert node.receipts.held() == []
    assert node.keep_receipts([good]) == (1, [])


def test_a_server_put_back_to_before_a_chain_began_says_so(node: Node, tablet: Tablet) -> None:
    """No receipt can say "nothing": the tablet would believe the old one for ever, and never send again."""
    restored = replica(key("campus").device, CLOCK)
    assert restored.device == node.device
    tablet.take_answer(serve(node, *tablet.request(node.device, tablet.unsent(node.device)), []))
    assert tablet.unsent(node.device) == []
    raw = serve(restored, *tablet.request(node.device, [], held="what it holds"), [])
    tablet.take_answer(raw)
    assert [refusal["code"] for refusal in tablet.refused] == ["chain_gap"]
    raw = serve(restored, *tablet.request(node.device, tablet.unsent(node.device)), [])
    tablet.take_answer(raw)
    assert restored.log.vector([PART]) == tablet.vector()
    assert tablet.refused == []


def test_a_server_put_back_that_took_a_copys_branch_since_says_that_it_lacks_ours(
    node: Node, tablet: Tablet
) -> None:
    twin = tablet.clone()
    tablet.mark("pours")
    tablet.take_answer(serve(node, *tablet.request(node.device, tablet.unsent(node.device)), []))
    twin.mark("ptheirs")
    restored = replica(key("campus").device, CLOCK)
    serve(restored, *twin.request(restored.device, twin.unsent(restored.device)), [])
    for _ in range(2):
        request = tablet.request(restored.device, tablet.unsent(restored.device), held="what it holds")
        tablet.take_answer(serve(restored, *request, []))
    tips = restored.log.vector([PART])[f"{tablet.device}/aaaaaaaa/{PART}"]
    assert {link for _, link in tips} == {
        b64(each.link(PART, 6, "aaaaaaaa") or b"") for each in (tablet, twin)
    }


def test_a_first_contact_without_ops_is_told_nothing_of_gaps(node: Node, tablet: Tablet) -> None:
    raw = serve(node, *tablet.request(node.device, [], held=held_digest([])), [])
    assert "refused" not in wire.unpack(raw)[0]


def test_a_restored_campus_says_that_it_holds_less(node: Node, tablet: Tablet) -> None:
    full, restored = (replica(key("campus").device, CLOCK, "campus") for _ in range(2))
    give(node, *tablet.runs(PART))
    give(full, *tablet.runs(PART))
    give(restored, *tablet.runs(PART, upto=2))
    old = full.own_receipts(PARTS)
    node.keep_receipts(old)
    assert node.keep_receipts(restored.own_receipts(PARTS)) == (1, [])
    assert [r.seq for r in node.receipts.held()] == [2]
    assert node.keep_receipts(old) == (1, []), "a higher one counts at any time"


def test_receipts_that_were_missed_come_without_new_ops(tablet: Tablet) -> None:
    """Both have the ops by other roads; the workshop still learns that the campus has them."""
    campus = replica(key("campus").device, CLOCK, "campus")
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    for store in (campus, workshop):
        give(store, *tablet.runs(PART))
    talk = Conversation()
    synchronise(workshop, talk, Line(campus, PARTS), PARTS)
    assert [r.seq for r in workshop.receipts.held()] == [5]
    with workshop.write():
        workshop.db.execute("delete from op_receipt")
    synchronise(workshop, talk, Line(campus, PARTS), PARTS)
    assert [r.seq for r in workshop.receipts.held()] == [5]


@pytest.mark.parametrize(
    "value", [None, [], {"a": 1}, {"a/b/c": 1}, {"a/b/c": [[1]]}, {"a/b/c": [[True, "x"]]}]
)
def test_vectors_that_are_none(value: Any) -> None:
    with pytest.raises(MessageError):
        read_vector(value)


def test_a_refused_run_does_not_make_the_conversation_go_on_for_ever(node: Node, tablet: Tablet) -> None:
    """The peer refuses what it is sent every time: one try, the reason, an end."""
    workshop = replica(key("campus").device, CLOCK, "workshop", "workshop")
    give(workshop, *tablet.runs(PART))
    with workshop.write():
        workshop.db.execute("update op_signature set signature = zeroblob(64)")
    line = Line(node, PARTS)
    outcome = synchronise(workshop, Conversation(), line, PARTS)
    assert [code for code, _ in outcome.refused] == ["bad_signature"] * len(outcome.refused)
    assert line.trips <= 4
    assert json.loads(wire.encode_object(line.answers[-1]["refused"][0]))["code"] == "bad_signature"


def test_an_own_op_of_a_later_time_is_no_fork(node: Node, tablet: Tablet) -> None:
    """The caller says how far it is now; a message that was delayed says less, but a resent one never does."""
    for _ in range(3):
        raw = serve(node, *tablet.request(node.device, tablet.runs(PART)), [])
        assert "fork" not in wire.unpack(raw)[0]
        tablet.mark("p9")
    assert Change("a", "b", {}).base == ()
