"""The work that is measured: five classes of forty people, a hundred sessions each, one mark a person and session from one tablet.

200 people x 100 sessions = 20,000 marks; ten sessions more make the 2,000 of the slow line. The same seed, the same marks.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sync import Change, Draft, exchange, wire
from sync.exchange import Conversation
from sync.http import synchronise
from workshop.accounts.commands import create_account
from workshop.admission import COMMON, SYSTEM
from workshop.demo.tablet import Tablet
from workshop.exchange.background import add_peer
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

SEED = "bench"
PART, TZ_MINUTES = "mbale", 180
CLASSES = [f"T{number:02}" for number in range(1, 6)]
PEOPLE_PER_CLASS, SESSIONS, SESSIONS_MORE = 40, 100, 10
MARKS, MARKS_MORE = 20_000, 2_000
USERNAME, PASSWORD, ACTOR = "akello", "four mango trees", "sakello"
FIRST = ("Okot", "Amongin", "Wandera", "Nabirye", "Ochieng", "Apio", "Mugisha", "Nakato")
LAST = ("James", "Rose", "Peter", "Mary", "Joseph")


@dataclass
class Seeded:
    """Folders to copy from, both sites holding the same ops, and the tablet that knows the class."""

    campus: Path
    workshop: Path
    workshop_device: str
    tablet: Tablet
    people: dict[str, list[str]]
    first_day: date


def seed(folder: Path, campus_port: int) -> Seeded:
    """A campus and a workshop that talks to it at `campus_port`; the last session is today's."""
    rng = random.Random(SEED)
    campus = Site.create(folder / "campus", "tianjin", "campus", tz_minutes=480)
    begin_campus(campus, "Home campus", "天津校本部")
    course = {"title_en": "CNC milling", "title_zh": "数控铣削", "planned_minutes": 18_000}
    campus.record(actor=SYSTEM, intent="course.add", changes=[Change("course", "cnc", course)])
    workshop = Site.create(folder / "mbale", PART, "workshop", root=campus.device, tz_minutes=TZ_MINUTES)
    join_workshop(campus, workshop.key.public, PART, "Mbale workshop", "姆巴莱工坊", TZ_MINUTES)
    meet(workshop, campus)
    tablet = Tablet("tablet", SEED, PART, TZ_MINUTES)
    people = {name: [new_id(rng) for _ in range(PEOPLE_PER_CLASS)] for name in CLASSES}
    today = datetime.fromtimestamp(workshop.now() / 1000, UTC) + timedelta(minutes=TZ_MINUTES)
    first_day = today.date() - timedelta(days=SESSIONS + SESSIONS_MORE - 1)
    workshop.record_many([*_staff(tablet), *_classes(first_day), *_roster(people)])
    with workshop.writing() as db:
        create_account(db, USERNAME, ACTOR, PASSWORD, workshop.now())
    meet(workshop, campus)
    add_peer(workshop, f"http://127.0.0.1:{campus_port}", campus.device)
    seeded = Seeded(campus.folder, workshop.folder, workshop.device, tablet, people, first_day)
    campus.close()
    workshop.close()
    return seeded


def mark_all(seeded: Seeded) -> list[tuple[str, str]]:
    """The tablet's owner marks everybody in every session; (record id, op id) of each mark."""
    rng = random.Random(SEED + "marks")
    return [
        mark
        for number in range(1, SESSIONS + 1)
        for name in CLASSES
        for mark in _mark_session(seeded, rng, name, number)
    ]


def mark_more(seeded: Seeded) -> None:
    """The sessions after those, on the days after."""
    rng = random.Random(SEED + "more")
    for number in range(SESSIONS + 1, SESSIONS + SESSIONS_MORE + 1):
        for name in CLASSES:
            _mark_session(seeded, rng, name, number)


def correct(seeded: Seeded, marks: list[tuple[str, str]], count: int) -> None:
    """The first `count` of `marks` become others; each edit names the op that it had in view, and stands in its place afterwards."""
    wall = max(_start_ms(seeded, SESSIONS, 17), seeded.tablet.clock())
    for index in range(count):
        record, op = marks[index]
        change = Change("attendance", record, {"status": "excused"}, (op,))
        wall += 2300
        marks[index] = (record, seeded.tablet.act(wall, ACTOR, "attendance.mark", [change]))


