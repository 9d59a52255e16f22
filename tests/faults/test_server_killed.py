"""The server dies: before a commit, after one, before it can say so, and at 200 moments of chance. What it had acknowledged stands."""

import random
import threading
from http.client import HTTPException

import pytest

from tests.browser.servers import free_port, start_site
from tests.faults.conftest import Figures
from tests.faults.door import Door
from tests.faults.holdings import is_sound, links_of, own_links, rows_in, verified
from tests.faults.nursery import Nursery
from tests.sync_world import PART, Tablet, World, rows

KILLS, OF_THE_COMMAND = 200, 20
VERIFY_EVERY = 25


def test_fault_04_server_killed_before_the_commit(world: World, nursery: Nursery, figures: Figures) -> None:
    world.one.mark("p1")
    with pytest.raises((OSError, HTTPException)):
        nursery.start("before-commit").send(world.one)
    nursery.gone()
    assert links_of(nursery.folder, world.one) == []
    door = nursery.start()
    assert door.send(world.one).status == 200
    assert world.one.at(door.device) == 1
    assert links_of(nursery.folder, world.one) == own_links(world.one, PART, 1)
    figures.did(kills=1)
    held = links_of(nursery.folder, world.one)
    figures.found(lost=1 - len(set(held)), twice=len(held) - 1)


def test_fault_05_server_killed_after_the_commit_before_the_answer(
    world: World, nursery: Nursery, figures: Figures
) -> None:
    world.one.mark("p1")
    with pytest.raises((OSError, HTTPException)):
        nursery.start("after-commit").send(world.one)
    nursery.gone()
    assert links_of(nursery.folder, world.one) == own_links(world.one, PART, 1), "it was committed"
    door = nursery.start()
    answer = door.send(world.one).first
    assert "refused" not in answer and "fork" not in answer
    assert world.one.at(door.device) == 1
    assert links_of(nursery.folder, world.one) == own_links(world.one, PART, 1), "and it is there once"
    figures.did(kills=1)
    held = links_of(nursery.folder, world.one)
    figures.found(lost=1 - len(set(held)), twice=len(held) - 1)


@pytest.mark.timeout(300)
def test_fault_05_a_reply_dropped_after_the_commit_1000_times(world: World, figures: Figures) -> None:
    """Each answer is made after the commit and never heard; the tablet sends what it has again, with one op more."""
    world.enrol(world.one)
    receipts: set[tuple[int, str]] = set()
    for number in range(1000):
        world.one.mark(f"p{number % 40}", "present" if number % 2 else "absent")
        if number % 250 == 249:
            world.one.send(world.workshop)  # a message holds 500: now and then one gets through
        else:
            world.one.send(world.workshop, lose_reply=True)
            receipts.add(
                (number, world.workshop.node.log.branches((world.one.device, world.one.epoch, PART))[0].seq)
            )
    dropped = len(receipts)
    for number in range(1000, 1004):  # the four that were heard
        world.one.mark(f"p{number % 40}", "present")
        world.one.send(world.workshop, lose_reply=True)
        dropped += 1
    world.one.send(world.workshop)
    assert dropped == 1000
    assert all(number + 1 == seq for number, seq in receipts), "each was committed before its answer was lost"
    held = [bytes(row[0]) for row in rows(world.workshop.node, LINKS, world.one.device)]
    assert held == own_links(world.one, PART, 1004)
    assert world.one.at(world.workshop.device) == 1004
    assert not world.one.forked
    world.exchange()
    world.agree()
    figures.did(replies_dropped=dropped)
    figures.found(lost=1004 - len(set(held)), twice=len(held) - len(set(held)))


LINKS = "select l.link from op_log l join op_chain c on c.id = l.chain where c.device = ? order by l.seq"


class Writer(threading.Thread):
    """Sends marks without a pause until its server is gone; `acked` is the highest number that it has a receipt for."""

    def __init__(self, door: Door, tablet: Tablet, seed: int) -> None:
        super().__init__(daemon=True)
        self.door, self.tablet, self.random = door, tablet, random.Random(seed)
        self.begun = threading.Event()
        self.died_in_a_request = False

    def run(self) -> None:
        while True:
            for _ in range(self.random.randint(1, 4)):
                self.tablet.mark(
                    f"p{self.random.randrange(40)}", self.random.choice(["present", "absent", "excused"])
                )
            try:
                reply = self.door.send(self.tablet)
            except (OSError, HTTPException):
                self.died_in_a_request = True
                return
            assert reply.status == 200, reply.body
            self.begun.set()


def write_until_killed(door: Door, tablets: list[Tablet], seed: int, nursery_kill) -> int:  # type: ignore[no-untyped-def]
    """Let all write, kill at a moment of chance; how many requests were under way."""
    writers = [Writer(door, tablet, seed * 10 + n) for n, tablet in enumerate(tablets)]
    for writer in writers:
        writer.start()
    assert writers[0].begun.wait(20), "nothing was acknowledged"
    threading.Event().wait(random.Random(seed).random() * 0.06)  # the moment of chance
    nursery_kill()
    for writer in writers:
        writer.join(20)
        assert not writer.is_alive()
    return sum(writer.died_in_a_request for writer in writers)


@pytest.mark.timeout(300)
def test_fault_04_05_server_killed_200_times_while_two_tablets_write(
    world: World, nursery: Nursery, figures: Figures
) -> None:
    """180 lives of the application forked from one loaded process, 20 of the command `workshop serve`; integrity_check after each."""
    tablets = [world.one, world.two]
    torn = lost = 0
    for life in range(KILLS):
        if life % (KILLS // OF_THE_COMMAND) == 0:
            running = start_site(nursery.folder, free_port())
            door, kill = Door(running.port, nursery.device, running.process.pid), running.kill
        else:
            door, kill = nursery.start(), nursery.kill
        torn += write_until_killed(door, tablets, life, kill)
        assert is_sound(nursery.folder)
        for tablet in tablets:
            acked = tablet.at(nursery.device)
            held = links_of(nursery.folder, tablet)
            lost += acked - len(set(held) & set(own_links(tablet, PART, acked)))
            assert held == own_links(tablet, PART, len(held)), "each once, in order, with its own link"
        if life % VERIFY_EVERY == VERIFY_EVERY - 1:
            assert verified(nursery.folder).faults == []
    assert lost == 0
    door = nursery.start()
    for tablet in tablets:
        while tablet.unsent(nursery.device):
            assert door.send(tablet).status == 200
    nursery.kill()
    acked = sum(tablet.at(nursery.device) for tablet in tablets)
    stored = sum(len(links_of(nursery.folder, tablet)) for tablet in tablets)
    assert stored == acked
    assert rows_in(nursery.folder, "select count(*) from op_chain where parent is not null") == [(0,)]
    assert torn >= KILLS // 2, "too few kills met a request"
    figures.did(kills=KILLS, requests_cut=torn, acknowledged=acked)
    figures.found(lost=lost, twice=stored - acked)
