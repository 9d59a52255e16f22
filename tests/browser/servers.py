"""Real server processes for browser tests: `workshop serve` on seeded site folders. No assertions here.

The cast: Akello (local instructor), Mukasa (administrator), Nandutu (enterprise assessor) at the workshop in Mbale; Wang (reviewer)
and Li (administrator) at the home campus. Everybody's password is PASSWORD; PINs are in PINS. Class T01 has 40 trainees, two
sessions today, and the practical test "bench-1".
"""

import http.client
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sync import Change, Draft, exchange, wire
from sync.exchange import Conversation
from sync.http import synchronise
from workshop.accounts import commands as accounts
from workshop.admission import COMMON, SYSTEM
from workshop.exchange.background import add_peer
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

PASSWORD = "four mango trees"
PINS = {"akello": "294715", "mukasa": "581360", "nandutu": "730264", "wang": "846203", "li": "915372"}
PART, CLASS, RUBRIC = "mbale", "T01", "bench-1"
TRAINEES = [f"t{number:02}" for number in range(1, 41)]
READY_S_MAX = 20.0

_LOCAL = {
    "sakello": ("akello", "Akello Grace", "阿凯洛", "instructor"),
    "smukasa": ("mukasa", "Mukasa Paul", "穆卡萨", "admin"),
    "snandutu": ("nandutu", "Nandutu Sarah", "南杜图", "assessor"),
}
_CAMPUS = {
    "swang": ("wang", "Wang Lihua", "王丽华", "reviewer"),
    "sli": ("li", "Li Jun", "李军", "admin"),
}
_FIRST = ("Okot", "Amongin", "Wandera", "Nabirye", "Ochieng", "Apio", "Mugisha", "Nakato")
_LAST = ("James", "Rose", "Peter", "Mary", "Joseph")
_STEPS = (
    ("guards", True, "Check guards and emergency stop before switching on", "开机前检查防护装置和急停按钮"),
    ("clamp", False, "Clamp and align the workpiece", "装夹并找正工件"),
    ("offset", True, "Set the work offset", "设定工件坐标系"),
    ("measure", False, "Measure the first part", "测量首件"),
    ("clean", False, "Clean the machine and put the tools back", "清理机床并归还工具"),
)


