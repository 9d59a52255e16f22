"""Tablets and their workshop: nothing lost, nothing twice, no false alarm."""

import pytest

from sync import Change, MessageError, exchange, wire
from sync.ops import b64, unb64
from sync.receipts import give_receipt
from tests.sync_world import PART, PARTS, World, device, key, mark, rows, serve, status
from workshop.admission import SYSTEM
from workshop.receipts import at_campus


def test_a_lost_answer_is_no_fork(world: World) -> None:
    """The ordinary case: the server has the ops, the tablet does not know, and sends them again with more."""
    world.enrol(world.one)
    world.one.mark("p1")
    for number in range(2, 6):
        world.one.send(world.workshop, lose_reply=True)
        world.one.mark(f"p{number}")
    first = wire.unpack(world.one.send(world.workshop))[0]
    assert "fork" not in first
    assert "refused" not in first
    assert not world.one.forked
    assert world.one.at(world.workshop.device) == 5
    assert rows(world.workshop.node, "select count(*) from rm_attendance") == [(5,)]


def test_the_campus_receipt_reaches_the_tablet_through_the_workshop(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.send(world.workshop)
    assert world.one.at(world.campus.device) == 0
    world.exchange()
    world.one.send(world.workshop)
    assert world.one.at(world.campus.device) == 1
    world.agree()


def test_a_tablet_that_calls_itself_the_campus_is_not_believed(world: World) -> None:
    """Its receipt is genuine: signed with its own key. But who is the campus, records decide, not the receipt."""
    world.enrol(world.one, world.two)
    world.one.mark("p1")
    world.one.send(world.workshop)
    for role in ("campus", "workshop"):
        chain = (world.one.device, world.one.epoch, PART)
        link = world.one.link(PART, 1)
        assert link
        forged = give_receipt(world.two.key, role, chain, 1, link, world.clock())
        assert forged.is_genuine()
        data, _ = world.two.request(world.workshop.device, [])
        said = {**wire.unpack(wire.inflate(data))[0], "receipts": [exchange.encode_receipt(forged)]}
        raw = wire.pack(said, [])
        signature = b64(world.two.key.sign(exchange.request_statement(raw)))
        serve(world.workshop.node, wire.compress(raw), signature, [])
    assert rows(world.workshop.node, "select count(*) from op_receipt where site = ?", world.two.device) == [
        (0,)
    ]
    assert at_campus(world.workshop, PART, "attendance", ["T01.1.p1"]) == set()
    first = wire.unpack(world.one.send(world.workshop))[0]
    assert [receipt["by"] for receipt in first["receipts"]] == [world.workshop.device]
    world.exchange()
    assert at_campus(world.workshop, PART, "attendance", ["T01.1.p1"]) == {"T01.1.p1"}


def test_who_gives_receipts_in_which_role_is_told_by_the_records(world: World) -> None:
    world.enrol(world.one)
    lost, second = key("lost box"), key("second campus")
    changes = [
        device(lost.device, lost.public, "workshop", revoked_at={}),
        device(second.device, second.public, "campus", "common"),
    ]
    world.campus.record(actor=SYSTEM, intent="site.add", changes=changes)
    world.exchange()
    for site in (world.campus, world.workshop):
        asked = [
            world.campus.device,
            world.workshop.device,
            second.device,
            lost.device,
            world.one.device,
            "dnobody",
        ]
        roles = [site.node.admission.receipt_role(each) for each in asked]
        assert roles == ["campus", "workshop", "campus", None, None, None]


def test_a_tablet_that_talks_to_both_gets_both_receipts(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.send(world.campus)
    assert world.one.at(world.campus.device) == 1
    world.exchange()
    world.one.send(world.workshop)
    assert world.one.at(world.workshop.device) == 1
    world.exchange()
    world.agree()


def test_600_ops_go_in_two_messages(world: World) -> None:
    world.enrol(world.one)
    for number in range(600):
        world.one.mark(f"p{number}")
    world.one.send(world.workshop)
    assert world.one.at(world.workshop.device) == 500
    world.one.send(world.workshop)
    assert world.one.at(world.workshop.device) == 600
    world.exchange()
    world.agree()


def test_a_restored_workshop_says_what_it_lacks_and_the_tablet_sends_again(world: World) -> None:
    world.enrol(world.one)
    for number in range(4):
        world.one.mark(f"p{number}")
    world.one.received[world.workshop.device, world.one.epoch, PART] = (
        2  # the workshop lost what it had receipted
    )
    world.one.send(world.workshop)
    assert [(r["code"], r["data"]["have"]) for r in world.one.refused] == [("chain_gap", 0)]
    world.one.send(world.workshop)
    assert world.one.refused == []
    assert world.one.at(world.workshop.device) == 4


def test_a_tablet_is_told_which_of_its_ops_are_held(world: World) -> None:
    world.enrol(world.one)
    good = world.one.mark("p1")
    bad = world.one.record(PART, "pak", "x", [mark("p2", "present", 9)])
    world.one.send(world.workshop)
    assert world.one.quarantined == [[bad, "rule_broken"]]
    assert world.one.at(world.workshop.device) == 2, "kept and receipted all the same"
    assert good not in dict(world.one.quarantined)  # type: ignore[arg-type]


def test_another_sites_tablet_and_a_wrong_server(world: World) -> None:
    """Ops for another site's part are kept by nobody's tables; a message meant for another server is refused."""
    world.enrol(world.one)
    op = world.one.record("kampala", "pak", "x", [mark("p1")])
    world.one.send(world.workshop)
    assert dict(world.one.quarantined)[op] == "unknown_device"  # type: ignore[arg-type]
    data, signature = world.one.request(world.campus.device, [])
    with pytest.raises(MessageError, match="wrong_site"):
        serve(world.workshop.node, data, signature, [])


def test_one_op_with_two_changes_of_one_record(world: World) -> None:
    """The later one in the list counts where both set a value; both are one fact, with the bases of both."""
    world.enrol(world.one, world.two)
    first = world.two.mark("p1", "excused")
    world.two.send(world.workshop)
    changes = [
        mark("p1", "late", 5),
        Change("attendance", "T01.1.p1", {"note": "bus"}, (first,)),
        mark("p1", "absent"),
    ]
    op = world.one.record(PART, "pak", "attendance.mark", changes)
    world.one.send(world.workshop)
    found = rows(world.workshop.node, "select status, minutes, note, conflict, last_op from rm_attendance")
    assert found == [("absent", None, "bus", 0, op)]
    world.exchange()
    world.agree()


def test_own_ops_after_a_tablets_clock_ran_ahead(world: World) -> None:
    """Hybrid time follows what was seen, by at most a day; wall time stays the server's own."""
    world.enrol(world.one)
    world.clock.now += 20 * 3600 * 1000
    world.one.mark("p1")
    world.clock.now -= 20 * 3600 * 1000
    world.one.send(world.workshop)
    op = world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p2")])
    stored = world.workshop.node.log.read([world.workshop.node.log.number_of(op) or 0])[0]
    assert stored.header.hybrid > world.one.clock() * 1000 + 19 * 3600 * 1_000_000
    assert stored.header.wall < world.clock.now + 1000
    world.clock.now += 40 * 24 * 3600 * 1000
    world.one.mark("p3")
    world.clock.now -= 40 * 24 * 3600 * 1000
    world.one.send(world.workshop)
    op = world.workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p4")])
    stored = world.workshop.node.log.read([world.workshop.node.log.number_of(op) or 0])[0]
    assert stored.header.hybrid < (world.clock.now + 21 * 3600 * 1000) * 1000
    world.exchange()
    world.agree()


def test_the_links_of_what_was_stored_are_the_tablets_own(world: World) -> None:
    world.enrol(world.one)
    ids = [world.one.mark(f"p{number}") for number in range(3)]
    world.one.send(world.workshop)
    stored = [op for op in world.workshop.node.log.read_since(0, 99) if op.header.dev == world.one.device]
    assert [op.id for op in stored] == ids
    vector = world.workshop.node.log.vector(PARTS)
    assert {name: tips for name, tips in vector.items() if world.one.device in name} == world.one.vector()
    assert all(len(unb64(link)) == 32 for tips in vector.values() for _, link in tips)
    assert status(world.workshop.node, "p0") == "present"
