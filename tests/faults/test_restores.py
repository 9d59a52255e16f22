"""A server is put back from last week's backup, by the commands that people use. What was sent since comes back by itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from sync import Change
from tests.browser.servers import RunningSite, TwoSites, start_site
from tests.faults.conftest import Figures
from tests.faults.door import Door
from tests.faults.holdings import links_of, own_links, rows_in, verified
from tests.integration.certificates.conftest import CLASS, Meet, _meet, campus, meet, workshop
from tests.integration.conftest import clock
from tests.sync_world import PART, Tablet, bind, device, grant
from workshop.admission import COMMON, SYSTEM
from workshop.backup import restore_backup, write_backup
from workshop.certificates import commands as certificates
from workshop.certificates.gone import state_gone
from workshop.exchange import background
from workshop.problems import Problem
from workshop.site import Site, system_clock

__all__ = ["campus", "clock", "meet", "workshop"]
ROOT = Path(__file__).parents[2]


def command(folder: Path, *words: str) -> str:
    run = [sys.executable, "-c", "from workshop.cli import main; main()", "--data", str(folder), *words]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def enrolled(running: RunningSite, *tablets: Tablet) -> Door:
    site = Site(running.folder)
    changes = [grant("pak")]
    for tablet in tablets:
        changes += [device(tablet.device, tablet.key.public), bind(tablet.device, "pak")]
    site.record(actor=SYSTEM, intent="device.enrol", changes=changes)
    door = Door(running.port, site.device, running.process.pid)
    site.close()
    return door


def marks(tablets: list[Tablet], door: Door, number: int) -> None:
    for tablet in tablets:
        for n in range(number):
            tablet.mark(f"t{n % 40 + 1:02}", ("present", "absent")[n % 2])
        door.send(tablet)


def state(folder: Path) -> tuple[str, str]:
    site = Site(folder)
    found = site.node.model.state_hash(), site.node.epoch
    site.close()
    return found


def exchanged(folder: Path) -> None:
    site = Site(folder)
    for peer in background.peers(site):
        background.exchange_with(site, peer.address)
    site.close()


def test_fault_18_server_restored_to_last_week(two_sites: TwoSites, tmp_path: Path, figures: Figures) -> None:
    """A tablet had sent to the server what the campus never saw; another what it did. Both come back, and no number is used twice."""
    tablets = [Tablet(name, system_clock) for name in ("tablet one", "tablet two")]
    running = two_sites.workshop
    door = enrolled(running, *tablets)
    marks(tablets, door, 20)
    backup = tmp_path / "last week.tar"
    command(running.folder, "backup", str(backup))
    assert (
        json.loads(command(running.folder, "restore", str(backup), "--check", "--format", "json"))["ops"] > 40
    )
    marks(tablets, door, 30)
    exchanged(running.folder)
    marks(tablets, door, 25)
    running.stop()
    before, life = state(running.folder)
    ops = {bytes(row[0]) for row in rows_in(running.folder, "select link from op_log")}

    shutil.rmtree(running.folder)
    command(running.folder, "restore", str(backup))
    assert state(running.folder)[1] != life, "it begins a new epoch"
    two_sites.workshop = running = start_site(running.folder, running.port)
    exchanged(running.folder)
    for tablet in tablets:
        tablet.mark("t01", "late")
        for _ in range(4):  # refused with what the server has; from its beginning; and nothing more
            door.send(tablet)
        assert tablet.unsent(door.device) == []
        assert links_of(running.folder, tablet) == own_links(tablet, PART, 76)
    exchanged(running.folder)
    running.stop()
    two_sites.campus.stop()
    held = {bytes(row[0]) for row in rows_in(running.folder, "select link from op_log")}
    assert ops <= held
    assert rows_in(running.folder, "select count(*) from op_chain where parent is not null") == [(0,)]
    assert verified(running.folder).faults == []
    assert before != state(running.folder)[0] == state(two_sites.campus.folder)[0]
    figures.did(restores=1, ops_since_the_backup=len(held) - 40)
    stored = rows_in(running.folder, "select count(*) from op_log")[0][0]
    figures.found(lost=len(ops - held), twice=stored - len(held))


def test_fault_19_campus_restored_behind_the_workshop(
    campus: Site, workshop: Site, meet: Meet, tmp_path: Path, figures: Figures
) -> None:
    """Certificates were issued and brought to the workshop after the backup. They come back from there, and none is issued twice."""
    batch = certificates.propose(workshop, PART, "sakello", CLASS)
    certificates.approve(workshop, PART, "smukasa", batch, "site")
    meet()
    certificates.approve(campus, PART, "swang", batch, "campus")
    backup = tmp_path / "campus.tar"
    write_backup(campus, backup)
    serials = certificates.issue(campus, PART, "swang", batch)
    meet()
    restore_backup(backup, tmp_path / "put back")
    restored = Site(tmp_path / "put back", campus.now)
    assert restored.node.epoch != campus.node.epoch
    assert refusal(restored, batch) == "restored_not_caught_up", (
        "nothing is issued before the workshop was heard"
    )
    assert rows_of(restored) == []
    _meet(workshop, restored)
    assert [row[0] for row in rows_of(restored)] == sorted(serials)
    assert restored.node.model.state_hash() == workshop.node.model.state_hash()
    assert refusal(restored, batch) == "certificate_issued", "a batch that was issued stays issued"
    numbers = [row[1] for row in rows_of(restored)]
    assert len(numbers) == len(set(numbers)) == len(serials)
    restored.close()
    figures.did(restores=1, certificates=len(serials))
    figures.found(issued_twice=len(numbers) - len(set(numbers)))


def test_fault_19_campus_restored_issues_at_once(
    campus: Site, workshop: Site, meet: Meet, tmp_path: Path, figures: Figures
) -> None:
    """Nobody exchanged since the restore. It is refused until an admin says that the workshop is gone; then no number is given twice."""
    batch = certificates.propose(workshop, PART, "sakello", CLASS)
    certificates.approve(workshop, PART, "smukasa", batch, "site")
    meet()
    certificates.approve(campus, PART, "swang", batch, "campus")
    admin = Change("grant", "swang.admin.all", {"active": True})
    campus.record(actor=SYSTEM, intent="staff.add", changes=[admin], part=COMMON)
    write_backup(campus, tmp_path / "campus.tar")
    given = certificates.issue(campus, PART, "swang", batch)
    restored_folder = tmp_path / "put back"
    command(restored_folder, "restore", str(tmp_path / "campus.tar"))
    restored = Site(restored_folder, campus.now)
    refused = [refusal(restored, batch) for _ in range(3)]
    assert refused == ["restored_not_caught_up"] * 3 and rows_of(restored) == []
    state_gone(restored, "swang", workshop.device, "its server burnt")
    fresh = certificates.issue(restored, PART, "swang", batch)
    restored.close()
    figures.did(restores=1, refusals=len(refused), certificates=len(given) + len(fresh))
    figures.found(twice=len(set(given) & set(fresh)))


def refusal(site: Site, batch: str) -> str:
    """Why nothing was issued; empty when it was."""
    try:
        certificates.issue(site, PART, "swang", batch)
    except Problem as problem:
        return problem.code
    return ""


def rows_of(site: Site) -> list[tuple[str, int]]:
    found = site.db.execute("select id, status_index from rm_certificate order by id").fetchall()
    return [(row[0], row[1]) for row in found]
