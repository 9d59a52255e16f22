"""A node is killed in the middle of writing, again and again, while another goes on: nothing that was acknowledged is lost, nothing is doubled."""

import random
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.browser.servers import start_site
from tests.faults.door import Door
from tests.faults.holdings import is_sound, links_of, own_links, rows_in
from tests.faults.nursery import Nursery
from tests.faults.test_server_killed import Writer, write_until_killed
from tests.sync_world import PART, Tablet, World
from workshop.folder import DATABASE
from workshop.growing import join_log, move_to_postgres
from workshop.site import Site, system_clock
from workshop.verify import verify_site

KILLS = 50


@dataclass
class Nodes:
    """The workshop of `world` as two nodes; the first lives in a nursery, the second is opened by the test."""

    world: World
    first: Nursery
    second: Path

    @property
    def device(self) -> str:
        return self.first.device


@pytest.fixture
def nodes(tmp_path: Path, url: str) -> Iterator[Nodes]:
    world = World(tmp_path)
    world.enrol(world.one, world.two)
    world.one.clock = world.two.clock = system_clock
    device, folder = world.workshop.device, world.workshop.folder
    world.workshop.close()
    move_to_postgres(folder, url)
    join_log(folder, tmp_path / "second")
    nursery = Nursery(folder, device)
    yield Nodes(world, nursery, tmp_path / "second")
    nursery.close()
    world.campus.close()


def assert_agreed(nodes: Nodes, tablets: list[Tablet]) -> None:
    """Both nodes, opened anew, hold all that was acknowledged, once, under the same numbers, and say the same of it."""
    sites = [Site(folder) for folder in (nodes.first.folder, nodes.second)]
    try:
        for site in sites:
            for tablet in tablets:
                acked, held = tablet.at(nodes.device), links_of(site.folder, tablet)
                assert acked <= len(held) and held == own_links(tablet, PART, len(held))
            before, after = site.node.rebuild()
            assert before == after
            assert verify_site(site.node).faults == []
        logs = [rows_in(site.folder, "select n, chain, seq, link from op_log order by n") for site in sites]
        assert logs[0] == logs[1] and [row[0] for row in logs[0]] == list(range(1, len(logs[0]) + 1))
        assert len({site.node.model.state_hash() for site in sites}) == 1
        assert rows_in(nodes.second, "select count(*) from op_chain where parent is not null") == [(0,)]
    finally:
        for site in sites:
            site.close()


class Steady(threading.Thread):
    """Writes through one node until it is told to end; every request must be answered."""

    def __init__(self, door: Door, tablet: Tablet) -> None:
        super().__init__(daemon=True)
        self.door, self.tablet, self.ended = door, tablet, threading.Event()
        self.statuses: list[int] = []

    def run(self) -> None:
        chance = random.Random(7)
        while not self.ended.is_set():
            self.tablet.mark(f"p{chance.randrange(40)}", chance.choice(["present", "absent"]))
            self.statuses.append(self.door.send(self.tablet).status)


@pytest.mark.timeout(300)
def test_a_node_killed_50_times_while_writing_loses_nothing_and_the_other_goes_on(nodes: Nodes) -> None:
    other = start_site(nodes.second)
    steady = Steady(Door(other.port, nodes.device, other.process.pid), nodes.world.two)
    torn = 0
    try:
        steady.start()
        for life in range(KILLS):
            door = nodes.first.start()
            answered = len(steady.statuses)
            torn += write_until_killed(door, [nodes.world.one], life, nodes.first.kill)
            assert is_sound(nodes.first.folder)
            assert len(steady.statuses) > answered, "the other node stood still"
        steady.ended.set()
        steady.join(60)
        assert not steady.is_alive() and set(steady.statuses) == {200}
    finally:
        other.stop()
    assert torn >= KILLS // 2, "too few kills met a request"
    assert nodes.world.one.at(nodes.device) >= KILLS
    assert_agreed(nodes, [nodes.world.one, nodes.world.two])


@pytest.mark.parametrize("moment", ["before-commit", "after-commit"])
def test_a_node_that_dies_around_its_own_commit_finds_the_op_in_the_log(nodes: Nodes, moment: str) -> None:
    """The log has it already, the node's file perhaps not, and nobody was told: sent again it is there once."""
    tablet = nodes.world.one
    tablet.mark("p1")
    with pytest.raises((OSError, HTTPException)):
        nodes.first.start(moment).send(tablet)
    nodes.first.gone()
    assert len(links_of(nodes.first.folder, tablet)) == (moment == "after-commit")
    second = Site(nodes.second)
    assert links_of(nodes.second, tablet) == own_links(tablet, PART, 1), "the other node has it"
    second.close()
    assert nodes.first.start().send(tablet).status == 200
    nodes.first.kill()
    assert tablet.at(nodes.device) == 1
    assert_agreed(nodes, [tablet])


def test_what_one_node_acknowledged_the_other_serves_after_the_first_has_burned(nodes: Nodes) -> None:
    tablet = nodes.world.one
    writer = Writer(nodes.first.start(), tablet, 1)
    writer.start()
    assert writer.begun.wait(20)
    nodes.first.kill()
    writer.join(20)
    shutil.rmtree(nodes.first.folder)
    other = start_site(nodes.second)
    try:
        door = Door(other.port, nodes.device, other.process.pid)
        while tablet.unsent(nodes.device):
            assert door.send(tablet).status == 200
    finally:
        other.stop()
    acked = tablet.at(nodes.device)
    assert links_of(nodes.second, tablet) == own_links(tablet, PART, acked)
    nodes.first.folder.mkdir()
    shutil.rmtree(nodes.first.folder)
    join_log(nodes.second, nodes.first.folder)
    assert (nodes.first.folder / DATABASE).exists()
    assert_agreed(nodes, [tablet])