@dataclass
class RunningSite:
    """A server process on a site folder; `url` has no slash at the end."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """As a supervisor stops it: SIGTERM, then a wait."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)

    def kill(self) -> None:
        """SIGKILL: a power cut for the program."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)


@dataclass
class TwoSites:
    """A workshop that knows its campus, both running. Nothing is exchanged by itself: `every_s` is 0."""

    campus: RunningSite
    workshop: RunningSite


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_site(
    folder: Path, port: int | None = None, *, every_s: float = 0, demo: bool = False
) -> RunningSite:
    """Serve the site in `folder` by a process of its own; returns when it answers. `every_s` > 0 exchanges with peers by itself."""
    port = port or free_port()
    command = [sys.executable, "-c", "from workshop.cli import main; main()", "--data", str(folder)]
    command += ["serve", "--port", str(port), "--every", str(every_s), *(["--demo"] if demo else [])]
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[2])
    running = RunningSite(process, folder, port)
    try:
        _wait_until_it_answers(running)
    except BaseException:
        running.kill()
        raise
    return running


def _wait_until_it_answers(running: RunningSite) -> None:
    deadline = time.monotonic() + READY_S_MAX
    while True:
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((running.folder / "serve.log").read_text("utf-8"))
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()


def seed_two_sites(folder: Path, campus_port: int) -> tuple[Path, Path]:
    """Folders of a campus and of a workshop that has joined it; both hold the same ops. The campus will answer at `campus_port`."""
    campus = Site.create(folder / "campus", "tianjin", "campus", tz_minutes=480)
    begin_campus(campus, "Home campus", "天津校本部")
    _add_people(campus, _CAMPUS)
    _add_course(campus)
    workshop = Site.create(
        folder / "mbale", PART, "workshop", root=campus.device, tz_minutes=180, clock=campus.now
    )
    join_workshop(campus, workshop.key.public, PART, "Mbale workshop", "姆巴莱工坊", 180)
    _meet(workshop, campus)
    _add_people(workshop, _LOCAL)
    _add_class(workshop)
    _meet(workshop, campus)
    add_peer(workshop, f"http://127.0.0.1:{campus_port}", campus.device)
    for site in (workshop, campus):
        site.close()
    return campus.folder, workshop.folder


def _meet(workshop: Site, campus: Site) -> None:
    """One exchange between two opened sites of this process."""

    def carrier(data: bytes, signature: str) -> bytes:
        with campus.locked() as node:
            caller = exchange.open_request(data, signature, campus.device)
            return wire.compress(exchange.answer(node, caller, [COMMON, PART]))

    synchronise(workshop.node, Conversation(), carrier, workshop.parts)


def _add_people(site: Site, people: dict[str, tuple[str, str, str, str]]) -> None:
    for staff_id, (_, name_en, name_zh, role) in people.items():
        changes = [
            Change("staff", staff_id, {"name_en": name_en, "name_zh": name_zh}),
            Change("grant", f"{staff_id}.{role}.all", {"active": True}),
        ]
        site.record(actor=SYSTEM, intent="staff.add", changes=changes)
    with site.writing() as db:
        for staff_id, (username, *_) in people.items():
            accounts.create_account(db, username, staff_id, PASSWORD, site.now(), pin=PINS[username])


def _add_course(campus: Site) -> None:
    course = {"title_en": "CNC milling", "title_zh": "数控铣削", "planned_minutes": 2400}
    rubric = {
        "course_id": "cnc",
        "version": 1,
        "title_en": "Set up a milling machine",
        "title_zh": "数控铣床对刀",
        "skill_en": "Set up a machining centre",
        "skill_zh": "数控机床对刀",
        "critical": True,
        "minutes": 40,
        "steps": [{"id": id_, "en": en, "zh": zh, "critical": critical} for id_, critical, en, zh in _STEPS],
    }
    campus.record(actor=SYSTEM, intent="course.add", changes=[Change("course", "cnc", course)])
    campus.record(actor=SYSTEM, intent="rubric.add", changes=[Change("rubric", RUBRIC, rubric)])


def _add_class(workshop: Site) -> None:
    today = datetime.fromtimestamp(workshop.now() / 1000, UTC) + timedelta(minutes=workshop.tz_minutes)
    day = today.strftime("%Y-%m-%d")
    owner = {
        "course_id": "cnc",
        "name_en": "CNC milling, group 1",
        "name_zh": "数控铣削一班",
        "batch": None,
        "category": "local_teacher",
        "place": "Hall 2",
        "instructor_id": "sakello",
        "first_day": day,
        "last_day": (today + timedelta(days=4)).strftime("%Y-%m-%d"),
        "kind": "training",
    }
    drafts = [Draft(SYSTEM, "class.add", [Change("training_class", CLASS, owner)], PART)]
    for number, start in ((1, 9 * 60), (2, 14 * 60)):
        planned = {"day": day, "start_minute": start, "minutes": 180, "instructor_id": "sakello"}
        fields = planned | {"state": "planned", "register": "open"}
        drafts.append(Draft(SYSTEM, "session.add", [Change("session", f"{CLASS}.{number}", fields)], PART))
    for index, trainee in enumerate(TRAINEES):
        name = f"{_FIRST[index % len(_FIRST)]} {_LAST[index // len(_FIRST)]}"
        person = {"number": f"{index + 1:03}", "name": name, "category": "local_teacher"}
        changes = [
            Change("trainee", trainee, person),
            Change("enrolment", f"{CLASS}.{trainee}", {"state": "enrolled", "category": "local_teacher"}),
        ]
        drafts.append(Draft(SYSTEM, "roster.add", changes, PART))
    workshop.record_many(drafts)
