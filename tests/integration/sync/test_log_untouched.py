"""Whatever a server refuses, holds back or finds forked, the log that was there stays, to the byte."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from sync import Change
from tests.sync_world import PART, Tablet, World, give, quarantine, rows


def log_of(world: World, upto: int) -> str:
    total = hashlib.sha256()
    for row in rows(
        world.workshop.node,
        "select n, chain, seq, link, header, body from op_log where n <= ? order by n",
        upto,
    ):
        total.update(repr(row).encode())
    return total.hexdigest()


def changed_on_the_way(world: World) -> list[str]:
    [run] = world.one.runs(PART, 2)
    header, body = run.lines[0]
    return give(world.workshop.node, replace(run, lines=[(header, body.replace(b"absent", b"excused"))]))


def signed_by_another(world: World) -> list[str]:
    world.one.mark("p4")
    return give(world.workshop.node, *(replace(run, signature=bytes(64)) for run in world.one.runs(PART, 2)))


def gap(world: World) -> list[str]:
    world.one.mark("p7")
    world.one.mark("p8")
    return give(world.workshop.node, *world.one.runs(PART, 3))


def fork(world: World) -> list[str]:
    twin = world.twin  # type: ignore[attr-defined]
    twin.mark("p9", "late")
    world.one.mark("p9", "absent")
    world.one.send(world.workshop)
    twin.send(world.workshop)
    assert twin.forked
    return ["fork"]


def held_back(world: World) -> list[str]:
    world.one.record(PART, "pak", "odd.thing", [Change("unheard_of", "x", {"a": 1})])
    world.one.mark("p8", "asleep")
    world.one.mark("p9", actor="smallory")
    world.one.send(world.workshop)
    return sorted(quarantine(world.workshop.node).values())


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (changed_on_the_way, ["chain_mismatch"]),
        (signed_by_another, ["bad_signature"]),
        (gap, ["chain_gap"]),
        (fork, ["fork"]),
        (held_back, ["bad_fields", "unknown_actor", "unknown_type"]),
    ],
)
def test_what_was_there_stays(world: World, trouble: Callable[[World], list[str]], told: list[str]) -> None:
    world.enrol(world.one)
    world.one.mark("p1")
    world.one.mark("p2", "late")
    world.one.send(world.workshop)
    twin: Tablet = world.one.clone()
    world.twin = twin  # type: ignore[attr-defined]
    if trouble is changed_on_the_way:
        world.one.mark("p3", "absent")
    [(last,)] = rows(world.workshop.node, "select max(n) from op_log")
    before = log_of(world, last)
    marks = rows(world.workshop.node, "select trainee_id, status from rm_attendance order by 1")
    assert trouble(world) == told
    assert log_of(world, last) == before
    after = rows(world.workshop.node, "select trainee_id, status from rm_attendance order by 1")
    assert set(marks) <= set(after)
    world.exchange()
    world.agree()
