"""A site with a long log, made once and kept in a folder: a workshop's years of marks and assessments by sixty tablets with five lives each.

Of 4,900 ops: 4,000 marks, 120 corrections, 640 of attempts (started, six steps, signed), 141 of the class itself. The same size, the same ops.
"""

import hashlib
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workload import ACTOR, PART, PASSWORD, SEED, TZ_MINUTES, USERNAME, meet, new_id

from sync import Change, Draft, PrivateKey
from sync.author import Author
from workshop.accounts.commands import create_account
from workshop.admission import SYSTEM
from workshop.demo.tablet import Tablet
from workshop.folder import DATABASE
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

VERSION = 2
"""Raise it when other ops are made: what is kept from before is thrown away."""

TABLETS, LIVES, SESSIONS, PEOPLE = 60, 5, 100, 40
OPS_PER_CLASS = 4901
STEPS = ("setup", "zero", "face", "drill", "measure", "clean")
BEGAN_MS = 1_600_000_000_000  # 2020-09-13
DAY_MS = 86_400_000


@dataclass(frozen=True)
class BigLog:
    """Folders to copy from. `campus` and `workshop` hold the same log; `fresh` is a new box that has joined for the same part, and is empty."""

    campus: Path
    workshop: Path
    fresh: Path
    ops: int


class Pen:
    """The tablets: a clock that only goes on, and one author for each tablet and life."""

    def __init__(self) -> None:
        self.wall = BEGAN_MS
        self.rng = random.Random("big log")
        self.keys = [
            PrivateKey(hashlib.sha256(f"big log tablet {n}".encode()).digest()) for n in range(TABLETS)
        ]
        self.authors: list[Author] = []

    def begin_life(self, life: int) -> None:
        """New epochs for all; what they wrote before is gone from memory."""
        self.authors = [
            Author(key, f"life{'abcdefgh'[life]}{n:03}".translate(DIGITS), self.clock, TZ_MINUTES)
            for n, key in enumerate(self.keys)
        ]

    def clock(self) -> int:
        self.wall += self.rng.randint(40, 400)
        return self.wall


DIGITS = str.maketrans("0123456789", "qrstuvwxyz")


def big_log(folder: Path, ops: int) -> BigLog:
    """The log of about so many ops; made in minutes, or found in `folder` from last time."""
    place = folder / f"{ops}-v{VERSION}"
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        _make(place, max(1, round(ops / OPS_PER_CLASS)))
    for name in ("campus", "mbale", "fresh"):
        Site(
            place / name
        ).close()  # a program with other tables makes them anew: now, not while somebody counts
    count = int((place / "done").read_text())
    return BigLog(place / "campus", place / "mbale", place / "fresh", count)


