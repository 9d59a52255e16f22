"""A class of three with one practical test: Okot, Nambi and Opio; Nandutu assesses, Wang reviews, Mallory has no part in it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from sync import Change
from tests.integration.conftest import PASSWORD, Clock, add_staff, csrf_of
from workshop.accounts import commands
from workshop.admission import SYSTEM
from workshop.site import Site

STEPS = [
    {"id": "dead", "en": "Prove dead before work", "zh": "作业前验电", "critical": True},
    {"id": "wire", "en": "Wire a start-stop circuit", "zh": "接好起停控制电路", "critical": True},
    {"id": "ladder", "en": "Load and test a program", "zh": "下载并调试程序", "critical": False},
]
RUBRIC = {
    "course_id": "plc",
    "version": 1,
    "title_en": "Start-stop circuit",
    "title_zh": "起停控制电路",
    "skill_en": "Wire a motor control",
    "skill_zh": "电动机控制接线",
    "critical": True,
    "minutes": 45,
    "steps": STEPS,
}
CLASS = {
    "course_id": "plc",
    "name_en": "PLC, batch 7",
    "name_zh": "PLC 第七期",
    "batch": "7",
    "category": "employee",
    "place": "Mbale",
    "instructor_id": "sakello",
    "first_day": "2025-11-17",
    "last_day": "2025-12-05",
    "kind": "training",
}
PEOPLE = {"tokot": ("01", "Okot David"), "tnambi": ("02", "Nambi Ruth"), "topio": ("03", "Opio Sam")}
URL = "/en/classes/T01/tests/plc-1"

Act = Callable[..., None]


@pytest.fixture
def site(site: Site, clock: Clock) -> Site:
    for part, changes in school("mbale"):
        site.record(actor=SYSTEM, intent="test.begin", changes=changes, part=part)
    add_staff(site, "snandutu", "Nandutu Joy", "", "assessor")
    add_staff(site, "swang", "Wang Li", "王丽", "reviewer")
    with site.writing() as db:
        for username in ("nandutu", "wang"):
            commands.create_account(db, username, f"s{username}", PASSWORD, clock.now)
    return site


def school(part: str) -> list[tuple[str, list[Change]]]:
    """The changes that make course, rubric, class and people; one op each."""
    found = [
        (
            "common",
            [Change("course", "plc", {"title_en": "PLC", "title_zh": "PLC 编程", "planned_minutes": 2400})],
        ),
        ("common", [Change("rubric", "plc-1", RUBRIC)]),
        (part, [Change("training_class", "T01", CLASS)]),
    ]
    for trainee, (number, name) in PEOPLE.items():
        known = Change("trainee", trainee, {"number": number, "name": name, "category": "employee"})
        enrolled = Change("enrolment", f"T01.{trainee}", {"state": "enrolled", "category": "employee"})
        found.append((part, [known, enrolled]))
    return found


@pytest.fixture
def post(client: FlaskClient) -> Callable[..., str]:
    """`post("start", trainee="tokot")`: a form of the test's page; where it leads."""

    def act(name: str, status: int = 303, url: str = URL, **form: str) -> str:
        answer = client.post(f"{url}/{name}", data={"csrf": csrf_of(client, f"{URL}?trainee=tokot"), **form})
        assert answer.status_code == status, answer.text
        return answer.headers.get("Location", answer.text)

    return act
