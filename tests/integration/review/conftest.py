"""A home campus and the workshop in Mbale, two tablets, a class of four; Akello teaches, Namutebi helps, Wang reviews, Ouyang supervises."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sync import Change, exchange
from sync.exchange import Conversation
from sync.http import seal
from workshop.accounts import commands as accounts
from workshop.admission import SYSTEM
from workshop.demo.tablet import Tablet
from workshop.factory import create_app
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

NOON_MS = 1_763_719_200_000  # 2025-11-21 10:00 UTC, 13:00 in Mbale
MINUTE_MS = 60_000
PASSWORD = "four mango trees"
PART = "mbale"
TRAINEES = {
    "tokot": "Okot James",
    "tnekesa": "Nekesa Ruth",
    "twabwire": "Wabwire Hassan",
    "tbabirye": "Babirye Judith",
}


class World:
    """Both sites with one clock. `campus` and `workshop` write as people do there; tablets through `meet`."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON_MS
        self.campus = Site.create(folder / "campus", "campus", "campus", tz_minutes=480, clock=self.clock)
        self.workshop = Site.create(
            folder / "mbale", PART, "workshop", root=self.campus.device, tz_minutes=180, clock=self.clock
        )
        self.first, self.second = (
            Tablet(name, "review", PART, 180) for name in ("UTC tablet 1", "UTC tablet 2")
        )
        self._talk = Conversation()

    def clock(self) -> int:
        self.now += 1_000
        return self.now

    def later(self, minutes: int) -> int:
        self.now += minutes * MINUTE_MS
        return self.now

    def state(self, site: Site, *changes: Change, part: str = PART) -> str:
        """What a server states by itself."""
        return site.record(actor=SYSTEM, intent="test.set", changes=changes, part=part)

    def meet(self, *tablets: Tablet) -> None:
        """The tablets bring what they have to the workshop."""
        for tablet in tablets:
            _, refused = self.workshop.node.take(tablet.unsent())
            assert not refused
            tablet.receipt()

    def exchange(self) -> None:
        """The two servers talk until nothing is left to say."""
        parts = ["common", PART]
        for _ in range(50):
            raw, sent = exchange.ask(self.workshop.node, self._talk, parts)
            caller = exchange.open_request(*seal(self.workshop.node, raw), self.campus.device)
            reply = exchange.answer(self.campus.node, caller, parts)
            if not exchange.absorb(self.workshop.node, self._talk, reply, parts, sent).more:
                return
        raise AssertionError("the servers never finish")

    def mark(
        self,
        tablet: Tablet,
        actor: str,
        statuses: dict[str, str],
        *,
        session: str = "T01.1",
        at: int = 0,
        base: Sequence[str] = (),
    ) -> str:
        """Marks of one op: {trainee: status}."""
        changes = [
            Change("attendance", f"{session}.{trainee}", {"status": status}, tuple(base))
            for trainee, status in statuses.items()
        ]
        return tablet.act(at or self.later(1), actor, "attendance.mark", changes)

    def close(self, tablet: Tablet, actor: str = "sakello", session: str = "T01.1", at: int = 0) -> str:
        base = self.heads("session", session, "state") + self.heads("session", session, "register")
        change = Change("session", session, {"state": "held", "register": "closed"}, tuple(base))
        return tablet.act(at or self.later(1), actor, "register.close", [change])

    def heads(self, kind: str, record: str, group: str, site: Site | None = None) -> list[str]:
        row = (
            (site or self.workshop)
            .db.execute(f"select heads from rm_{kind} where part = ? and id = ?", (PART, record))
            .fetchone()
        )
        return list(json.loads(row[0]).get(group, [])) if row else []

    def one(self, site: Site, sql: str, *values: Any) -> Any:
        row = site.db.execute(sql, values).fetchone()
        return row[0] if row and len(row) == 1 else row

    # -- people at their browsers

    def browser(self, site: Site, username: str) -> "Browser":
        """Signed in; the account is made when somebody first needs it, because a password's hash is slow on purpose."""
        if not self.one(site, "select count(*) from local_account where username = ?", username):
            with site.writing() as db:
                accounts.create_account(db, username, f"s{username}", PASSWORD, self.now)
        return Browser(create_app(site, TESTING=True).test_client(), username)

    @property
    def wang(self) -> "Browser":
        return self.browser(self.campus, "wang")

    @property
    def akello(self) -> "Browser":
        return self.browser(self.workshop, "akello")

    @property
    def namutebi(self) -> "Browser":
        return self.browser(self.workshop, "namutebi")

    @property
    def mukasa(self) -> "Browser":
        return self.browser(self.workshop, "mukasa")


