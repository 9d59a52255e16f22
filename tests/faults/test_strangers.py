"""Devices that are revoked, lie, or go wrong: what they send never touches what others wrote, and is never lost in silence."""

import pytest

from sync import wire
from sync.bundle import write_bundle
from sync.errors import BundleError
from sync.ops import b64, head_statement
from sync.wire import Run
from tests.faults.conftest import Figures
from tests.faults.door import Door
from tests.faults.holdings import count, links_of, own_links, rows_in
from tests.faults.nursery import Nursery
from tests.sync_world import PART, Tablet, World, mark
from workshop.admission import SYSTEM
from workshop.devices import commands as devices
from workshop.exchange.bundles import take_file
from workshop.problems import Problem
from workshop.site import Site, system_clock

MONTH_MS = 31 * 24 * 3600 * 1000


def held(nursery: Nursery) -> dict[str, str]:
    return dict(rows_in(nursery.folder, "select op, code from rm_quarantine"))  # type: ignore[arg-type]


def test_fault_23_revoked_device_offline_for_a_month(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    """It is revoked on the day it was last heard of, and comes back a month later with its work of both weeks."""
    world.one.clock = lambda: system_clock() - MONTH_MS
    for number in range(5):
        world.one.mark(f"p{number}")
    door.send(world.one)
    with_office = Site(nursery.folder)
    devices.revoke(with_office, PART, world.one.device, SYSTEM)
    with_office.close()
    world.one.clock = system_clock
    later = [world.one.mark(f"p{number}") for number in range(5, 12)]
    answer = door.send(world.one).first
    assert "refused" not in answer
    assert held(nursery) == dict.fromkeys(later, "device_revoked"), "kept and listed, not applied"
    assert dict(answer["quarantined"]) == dict.fromkeys(later, "device_revoked"), "the author is told"
    applied = rows_in(nursery.folder, "select count(*) from rm_attendance")
    assert applied == [(5,)], "what had come before counts"
    assert len(links_of(nursery.folder, world.one)) == 12
    figures.did(ops_after_the_revocation=len(later))
    figures.found(applied=applied[0][0] - 5, lost=12 - len(links_of(nursery.folder, world.one)))


def test_fault_24_a_device_forges_anothers_ops(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    """Mallory has a tablet of her own that is enrolled here, and everything that the victim ever sent."""
    victim, mallory = world.one, world.two
    for number in range(3):
        victim.mark(f"p{number}")
    door.send(victim)
    before = count(nursery.folder), links_of(nursery.folder, victim)
    twin = victim.clone()
    twin.mark("p0", "absent")
    [good] = twin.runs(PART, since=3)
    statement = head_statement(good.chain, good.end, good.link)
    signed = mallory.key.sign(statement)
    forgeries = [
        Run(good.chain, good.start, good.link, signed, mallory.key.public, good.lines),
        Run(good.chain, good.start, good.link, signed, victim.key.public, good.lines),
        Run(good.chain, good.start, good.link, good.signature, mallory.key.public, good.lines),
    ]
    for run in forgeries:
        answer = door.send(mallory, [run]).first
        assert [told["code"] for told in answer["refused"]] == ["wrong_site"], (
            "nobody brings another tablet's chain"
        )
    for run in forgeries:
        raw = wire.pack(hello(victim), [run])
        reply = door.post(wire.compress(raw), b64(mallory.key.sign(request_of(raw))))
        assert (reply.status, reply.code) == (403, "bad_signature")
        raw = wire.pack({**hello(victim), "key": mallory.key.public}, [run])
        reply = door.post(wire.compress(raw), b64(mallory.key.sign(request_of(raw))))
        assert (reply.status, reply.code) == (403, "bad_signature"), "a key makes its own id only"
    nursery.kill()
    for run in forgeries:  # by the road of a server that relays, as Mallory's own server would
        workshop = Site(nursery.folder)
        taken, refused = workshop.node.take([run])
        workshop.close()
        assert (taken, [error.code for _, error in refused]) == (0, ["bad_signature"])
    more = count(nursery.folder) - before[0]
    assert more == 0 and links_of(nursery.folder, victim) == before[1]
    door = nursery.start()
    victim.mark("p9")
    assert "refused" not in door.send(victim).first and victim.at(door.device) == 4
    figures.did(forgeries=len(forgeries) * 4)
    figures.found(taken=more)


def hello(tablet: Tablet) -> dict[str, object]:
    return wire.unpack(wire.inflate(tablet.request(None, [])[0]))[0]


def request_of(raw: bytes) -> bytes:
    from sync.exchange import request_statement

    return request_statement(raw)


def test_fault_25_a_device_rewrites_its_own_history(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    """Both stories stay, signed by the same key: that is the proof. The later one replaces nothing in silence."""
    liar = world.two
    liar.mark("p1", "present")
    other = liar.clone()
    liar.mark("p2", "absent")
    door.send(liar)
    other.mark("p2", "present")
    answer = door.send(other).first
    assert answer["fork"] is True, "it is told to begin a new epoch"
    sql = "select l.seq, s.signature from op_log l join op_chain c on c.id = l.chain join op_signature s on s.chain = c.id and s.seq = l.seq where c.device = ? and l.seq = 2"
    assert len(set(rows_in(nursery.folder, sql, liar.device))) == 2, "two signed heads at one number are kept"
    assert rows_in(nursery.folder, "select count(*) from op_chain where parent is not null") == [(1,)]
    [(conflict,)] = rows_in(nursery.folder, "select conflict from rm_attendance where id = 'T01.1.p2'")
    assert conflict == 1, "where the stories differ a person decides"
    assert other.forked and other.epoch != liar.epoch
    other.mark("p3")
    assert "fork" not in door.send(other).first, "and the new epoch goes on without it"
    figures.did(histories_rewritten=1)
    figures.found(replaced_in_silence=1 - conflict)


def test_fault_26_replay_of_an_old_batch_or_file_or_another_sites(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    world.one.mark("p1", "present")
    old = world.one.request(door.device, world.one.unsent(door.device))
    door.send(world.one)
    world.one.mark("p1", "absent")
    door.send(world.one)
    nursery.kill()
    workshop = Site(nursery.folder)
    state, ops = workshop.node.model.state_hash(), count(nursery.folder)
    own, foreign = nursery.folder.parent / "own.luban", nursery.folder.parent / "foreign.luban"
    write_bundle(workshop.node, own, workshop.parts)
    write_bundle(world.campus.node, foreign, ["jinja"])
    workshop.close()
    door = nursery.start()
    for _ in range(5):
        reply = door.post(*old)
        assert reply.status == 200 and "refused" not in reply.first
    meant_for_the_campus = world.one.request(world.campus.device, world.one.runs(PART))
    assert (door.post(*meant_for_the_campus).status, door.post(*meant_for_the_campus).code) == (
        409,
        "wrong_site",
    )
    nursery.kill()
    workshop = Site(nursery.folder)
    with pytest.raises((BundleError, Problem)) as refused:
        take_file(workshop, foreign, workshop.parts)
    assert refused.value.code == "bundle_foreign"
    with pytest.raises((BundleError, Problem)) as refused:
        take_file(workshop, own, workshop.parts)
    assert refused.value.code == "bundle_own"
    taken, _ = world.campus.node.take(list(workshop.node.log.all_missing_for({}, workshop.parts)))
    again, _ = world.campus.node.take(list(workshop.node.log.all_missing_for({}, workshop.parts)))
    assert taken > 0 and again == 0
    assert (workshop.node.model.state_hash(), count(nursery.folder)) == (state, ops), "nothing moved"
    more = count(nursery.folder) - ops
    workshop.close()
    figures.did(replays=9)
    figures.found(changed=more)


def test_fault_27_a_poisoned_op_in_the_middle(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    made = [world.one.mark(f"p{number}") for number in range(25)]
    poison = [
        world.one.record(PART, "pak", "x", [mark("p30", "present", 9)]),
        world.one.append(PART, header_after(world.one), b'[["attendance","T01.1.p31",{"note":1e400}]]'),
        world.one.append(PART, header_after(world.one), b'[["rm_meta","x",{"value":"x"}]]'),
        world.one.record(PART, "pmallory", "x", [mark("p32")]),
    ]
    made += [world.one.mark(f"p{number}") for number in range(40, 65)]
    answer = door.send(world.one).first
    assert "refused" not in answer and world.one.at(door.device) == 54
    assert set(held(nursery)) == set(poison), "each with its reason, those behind it are applied"
    assert set(held(nursery).values()) == {"rule_broken", "bad_fields", "unknown_type", "unknown_actor"}
    assert rows_in(nursery.folder, "select count(*) from rm_attendance") == [(len(made),)]
    assert {op for op, _ in answer["quarantined"]} == set(poison), "the author is told"
    assert links_of(nursery.folder, world.one) == own_links(world.one, PART, 54)
    figures.did(poisoned=len(poison), around_them=len(made))
    figures.found(held_up=len(made) - rows_in(nursery.folder, "select count(*) from rm_attendance")[0][0])


def header_after(tablet: Tablet) -> bytes:
    """A good header for the next number, whatever the body will be."""
    [run] = tablet.runs(PART)
    return run.lines[0][0].replace(b'"seq":1,', b'"seq":%d,' % (run.end + 1))