def _mark_session(seeded: Seeded, rng: random.Random, name: str, number: int) -> list[tuple[str, str]]:
    wall = _start_ms(seeded, number, 8 + CLASSES.index(name) * 2) + rng.randint(30_000, 300_000)
    made = []
    for person in seeded.people[name]:
        wall += rng.randint(700, 4000)
        status = rng.choices(["present", "late", "absent", "excused"], [82, 7, 8, 3])[0]
        late = {"minutes": rng.choice([5, 10, 15, 20, 30])} if status == "late" else {}
        record = f"{name}.{number}.{person}"
        change = Change("attendance", record, {"status": status} | late)
        made.append((record, seeded.tablet.act(wall, ACTOR, "attendance.mark", [change])))
    return made


def _start_ms(seeded: Seeded, number: int, hour: int) -> int:
    day = seeded.first_day + timedelta(days=number - 1)
    return int(datetime.combine(day, time(hour), UTC).timestamp() * 1000) - TZ_MINUTES * 60_000


def new_id(rng: random.Random) -> str:
    return "t" + "".join(rng.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(9))


def meet(workshop: Site, campus: Site) -> None:
    """One exchange between two opened sites of this process."""

    def carrier(data: bytes, signature: str) -> bytes:
        with campus.locked() as node:
            caller = exchange.open_request(data, signature, campus.device)
            return wire.compress(exchange.answer(node, caller, [COMMON, PART]))

    synchronise(workshop.node, Conversation(), carrier, workshop.parts)


def _staff(tablet: Tablet) -> list[Draft]:
    fields = {
        "name": "Tablet 1",
        "key": tablet.key.public,
        "kind": "tablet",
        "site": PART,
        "enrolled": True,
    }
    changes = [
        Change("staff", ACTOR, {"name_en": "Akello Grace", "name_zh": "阿凯洛"}),
        Change("grant", f"{ACTOR}.instructor.all", {"active": True}),
        Change("device", tablet.device, fields),
        Change("device_person", f"{tablet.device}.{ACTOR}", {"active": True}),
    ]
    return [Draft(SYSTEM, "staff.add", [change], PART) for change in changes]


def _classes(first_day: date) -> list[Draft]:
    drafts = []
    for index, name in enumerate(CLASSES):
        fields = {
            "course_id": "cnc",
            "name_en": f"CNC milling, group {index + 1}",
            "name_zh": f"数控铣削{'一二三四五'[index]}班",
            "category": "local_teacher",
            "place": "Hall 2",
            "instructor_id": ACTOR,
            "first_day": first_day.isoformat(),
            "last_day": (first_day + timedelta(days=SESSIONS + SESSIONS_MORE - 1)).isoformat(),
            "kind": "training",
        }
        drafts.append(Draft(SYSTEM, "class.add", [Change("training_class", name, fields)], PART))
        for number in range(1, SESSIONS + SESSIONS_MORE + 1):
            day = first_day + timedelta(days=number - 1)
            planned = {"day": day.isoformat(), "start_minute": (8 + index * 2) * 60, "minutes": 110}
            planned |= {"instructor_id": ACTOR, "state": "planned", "register": "open"}
            drafts.append(
                Draft(SYSTEM, "session.add", [Change("session", f"{name}.{number}", planned)], PART)
            )
    return drafts


def _roster(people: dict[str, list[str]]) -> list[Draft]:
    drafts = []
    for name, ids in people.items():
        for index, person in enumerate(ids):
            known = f"{FIRST[index % len(FIRST)]} {LAST[index // len(FIRST)]}"
            number = f"{CLASSES.index(name) * PEOPLE_PER_CLASS + index + 1:03}"
            changes = [
                Change("trainee", person, {"number": number, "name": known, "category": "local_teacher"}),
                Change("enrolment", f"{name}.{person}", {"state": "enrolled", "category": "local_teacher"}),
            ]
            drafts.append(Draft(SYSTEM, "roster.add", changes, PART))
    return drafts