def _make(place: Path, classes: int) -> None:
    campus = Site.create(place / "campus", "tianjin", "campus", tz_minutes=480)
    begin_campus(campus, "Home campus", "天津校本部")
    course = {"title_en": "CNC milling", "title_zh": "数控铣削", "planned_minutes": 18_000}
    campus.record(actor=SYSTEM, intent="course.add", changes=[Change("course", "cnc", course)])
    sites = [
        Site.create(place / name, PART, "workshop", root=campus.device, tz_minutes=TZ_MINUTES)
        for name in ("mbale", "fresh")
    ]
    for site in sites:
        join_workshop(campus, site.key.public, PART, "Mbale workshop", "姆巴莱工坊", TZ_MINUTES)
    workshop = sites[0]
    meet(workshop, campus)
    pen = Pen()
    people = {name: [new_id(pen.rng) for _ in range(PEOPLE)] for name in class_names(classes)}
    workshop.record_many([*_staff(pen), *_classes(people)])
    with workshop.writing() as db:
        create_account(db, USERNAME, ACTOR, PASSWORD, workshop.now())
    for life in range(LIVES):
        pen.begin_life(life)
        for number in range(life * SESSIONS // LIVES + 1, (life + 1) * SESSIONS // LIVES + 1):
            _session(pen, people, number)
        with workshop.locked() as node:
            for author in pen.authors:
                _, refused = node.take(author.runs(PART))
                if refused:
                    raise RuntimeError(str(refused[0][1]))
    [(count,)] = workshop.db.execute("select count(*) from op_log").fetchall()
    for site in (*sites, campus):
        site.close()
    _copy_log(place / "mbale", place / "campus")
    (place / "done").write_text(str(count))


def _copy_log(source: Path, target: Path) -> None:
    """The campus gets the same log and tables as a file: an exchange of so much would only cost minutes here."""
    shutil.copyfile(source / DATABASE, target / DATABASE)
    site = Site(target)
    with site.writing() as db:
        db.execute("delete from op_receipt")  # of the campus, which it would be telling itself
    site.close()


def busy_tablet() -> Tablet:
    """One more tablet, enrolled like the others, that has written nothing yet."""
    return Tablet("tablet", SEED, PART, TZ_MINUTES)


def class_names(count: int) -> list[str]:
    return [f"B{number:04}" for number in range(count)]


def _staff(pen: Pen) -> Iterator[Draft]:
    yield Draft(
        SYSTEM, "staff.add", [Change("staff", ACTOR, {"name_en": "Akello", "name_zh": "阿凯洛"})], PART
    )
    yield Draft(SYSTEM, "staff.add", [Change("grant", f"{ACTOR}.instructor.all", {"active": True})], PART)
    for number, key in enumerate([*pen.keys, busy_tablet().key]):
        fields = {"name": f"Tablet {number}", "key": key.public, "kind": "tablet", "site": PART}
        device = Change("device", key.device, fields | {"enrolled": True})
        bound = Change("device_person", f"{key.device}.{ACTOR}", {"active": True})
        yield Draft(SYSTEM, "device.enrol", [device, bound], PART)


def _classes(people: dict[str, list[str]]) -> Iterator[Draft]:
    for index, (name, ids) in enumerate(people.items()):
        fields = {
            "course_id": "cnc",
            "name_en": f"CNC milling, group {index + 1}",
            "name_zh": f"数控铣削{index + 1}班",
            "category": "local_teacher",
            "place": "Hall 2",
            "instructor_id": ACTOR,
            "first_day": "2020-09-13",
            "last_day": "2021-01-31",
            "kind": "training",
        }
        yield Draft(SYSTEM, "class.add", [Change("training_class", name, fields)], PART)
        for number in range(1, SESSIONS + 1):
            month, day = divmod(number - 1, 28)
            planned = {
                "day": f"2020-{9 + month:02}-{day + 1:02}" if month < 4 else f"2021-01-{day + 1:02}",
                "start_minute": 480,
                "minutes": 110,
                "instructor_id": ACTOR,
                "state": "planned",
                "register": "open",
            }
            yield Draft(SYSTEM, "session.add", [Change("session", f"{name}.{number}", planned)], PART)
        for place, person in enumerate(ids):
            known = {"number": f"{index * PEOPLE + place + 1:05}", "name": f"Trainee {person}"}
            changes = [
                Change("trainee", person, known | {"category": "local_teacher"}),
                Change("enrolment", f"{name}.{person}", {"state": "enrolled", "category": "local_teacher"}),
            ]
            yield Draft(SYSTEM, "roster.add", changes, PART)


def _session(pen: Pen, people: dict[str, list[str]], number: int) -> None:
    """One session of every class: marks, now and then a correction in view of the mark, and some attempts."""
    pen.wall = max(pen.wall, BEGAN_MS + number * DAY_MS)
    for index, (name, ids) in enumerate(people.items()):
        for place, person in enumerate(ids):
            # Three or four tablets a session, so that every log has the same 300 chains of tablets.
            author = pen.authors[(index * 7 + number + place // 12 * 17) % TABLETS]
            status = pen.rng.choices(["present", "late", "absent", "excused"], [82, 7, 8, 3])[0]
            late = {"minutes": pen.rng.choice([5, 10, 15, 20, 30])} if status == "late" else {}
            record = f"{name}.{number}.{person}"
            made = author.record(
                PART, ACTOR, "attendance.mark", [Change("attendance", record, {"status": status} | late)]
            )
            if (place + number) % 33 == 0:
                mended = Change("attendance", record, {"status": "excused"}, (made,))
                author.record(PART, ACTOR, "attendance.mark", [mended])
            if (number - place) % (SESSIONS // 2) == 0:
                _attempt(pen, author, name, person)


def _attempt(pen: Pen, author: Author, name: str, person: str) -> None:
    attempt = new_id(pen.rng)
    opened = {"class_id": name, "trainee_id": person, "rubric_id": "milling-1", "started_at": pen.wall}
    author.record(PART, ACTOR, "attempt.start", [Change("attempt", attempt, opened)])
    for step in STEPS:
        seen = {"result": pen.rng.choice(["yes", "yes", "yes", "no"]), "remark": None}
        author.record(PART, ACTOR, "attempt.step", [Change("attempt_step", f"{attempt}.{step}", seen)])
    result = {"steps": [[step, "yes", ""] for step in STEPS], "outcome": "competent"}
    signed = Change("attempt", attempt, {"class_id": name, "result": result})
    author.record(PART, ACTOR, "attempt.sign_off", [signed])