class Browser:
    """Somebody signed in, who uses plain forms."""

    def __init__(self, client: FlaskClient, username: str) -> None:
        self.client = client
        answer = self.post("/en/sign-in", username=username, password=PASSWORD)
        assert answer.status_code == 303

    def get(self, url: str) -> TestResponse:
        return self.client.get(url)

    def text(self, url: str) -> str:
        """The words of a page."""
        answer = self.get(url)
        assert answer.status_code == 200, answer.text
        return words(answer)

    def post(self, url: str, page: str = "", **fields: Any) -> TestResponse:
        found = re.search(r'name="csrf" (?:value|content)="([0-9a-f]+)"', self.get(page or url).text)
        token = found or re.search(
            r'name="csrf" (?:value|content)="([0-9a-f]+)"', self.get("/en/account").text
        )
        assert token, "no form"
        return self.client.post(url, data={"csrf": token[1], **fields})


def words(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.split("<main", 1)[-1]).split())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    _found(made)
    yield made
    made.campus.close()
    made.workshop.close()


def _found(world: World) -> None:
    begin_campus(world.campus, "Tianjin", "天津")
    join_workshop(world.campus, world.workshop.key.public, PART, "Mbale", "姆巴莱", 180)
    _staff(
        world,
        world.campus,
        "common",
        ("swang", "Wang Lei", "王磊", "reviewer"),
        ("souyang", "Ouyang Hai", "欧阳海", "supervisor"),
    )
    world.exchange()
    _staff(
        world, world.workshop, PART,
        ("sakello", "Akello Grace", "阿凯洛", "instructor"), ("snamutebi", "Namutebi Joan", "", "instructor"),
        ("smukasa", "Mukasa Paul", "", "admin"),
    )  # fmt: skip
    for tablet, people in ((world.first, ("sakello", "snamutebi")), (world.second, ("sakello", "snamutebi"))):
        world.state(
            world.workshop,
            Change("device", tablet.device, {"name": tablet.name, "key": tablet.key.public, "kind": "tablet", "site": PART, "enrolled": True}),
            *(Change("device_person", f"{tablet.device}.{person}", {"active": True}) for person in people),
        )  # fmt: skip
    world.state(
        world.workshop,
        Change("training_class", "T01", {"name_en": "PLC, batch 3", "name_zh": "PLC 第三期", "instructor_id": "sakello", "kind": "training", "first_day": "2025-11-20", "last_day": "2025-11-22", "place": "UTC", "category": "local_student"}),
        *(Change("session", f"T01.{n}", {"day": f"2025-11-2{n}", "start_minute": 510, "minutes": 180, "instructor_id": "sakello", "state": "planned", "register": "open"}) for n in (1, 2)),
        *(Change("trainee", one, {"name": name, "number": f"UTC/{n:03}"}) for n, (one, name) in enumerate(TRAINEES.items())),
        *(Change("enrolment", f"T01.{one}", {"state": "enrolled"}) for one in TRAINEES),
    )  # fmt: skip


def _staff(world: World, site: Site, part: str, *people: tuple[str, str, str, str]) -> None:
    for id_, en, zh, role in people:
        world.state(
            site,
            Change("staff", id_, {"name_en": en, "name_zh": zh or None}),
            Change("grant", f"{id_}.{role}.all", {"active": True}),
            part=part,
        )


@pytest.fixture
def closed(world: World) -> World:
    """The first register is marked, closed, and known at the campus."""
    world.mark(world.first, "sakello", {"tokot": "present", "tnekesa": "absent"})
    world.close(world.first)
    world.meet(world.first)
    world.exchange()
    return world


@pytest.fixture
def disputed(world: World) -> World:
    """Okot is present for Akello and absent for Namutebi, neither in view of the other; the register is closed."""
    world.mark(world.first, "sakello", {"tokot": "present", "tnekesa": "absent"})
    world.mark(world.second, "snamutebi", {"tokot": "absent"})
    world.close(world.first)
    world.meet(world.second, world.first)
    world.exchange()
    return world
