"""A program that lags behind the ops it is sent, and tables that are thrown away: both end where a program that never lagged is."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sync import Registry
from sync import ops as op_format
from sync.ops import Header, encode_body, encode_header
from tests.faults.conftest import Figures
from tests.faults.holdings import is_sound, links_of, own_links, rows_in
from tests.sync_world import PART, PARTS, Tablet, World, assert_sound, mark, rows, status
from workshop.folder import DATABASE
from workshop.registry import REGISTRY
from workshop.site import Site, system_clock

ROOT = Path(__file__).parents[2]


def record_later(tablet: Tablet, trainee: str) -> str:
    """What a tablet with a newer program writes."""
    seq = tablet.chains().get((tablet.epoch, PART), 0) + 1
    header = Header(
        v=2, dev=tablet.device, ep=tablet.epoch, part=PART, seq=seq, wall=tablet.clock(), tz=180, actor="pak",
        intent="attendance.mark",
    )  # fmt: skip
    return tablet.append(
        PART, encode_header(header)[:-1] + b',"mood":"new"}', encode_body([mark(trainee, "late", 5)])
    )


def test_fault_28_a_schema_newer_than_the_server(
    world: World, tmp_path: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways of being newer: an op of a later version, and a record type that this program does not know yet."""
    world.enrol(world.one)
    world.exchange()
    folder = world.workshop.folder
    world.workshop.close()
    lagging = Registry(tuple(declared for declared in REGISTRY.types if declared.name != "attendance"))
    world.workshop = Site(folder, world.clock, lagging)
    world.one.mark("p1", "present")
    record_later(world.one, "p2")
    world.one.mark("p3", "absent")
    world.one.send(world.workshop)
    assert world.one.at(world.workshop.device) == 3, "all are stored and receipted"
    assert dict(rows(world.workshop.node, "select code, count(*) from rm_quarantine group by code")) == {
        "unknown_type": 2
    }
    assert rows(world.workshop.node, "select count(*) from rm_newer") == [(1,)], "and counted"
    world.exchange()
    assert status(world.campus.node, "p1") == "present", "what is not understood is relayed all the same"
    assert world.campus.node.log.vector(PARTS) == world.workshop.node.log.vector(PARTS)

    world.close()
    monkeypatch.setattr(op_format, "VERSION", 2)
    world.workshop, world.campus = Site(folder, world.clock), Site(world.campus.folder, world.clock)
    assert [status(world.workshop.node, trainee) for trainee in ("p1", "p2", "p3")] == [
        "present",
        "late",
        "absent",
    ]
    assert rows(world.workshop.node, "select count(*) from rm_quarantine") == [(0,)]
    never_lagged = Site.create(
        tmp_path / "prompt", PART, "workshop", root=world.campus.device, clock=world.clock
    )
    never_lagged.node.take(list(world.campus.node.log.all_missing_for({}, PARTS)))
    ends = never_lagged.node.model.state_hash(), world.workshop.node.model.state_hash()
    rows_now = rows(world.workshop.node, "select count(*) from rm_attendance")
    assert ends[0] == ends[1]
    never_lagged.close()
    world.agree()
    figures.did(ops_of_a_later_program=3)
    figures.found(lost=3 - rows_now[0][0], different=int(ends[0] != ends[1]))


def test_fault_34_merge_cache_dropped(world: World, figures: Figures) -> None:
    """All derived tables are deleted; `workshop rebuild` makes them anew, also after it was killed in the middle."""
    world.enrol(world.one, world.two)
    for number in range(400):
        world.one.mark(f"p{number % 60}", ("present", "absent", "excused")[number % 3])
        if number % 5 == 0:
            world.two.mark(f"p{number % 60}", "late")
    for tablet in (world.one, world.two):
        tablet.send(world.workshop)
    before = world.workshop.node.model.state_hash()
    folder = world.workshop.folder
    world.workshop.close()
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        tables = [
            row[0]
            for row in db.execute(
                "select name from sqlite_schema where type = 'table' and name like 'rm\\_%' escape '\\'"
            )
        ]
        for table in tables:
            db.execute(f"drop table {table}")
        db.commit()
    assert len(tables) > 20
    killed = kill_while_rebuilding(folder)
    world.workshop = Site(folder, system_clock)
    assert world.workshop.node.model.state_hash() == before
    assert_sound(world.workshop.node)
    assert links_of(folder, world.one) == own_links(world.one, PART, 400)
    figures.did(tables_dropped=len(tables), kills=killed)
    figures.found(different=int(world.workshop.node.model.state_hash() != before))


def kill_while_rebuilding(folder: Path) -> int:
    """Let a process open the site, which rebuilds the tables, and kill it while it does; the log is whole and the tables are still away."""
    script = (
        "import os, signal, sqlite3, sys\n"
        "from pathlib import Path\n"
        "import workshop.site\n"
        "inner = workshop.site.open_writer\n"
        "def told(statement):\n"
        "    if statement.startswith(('insert into rm_attendance', 'insert into rm_change')):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "def watched(path):\n"
        "    db = inner(path)\n"
        "    db.conn.set_trace_callback(told)\n"
        "    return db\n"
        "workshop.site.open_writer = watched\n"
        "workshop.site.Site(Path(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGKILL, "it was not killed in the middle"
    assert is_sound(folder)
    left = rows_in(folder, "select count(*) from sqlite_schema where name = 'rm_attendance'")
    assert left == [(0,)], "what was half made is gone with its transaction"
    return 1
