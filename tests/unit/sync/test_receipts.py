"""Which of a server's receipts counts, when that server was put back to an older state and words of both lives go about."""

from pathlib import Path

import pytest

from sync.bundle import read_bundle, write_bundle
from sync.receipts import give_receipt
from tests.sync_world import PART, PARTS, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.enrol(made.one)
    for trainee in ("tokot", "tauma", "twere"):
        made.one.mark(trainee)
    made.one.send(made.workshop)
    return made


def known(world: World) -> int:
    held = world.workshop.node.receipts.held(world.one.device, "campus")
    return held[0].seq if held else 0


def receipt(world: World, seq: int, at: int) -> object:
    chain = (world.one.device, world.one.epoch, PART)
    return give_receipt(world.campus.key, "campus", chain, seq, world.one.link(PART, seq) or b"", at)


@pytest.mark.parametrize(
    ("told", "carried", "counts"),
    [
        ([(2, 100), (3, 200)], False, 3),
        ([(3, 200), (2, 100)], False, 3),  # an older word
        ([(3, 100), (2, 200)], False, 2),  # it was put back since
        ([(2, 200), (3, 100)], False, 3),  # by network: its clock was set right
        ([(2, 100), (3, 200)], True, 3),
        ([(3, 200), (2, 100)], True, 3),
        ([(3, 100), (2, 200)], True, 2),
        ([(2, 200), (3, 100)], True, 2),  # a late stick with a word of its former life
    ],
)
def test_which_one_counts(world: World, told: list[tuple[int, int]], carried: bool, counts: int) -> None:
    for seq, at in told:
        world.workshop.node.keep_receipts([receipt(world, seq, at)], carried=carried)  # type: ignore[list-item]
    assert known(world) == counts
    world.close()


def test_a_late_stick_raises_nothing_that_the_restored_campus_has_taken_back(
    world: World, tmp_path: Path
) -> None:
    world.exchange()
    assert known(world) == 3
    write_bundle(world.campus.node, tmp_path / "late.luban", PARTS)
    world.workshop.node.keep_receipts([receipt(world, 1, world.clock())])  # type: ignore[list-item]
    assert known(world) == 1
    read_bundle(world.workshop.node, tmp_path / "late.luban", PARTS)
    assert known(world) == 1
    world.exchange()
    assert known(world) == 3
    world.close()
