"""A campus and a workshop that exchange: Akello proposes, Mukasa approves for the workshop, Wang for the campus and issues.

The class PLC-1 has four sessions of 180 minutes. Okot attended all and is competent; Nambozo attended all and is not yet competent;
Kato attended half; Wekesa never came.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sync import Change, Draft, exchange
from sync.http import synchronise
from sync.wire import compress
from tests.integration.conftest import PASSWORD, Clock, csrf_of
from workshop.accounts import commands as accounts
from workshop.admission import COMMON, SYSTEM
from workshop.exchange import caught_up
from workshop.factory import create_app
from workshop.setup import begin_campus, join_workshop
from workshop.site import Site

PART = "mbale"
CLASS = "PLC-1"
NAMES = {
    "tokot": ("Okot Daniel", "欧阔"),
    "tnambozo": ("Nambozo Ruth", None),
    "tkato": ("Ng'ang'a Ŋora", None),
    "twekesa": ("Wekesa John", None),
}
ATTENDED = {"tokot": 4, "tnambozo": 4, "tkato": 2, "twekesa": 0}
OUTCOMES = {"tokot": ("yes", "competent"), "tnambozo": ("no", "not_yet")}

Meet = Callable[[], None]
SignIn = Callable[[Site, str], FlaskClient]


@pytest.fixture
def campus(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    site = Site.create(tmp_path / "campus", "campus", "campus", tz_minutes=480, clock=clock)
    begin_campus(site, "Home College", "天津职业学院")
    _staff(site, COMMON, "swang", "Wang Lei", "reviewer")
    _staff(site, COMMON, "souyang", "Ouyang Min", "supervisor")
    changes = [
        Change(
            "course", "plc", {"title_en": "Electrical Control and PLC", "title_zh": "电气控制与 PLC 应用"}
        ),
        Change("rubric", "r-plc-1", _rubric()),
    ]
    site.record_many([_draft(change) for change in changes])
    _account(site, "wang", "swang")
    yield site
    site.close()


@pytest.fixture
def workshop(tmp_path: Path, clock: Clock, campus: Site) -> Iterator[Site]:
    site = Site.create(tmp_path / "mbale", PART, "workshop", root=campus.device, tz_minutes=180, clock=clock)
    join_workshop(campus, site.key.public, PART, "Uganda Luban Workshop", "乌干达鲁班工坊", 180)
    _staff(campus, PART, "sakello", "Akello Grace", "instructor")
    _staff(campus, PART, "smukasa", "Mukasa Paul", "admin")
    _meet(site, campus)
    teach(site)
    _account(site, "akello", "sakello")
    _account(site, "mukasa", "smukasa")
    _meet(site, campus)
    yield site
    site.close()


@pytest.fixture
def meet(workshop: Site, campus: Site) -> Meet:
    """The two sites exchange until neither has news."""
    return lambda: _meet(workshop, campus)


@pytest.fixture
def signed_in() -> SignIn:
    """`signed_in(site, "wang")`: a browser with that person's session."""

    def act(site: Site, username: str) -> FlaskClient:
        client = create_app(site, TESTING=True).test_client()
        token = csrf_of(client, "/en/sign-in")
        client.post("/en/sign-in", data={"csrf": token, "username": username, "password": PASSWORD})
        return client

    return act


def teach(site: Site) -> None:
    """The class, from enrolment to signed tests."""
    akello = "sakello"
    fields = {
        "course_id": "plc",
        "name_en": "PLC, July",
        "name_zh": "PLC 七月班",
        "category": "local_student",
        "kind": "training",
        "instructor_id": akello,
        "first_day": "2025-07-14",
        "last_day": "2025-07-17",
    }
    record(site, akello, "class.create", Change("training_class", CLASS, fields))
    for trainee, (name, name_zh) in NAMES.items():
        person = {"name": name, "number": f"UTC/ST/24/{trainee[1:4]}", "category": "local_student"}
        person |= {"name_zh": name_zh} if name_zh else {}
        record(site, akello, "trainee.add", Change("trainee", trainee, person))
        enrolled = {"state": "enrolled", "category": "local_student"}
        record(site, akello, "enrolment.add", Change("enrolment", f"{CLASS}.{trainee}", enrolled))
    for number in range(1, 5):
        session = {"day": f"2025-07-{13 + number}", "start_minute": 510, "minutes": 180}
        session |= {"state": "held", "register": "closed"}
        record(site, akello, "session.add", Change("session", f"{CLASS}.{number}", session))
        marks = [
            Change(
                "attendance",
                f"{CLASS}.{number}.{trainee}",
                {"status": "present" if number <= ATTENDED[trainee] else "absent"},
            )
            for trainee in NAMES
        ]
        record(site, akello, "attendance.mark", *marks)
    for trainee, (seen, outcome) in OUTCOMES.items():
        attempt = {"class_id": CLASS, "trainee_id": trainee, "rubric_id": "r-plc-1", "started_at": site.now()}
        result = {"steps": [["prove-dead", seen, ""], ["start-stop", "yes", ""]], "outcome": outcome}
        record(
            site, akello, "attempt.sign_off", Change("attempt", f"a{trainee}", attempt | {"result": result})
        )


def record(site: Site, actor: str, intent: str, *changes: Change, part: str = PART) -> str:
    return site.record(actor=actor, intent=intent, changes=changes, part=part)


def _rubric() -> dict[str, object]:
    return {
        "course_id": "plc",
        "version": 1,
        "title_en": "Start-stop circuit",
        "title_zh": "起保停电路",
        "skill_en": "Wire a start-stop circuit",
        "skill_zh": "连接起保停电路",
        "critical": True,
        "minutes": 30,
        "steps": [
            {"id": "prove-dead", "en": "Prove dead", "zh": "验电", "critical": True},
            {"id": "start-stop", "en": "Start and stop", "zh": "起动与停止", "critical": False},
        ],
    }


def _draft(change: Change) -> Draft:

    return Draft(SYSTEM, "publish", [change], COMMON)


def _staff(site: Site, part: str, person: str, name: str, role: str) -> None:
    changes = [
        Change("staff", person, {"name_en": name}),
        Change("grant", f"{person}.{role}.all", {"active": True}),
    ]
    record(site, SYSTEM, "staff.add", *changes, part=part)


def _account(site: Site, username: str, person: str) -> None:
    with site.writing() as db:
        accounts.create_account(db, username, person, PASSWORD, site.now())


def _meet(workshop: Site, campus: Site) -> None:
    parts = [COMMON, PART]

    def carrier(data: bytes, signature: str) -> bytes:
        caller = exchange.open_request(data, signature, campus.device)
        with campus.locked() as node:
            answer = exchange.answer(node, caller, parts)
        caught_up.note_contact(campus, caller)
        return compress(answer)

    with workshop.locked() as node:
        outcome = synchronise(node, exchange.Conversation(), carrier, parts)
    assert not outcome.refused
