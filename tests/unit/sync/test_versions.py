"""Ops of a later version: stored, relayed, not applied, counted; applied after the upgrade, as if this program had never lagged."""

from pathlib import Path

import pytest

from sync import Node
from sync import ops as op_format
from sync.ops import Header, encode_body, encode_header
from tests.sync_world import NOON_MS, PART, PARTS, Tablet, World, mark, rows, status


def record_later(tablet: Tablet, trainee: str, version: int = 2) -> str:
    """What a tablet with a newer program writes: more in its header, a body that a newer program can read."""
    seq = tablet.chains().get((tablet.epoch, PART), 0) + 1
    header = Header(
        v=version, dev=tablet.device, ep=tablet.epoch, part=PART, seq=seq, wall=NOON_MS, tz=180, actor="pak",
        intent="attendance.mark",
    )  # fmt: skip
    line = encode_header(header)[:-1] + b',"mood":"new"}'
    return tablet.append(PART, line, encode_body([mark(trainee, "late", 5)]))


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.enrol(made.one)
    made.one.mark("tokot", "present")
    record_later(made.one, "tauma")
    record_later(made.one, "tnekesa", version=9)
    made.one.mark("twere", "absent")
    made.one.send(made.workshop)
    made.exchange()
    return made


def waiting(node: Node) -> int:
    return int(rows(node, "select count(*) from rm_newer")[0][0])


def test_is_stored_relayed_counted_and_not_applied(world: World) -> None:
    for site in (world.workshop, world.campus):
        assert status(site.node, "tokot") == "present"
        assert status(site.node, "twere") == "absent", "an op behind a newer one is applied"
        assert status(site.node, "tauma") is None
        assert waiting(site.node) == 2
        assert rows(site.node, "select count(*) from rm_quarantine") == [(0,)]
    assert world.one.at(world.workshop.device) == 4
    world.agree()


def test_the_bytes_are_relayed_as_they_came(world: World) -> None:
    sent = [line for run in world.one.runs(PART) for line, _ in run.lines]
    held = [line for run in world.campus.node.log.all_missing_for({}, PARTS) for line, _ in run.lines]
    assert set(sent) <= set(held)


def test_after_the_upgrade_it_is_applied(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.close()
    monkeypatch.setattr(op_format, "VERSION", 2)
    upgraded = type(world.workshop)(tmp_path / PART, clock=world.clock)
    assert status(upgraded.node, "tauma") == "late"
    assert waiting(upgraded.node) == 1, "what is newer still goes on waiting"

    prompt = World(tmp_path / "prompt")
    prompt.enrol(prompt.one)
    prompt.workshop.node.take(list(upgraded.node.log.all_missing_for({}, PARTS)))
    never_lagged = "select id, status, minutes, heads, conflict, actor, wall from rm_attendance order by id"
    assert rows(prompt.workshop.node, never_lagged) == rows(upgraded.node, never_lagged)
    upgraded.close()
    prompt.close()


def test_a_server_that_lags_and_one_that_is_upgraded_go_on_exchanging(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.campus.close()
    with monkeypatch.context() as later:
        later.setattr(op_format, "VERSION", 2)
        world.campus = type(world.campus)(tmp_path / "campus", clock=world.clock)
        world.one.mark("tbwambale", "excused")
        world.one.send(world.workshop)
        world.exchange()
        assert status(world.campus.node, "tbwambale") == "excused"
        assert status(world.campus.node, "tauma") == "late"
    assert status(world.workshop.node, "tauma") is None
    assert world.workshop.node.log.vector(PARTS) == world.campus.node.log.vector(PARTS)
    world.close()
