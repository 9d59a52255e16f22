"""A real site on a real SQLite file, the application over it, and the cast: Akello, local instructor; Okot, trainee; Mallory, stranger."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sync import Change
from workshop.accounts import commands
from workshop.admission import SYSTEM
from workshop.factory import create_app
from workshop.site import Site

NOON_MS = 1_763_719_200_000  # 2025-11-21 10:00 UTC, 13:00 in Mbale
PASSWORD = "four mango trees"

SignIn = Callable[..., TestResponse]


class Clock:
    """The site's clock, moved by the test."""

    def __init__(self, now: int = NOON_MS) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def forward(self, milliseconds: int) -> None:
        self.now += milliseconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    """The workshop in Mbale, its own root, with Akello (instructor) and an administrator."""
    made = Site.create(tmp_path / "mbale", "mbale", "workshop", tz_minutes=180, clock=clock)
    add_staff(made, "sakello", "Akello Grace", "阿凯洛", "instructor")
    add_staff(made, "sadmin", "Mukasa Paul", "", "admin")
    with made.writing() as db:
        commands.create_account(db, "akello", "sakello", PASSWORD, clock.now)
        commands.create_account(db, "mukasa", "sadmin", PASSWORD, clock.now)
    yield made
    made.close()


def add_staff(site: Site, staff_id: str, name_en: str, name_zh: str, *roles: str) -> None:
    """A staff member with roles for all classes of this site."""
    changes = [Change("staff", staff_id, {"name_en": name_en, "name_zh": name_zh or None})]
    changes += [Change("grant", f"{staff_id}.{role}.all", {"active": True}) for role in roles]
    site.record(actor=SYSTEM, intent="staff.add", changes=changes, part=site.code)


@pytest.fixture
def app(site: Site) -> Flask:
    return create_app(site, TESTING=True)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(client: FlaskClient) -> SignIn:
    """`sign_in("akello")`: through the form, as a browser without scripts does it."""

    def act(
        username: str = "akello", password: str = PASSWORD, lang: str = "en", **fields: str
    ) -> TestResponse:
        token = csrf_of(client, f"/{lang}/sign-in")
        form = {"csrf": token, "username": username, "password": password, **fields}
        return client.post(f"/{lang}/sign-in", data=form)

    return act


def csrf_of(client: FlaskClient, url: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(url).text)
    assert found, f"no form at {url}"
    return found[1]
