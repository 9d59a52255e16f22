"""The read model can be thrown away; erasing is for ever; a store of another shape is rebuilt by itself."""

import time

from sync import Change
from tests.sync_world import PART, PARTS, World, assert_sound, give, replica, rows, status
from workshop.admission import SYSTEM
from workshop.site import Site


def test_rebuilt_at_opening_when_the_declarations_changed(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.send(world.workshop)
    before = world.workshop.node.model.state_hash()
    with world.workshop.writing() as db:
        db.execute("update rm_meta set value = 'older' where name = 'fingerprint'")
        db.execute("delete from rm_attendance")
    world.workshop.close()
    world.workshop = Site(world.workshop.folder, world.clock)
    assert world.workshop.node.model.state_hash() == before
    assert status(world.workshop.node, "p1") == "present"


def test_a_table_that_was_tampered_with_is_found(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.send(world.workshop)
    with world.workshop.writing() as db:
        db.execute("update rm_attendance set status = 'absent'")
    before, after = world.workshop.node.rebuild()
    assert before != after
    assert status(world.workshop.node, "p1") == "present"


def test_erasing_takes_the_words_out_and_leaves_the_chain(world: World) -> None:
    people = Change(
        "trainee", "tokot", {"name": "Okot James", "name_zh": "奥科特", "phone": "+256 700 000000"}
    )
    world.workshop.record(actor=SYSTEM, intent="trainee.add", changes=[people])
    op = rows(world.workshop.node, "select last_op from rm_trainee")[0][0]
    world.exchange()
    assert world.campus.node.erase(op)
    assert world.workshop.node.erase(op)
    assert not world.campus.node.erase("AAAAAAAAAAAAAAAA")
    assert rows(world.campus.node, "select * from rm_trainee") == []
    assert rows(world.campus.node, "select count(*) from op_log where instr(body, 'Okot') > 0") == [(0,)]
    assert world.exchange().refused == []
    world.agree()
    fresh = replica(world.campus.device, world.clock)
    assert give(fresh, *world.campus.node.log.all_missing_for({}, PARTS)) == []
    assert fresh.model.state_hash() == world.campus.node.model.state_hash()
    assert rows(fresh, "select count(*) from op_log where instr(body, 'Okot') > 0") == [(0,)]


def test_what_an_erased_op_had_replaced_stands_again(world: World) -> None:
    world.enrol(world.one)
    world.one.mark("p1", "present")
    second = world.one.mark("p1", "absent")
    world.one.send(world.workshop)
    assert status(world.workshop.node, "p1") == "absent"
    world.workshop.node.erase(second)
    assert status(world.workshop.node, "p1") == "present"
    assert_sound(world.workshop.node)


def test_erasing_an_op_in_quarantine_takes_it_out_of_there(world: World) -> None:
    op = world.one.mark("p1")
    world.one.send(world.workshop)
    world.workshop.node.erase(op)
    assert rows(world.workshop.node, "select * from rm_quarantine") == []
    world.enrol(world.one)
    assert status(world.workshop.node, "p1") is None
    assert_sound(world.workshop.node)


def test_erasing_what_others_rest_on_is_weighed_again(world: World) -> None:
    world.enrol(world.one)
    enrolment = rows(world.workshop.node, "select last_op from rm_device where part = ?", PART)[0][0]
    world.one.mark("p1")
    world.one.send(world.workshop)
    world.workshop.node.erase(enrolment)
    assert rows(world.workshop.node, "select code from rm_quarantine") == [("unknown_device",)]
    assert status(world.workshop.node, "p1") is None
    assert_sound(world.workshop.node)


def test_a_record_that_was_changed_ten_thousand_times(world: World) -> None:
    """One more change of it costs well below a second; and so does one of any other record."""
    world.enrol(world.one)
    for number in range(10_000):
        world.one.mark("p1", ("present", "absent")[number % 2])
    while world.one.unsent(world.workshop.device):
        world.one.send(world.workshop)
    started = time.process_time()
    world.workshop.record(actor="pak", intent="x", changes=[Change("attendance", "T01.1.p1", {"note": "x"})])
    assert time.process_time() - started < 0.8
    assert status(world.workshop.node, "p1") == "absent"
    assert_sound(world.workshop.node)
