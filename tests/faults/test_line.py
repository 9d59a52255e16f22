"""The line between tablet and server: cut, doubled, out of order, shortened, one bit changed. On a real server, byte by byte."""

import gzip
import random
from concurrent.futures import ThreadPoolExecutor

from sync import wire
from sync.ops import b64
from sync.wire import Run
from tests.faults.conftest import Figures
from tests.faults.door import Door
from tests.faults.holdings import count, links_of, own_links
from tests.faults.nursery import Nursery
from tests.sync_world import PART, PARTS, World, give, replica

CUTS, BITS, SHORTENED, AT_ONCE = 40, 400, 60, 12


def whole(world: World, nursery: Nursery, number: int) -> bool:
    return links_of(nursery.folder, world.one) == own_links(world.one, PART, number)


def test_fault_08_wire_cut_in_a_batch(world: World, nursery: Nursery, door: Door, figures: Figures) -> None:
    rng = random.Random(8)
    for number in range(500):
        world.one.mark(f"p{number}")
    request = world.one.request(door.device, world.one.unsent(door.device))
    before = count(nursery.folder)
    for _ in range(CUTS):
        door.cut(*request, after=rng.randrange(len(request[0])))
    stored = count(nursery.folder) - before
    assert stored == 0, "of a batch that did not come whole there is nothing"
    assert door.send(world.one).status == 200
    assert whole(world, nursery, 500) and world.one.at(door.device) == 500
    for number in range(500, 505):
        world.one.mark(f"p{number}")
    assert [run.start for run in world.one.unsent(door.device)] == [501], "the next one begins where it ended"
    door.send(world.one)
    assert whole(world, nursery, 505)
    figures.did(cuts=CUTS)
    figures.found(half_stored=stored)


def test_fault_09_a_batch_doubled_and_in_parallel(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    for number in range(100):
        world.one.mark(f"p{number}")
    request = world.one.request(door.device, world.one.unsent(door.device))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        replies = list(threads.map(lambda _: door.post(*request), range(AT_ONCE)))
    replies += [door.post(*request) for _ in range(3)]
    assert {reply.status for reply in replies} == {200}
    told = {(r["run"][0], r["seq"], r["link"], r["by"]) for reply in replies for r in reply.first["receipts"]}
    assert told == {(world.one.device, 100, b64(world.one.link(PART, 100) or b""), door.device)}, (
        "all answers say the same"
    )
    assert not any("refused" in reply.first or "fork" in reply.first for reply in replies)
    assert whole(world, nursery, 100)
    figures.did(copies_sent=len(replies), at_once=AT_ONCE)
    figures.found(twice=len(links_of(nursery.folder, world.one)) - 100)


def test_fault_10_batches_out_of_order(world: World, nursery: Nursery, door: Door, figures: Figures) -> None:
    rng, straight = random.Random(10), replica(world.campus.device, world.clock)
    statuses = ("present", "absent", "excused")
    for number in range(60):
        world.one.mark(f"p{number % 9}", statuses[number % 3])
    batches = world.one.runs(PART, most=6)
    refused = 0
    waiting: list[Run] = list(batches)
    while waiting:
        rng.shuffle(waiting)
        later: list[Run] = []
        for run in waiting:
            answer = door.send(world.one, [run]).first
            if "refused" in answer:
                [told] = answer["refused"]
                assert told["code"] == "chain_gap" and told["data"]["have"] < run.start - 1, (
                    "it says what it needs"
                )
                later.append(run)
                refused += 1
        waiting = later
    assert refused > 0
    assert whole(world, nursery, 60)
    nursery.kill()
    world.workshop = type(world.workshop)(world.workshop.folder, world.clock)
    node = world.workshop.node
    others = [run for run in node.log.all_missing_for({}, PARTS) if run.chain[0] != world.one.device]
    assert give(straight, *others, *batches) == []
    ends = straight.model.state_hash(), node.model.state_hash()
    assert ends[0] == ends[1], "the same as in order"
    world.workshop.close()
    figures.did(batches=len(batches), out_of_order=refused)
    figures.found(different_ends=int(ends[0] != ends[1]))


def test_fault_11_truncated_body_or_gzip(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    rng = random.Random(11)
    for number in range(40):
        world.one.mark(f"p{number}")
    data, signature = world.one.request(door.device, world.one.unsent(door.device))
    raw, before = wire.inflate(data), count(nursery.folder)
    shortened = [data[: rng.randrange(len(data))] for _ in range(SHORTENED)]
    shortened += [wire.compress(raw[: rng.randrange(len(raw))]) for _ in range(SHORTENED)]
    shortened += [data[:-1], data[:-8], b"", data + b"\0", data + data, gzip.compress(b"")]
    for each in shortened:
        reply = door.post(each, signature)
        assert (reply.status, reply.code) in {(400, "bad_message"), (403, "bad_signature")}, reply
        if len(each) < len(data) and data.startswith(each):
            assert reply.status == 400
    stored = count(nursery.folder) - before
    assert stored == 0
    assert door.send(world.one).status == 200 and whole(world, nursery, 40)
    figures.did(shortened=len(shortened))
    figures.found(stored=stored)


def test_fault_12_one_bit_flipped(world: World, nursery: Nursery, door: Door, figures: Figures) -> None:
    """In the compressed body, in the lines, and in lines that a thief of the request's signature could make fit again."""
    rng = random.Random(12)
    for number in range(20):
        world.one.mark(f"p{number}")
    data, signature = world.one.request(door.device, world.one.unsent(door.device))
    raw, before = wire.inflate(data), count(nursery.folder)
    refused = 0
    for _ in range(BITS):
        for body in (flipped(data, rng), wire.compress(flipped(raw, rng))):
            if wire_same(body, raw):
                continue  # a bit of gzip's header that says nothing
            reply = door.post(body, signature)
            assert reply.status in (400, 403, 413), reply
            refused += 1
    [run] = world.one.unsent(door.device)
    for _ in range(BITS // 4):
        lines = [(flipped(header, rng), flipped(body, rng)) for header, body in run.lines]
        forged = Run(run.chain, run.start, run.link, run.signature, run.key, lines)
        if any(b"\n" in header + body for header, body in lines):
            continue
        reply = door.post(*world.one.request(door.device, [forged]))
        assert reply.status in (200, 400, 413)
        if reply.status == 200:
            assert [told["code"] for told in reply.first["refused"]] in (["bad_signature"], ["bad_message"])
    stored = count(nursery.folder) - before
    assert stored == 0, "nothing of all this was stored"
    assert door.send(world.one).status == 200 and whole(world, nursery, 20)
    log = (nursery.folder.parent / "nursery.log").read_text()
    assert log.count(" was refused: ") >= refused, "and each was noted"
    figures.did(bits_flipped=refused)
    figures.found(stored=stored)


def wire_same(body: bytes, raw: bytes) -> bool:
    try:
        return wire.inflate(body) == raw
    except wire.MessageError:
        return False


def flipped(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
