"""The pieces of work that are measured beside a long log, each from a fresh copy of the sites. Decides no bar."""

import json
import os
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

from biglog import BigLog, busy_tablet, class_names
from line import TabletLine
from meter import cost, cpu_s, medians, rss_mb, spent
from proxy import Proxy
from servers import Visitor, free_port, served
from workload import ACTOR, PART, PASSWORD, USERNAME

from sync import Change
from workshop.admission import SYSTEM
from workshop.demo.tablet import Tablet
from workshop.exchange.background import add_peer, exchange_with
from workshop.site import Site

CHANGES, TIMES, CONTACTS = 200, 9, 90
PAGES = 50
WAIT_S = 60.0
Cases = dict[str, dict[str, Any]]


def exchange(log: BigLog, folder: Path) -> Cases:
    """200 new ops and nothing new: tablet to workshop, workshop to campus; the workshop's memory afterwards."""
    shutil.copytree(log.workshop, folder / "mbale")
    shutil.copytree(log.campus, folder / "campus")
    with served(folder / "mbale") as workshop:
        began_mb = rss_mb(workshop.pid)
        site = Site(folder / "mbale")
        device, people = site.device, _people(site)
        site.close()
        line = TabletLine(busy_tablet(), workshop.port, device)
        marks = Marks(line.tablet, people)
        marks.make(CHANGES)
        line.send_all()
        changes = []
        for _ in range(TIMES):
            marks.make(CHANGES)
            changes.append(spent(line.send_all, line.connection, workshop.pid))
        cases: Cases = {"changes_200": medians(changes)}
        cases["server"] = {"ready_s": workshop.ready_s, "rss_mb_at_start": began_mb}
        cases["nothing_new"] = medians(
            [spent(line.nothing, line.connection, workshop.pid, CONTACTS // TIMES) for _ in range(TIMES)]
        )
        cases["server"] |= {"rss_mb_after_exchange": rss_mb(workshop.pid)}
        visitor = Visitor(workshop.port)
        visitor.sign_in(USERNAME, PASSWORD)
        begun = time.monotonic()
        opened = visitor.browse(PAGES)
        cases["server"] |= {"page_s": (time.monotonic() - begun) / opened}
        cases["server"] |= {"rss_mb_after_pages": rss_mb(workshop.pid)}
        for lang in ("en", "zh"):
            visitor.browse(2 * PAGES, f"/{lang}/")
        cases["server"] |= {"rss_mb_after_200_pages": rss_mb(workshop.pid)}
    return cases | _between_servers(folder, people)


def _between_servers(folder: Path, people: list[str]) -> Cases:
    """The workshop in this very process, the campus behind a counting proxy."""
    site = Site(folder / "mbale")
    changes, contacts = [], []
    with served(folder / "campus") as campus:
        door = Proxy(free_port(), campus.port)
        try:
            address = f"http://127.0.0.1:{door.port}"
            add_peer(site, address, site.root)
            _contact(site, address, door, campus.pid)
            for number in range(TIMES):
                _write(site, people, number)
                changes.append(_contact(site, address, door, campus.pid))
            contacts = [_contact(site, address, door, campus.pid) for _ in range(CONTACTS)]
        finally:
            door.stop()
            site.close()
    return {"changes_200_servers": medians(changes), "nothing_new_servers": medians(contacts)}


def _contact(site: Site, address: str, door: Proxy, campus: int) -> dict[str, float]:
    begun, own, there = time.monotonic(), time.process_time(), cpu_s(campus)
    outcome = exchange_with(site, address)
    wall, own, there = time.monotonic() - begun, time.process_time() - own, cpu_s(campus) - there
    ended = door.ended.get(timeout=WAIT_S)
    if outcome.refused or outcome.more:
        raise RuntimeError(f"not finished: {outcome}")
    return cost(wall, own, there, ended["bytes"], ended["body"], ended["requests"], outcome.sent)


class Marks:
    """Marks that a tablet's owner makes of sessions beyond those in the log."""

    def __init__(self, tablet: Tablet, people: list[str], first_session: int = 1000) -> None:
        self._tablet, self._people, self._first = tablet, people, first_session
        self._wall, self._count = 1_700_000_000_000, 0

    def make(self, count: int) -> None:
        for _ in range(count):
            session, place = divmod(self._count, len(self._people))
            self._count, self._wall = self._count + 1, self._wall + 2100
            record = f"{class_names(1)[0]}.{self._first + session}.{self._people[place]}"
            status = ("present", "present", "present", "absent")[self._count % 4]
            change = Change("attendance", record, {"status": status})
            self._tablet.act(self._wall, ACTOR, "attendance.mark", [change])


def _write(site: Site, people: list[str], number: int) -> None:
    """200 ops that came from a tablet while nobody counted."""
    tablet = busy_tablet()
    for _ in range(number + 10):
        tablet.next_life()
    Marks(tablet, people, 2000 + number * CHANGES).make(CHANGES)
    with site.locked() as node:
        _, refused = node.take(tablet.unsent())
    if refused:
        raise RuntimeError(str(refused[0][1]))


def _people(site: Site) -> list[str]:
    rows = site.db.execute(
        "select trainee_id from rm_enrolment where class_id = ? order by id", class_names(1)
    )
    return [row[0] for row in rows.fetchall()]


def first_load(log: BigLog, folder: Path) -> Cases:
    """A new box of the same workshop takes everything from the campus; its tables are what the campus has."""
    shutil.copytree(log.campus, folder / "campus")
    shutil.copytree(log.fresh, folder / "fresh")
    with served(folder / "campus") as campus:
        door = Proxy(free_port(), campus.port)
        site = Site(folder / "fresh")
        add_peer(site, f"http://127.0.0.1:{door.port}", site.root)
        site.close()
        there = cpu_s(campus.pid)
        try:
            wall, cpu, most = _command(folder / "fresh", "sync")
            loaded = door.ended.get(timeout=WAIT_S)
        finally:
            door.stop()
        case = cost(
            wall, cpu, cpu_s(campus.pid) - there, loaded["bytes"], loaded["body"], loaded["requests"], log.ops
        )
        case |= {"rss_mb_client_most": most, "rss_mb_campus": rss_mb(campus.pid)}
    sites = [Site(folder / name) for name in ("fresh", "campus")]
    hashes = [site.node.model.state_hash() for site in sites]
    if hashes[0] != hashes[1]:
        raise RuntimeError("the loaded tables are not the campus's")
    packed = _log_gzip(sites[1])
    for site in sites:
        site.close()
    return {"first_load": case | {"log_gzip_bytes": packed, "bytes_to_log_gzip": case["bytes"] / packed}}


def _log_gzip(site: Site) -> int:
    """Bytes of `gzip -6` over all header and body lines, in the order of arrival."""
    packer, total = zlib.compressobj(6, wbits=31), 0
    rows = site.db.conn.execute("select header, body from op_log order by n")
    for header, body in rows:
        total += len(packer.compress(f"{header}\n{body}\n".encode()))
    return total + len(packer.flush())


def rebuild(log: BigLog, folder: Path) -> Cases:
    shutil.copytree(log.workshop, folder / "mbale")
    wall, cpu, most = _command(folder / "mbale", "rebuild", "--check")
    return {"rebuild": {"wall_s": wall, "cpu_s": cpu, "rss_mb_most": most, "ops": log.ops}}


def _command(folder: Path, *words: str) -> tuple[float, float, float]:
    """A command of the program in a process of its own: seconds, processor seconds, most memory in MB of 10^6 bytes."""
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "workshop", "--data", str(folder), *words], stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{words} failed")
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, round(used.ru_maxrss * 1024 / 1e6, 1)


def rare_acts(log: BigLog, folder: Path) -> Cases:
    """What changes the ground on which other ops stand: a tablet enrolled, a tablet revoked, at the campus a server revoked."""
    shutil.copytree(log.workshop, folder / "mbale")
    shutil.copytree(log.campus, folder / "campus")
    workshop, campus = Site(folder / "mbale"), Site(folder / "campus")
    new = Tablet("another", "bench", PART, 180)
    fields = {"name": "Another", "key": new.key.public, "kind": "tablet", "site": PART, "enrolled": True}
    cases = {"enrol_tablet": _act(workshop, Change("device", new.device, fields), PART)}
    [(device, upto, base)] = workshop.db.execute(
        "select c.device, json_group_object(c.epoch || '/' || c.part, c.seq - 5), d.last_op from op_chain c"
        " join rm_device d on d.id = c.device and d.part = c.part where d.kind = 'tablet' group by c.device limit 1"
    ).fetchall()
    change = Change("device", device, {"revoked_at": json.loads(upto)}, (base,))
    cases["revoke_tablet"] = _act(workshop, change, PART)
    [(base,)] = campus.db.execute("select last_op from rm_device where id = ?", (workshop.device,)).fetchall()
    everything = {
        "/".join(b.name[1:]): b.seq for b in campus.node.log.chains([PART]) if b.name[0] == workshop.device
    }
    change = Change("device", workshop.device, {"revoked_at": everything}, (base,))
    cases["revoke_server"] = _act(campus, change, "common")
    for site in (workshop, campus):
        site.close()
    return cases


def _act(site: Site, change: Change, part: str) -> dict[str, float]:
    begun, own = time.monotonic(), time.process_time()
    site.record(actor=SYSTEM, intent="device.change", changes=[change], part=part)
    return {"wall_s": time.monotonic() - begun, "cpu_s": time.process_time() - own}
