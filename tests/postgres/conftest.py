"""Nodes of one site on one log on PostgreSQL, opened in this process or served by processes of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync import Change
from tests.integration.conftest import PASSWORD, Clock
from tests.postgres_server import Postgres
from workshop.accounts import commands
from workshop.admission import SYSTEM
from workshop.certificates.issuer import issuer_key
from workshop.exchange.sealing import publish_recipient
from workshop.growing import join_log, move_to_postgres
from workshop.setup import begin_campus
from workshop.site import Site

AddNode = Callable[[str], Site]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    made = Postgres()
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """The address of a log of this test's own."""
    name = "".join(sign if sign.isalnum() else "_" for sign in request.node.name.lower())[:50]
    return f"{postgres.url}?options=-csearch_path%3D{name}_{id(request) % 9973}"


def plain_site(folder: Path, clock: Clock) -> Site:
    """A campus with its log in its own file: Wang reviews, and something is recorded."""
    made = Site.create(folder, "tianjin", "campus", tz_minutes=480, clock=clock)
    begin_campus(made, "Home campus", "天津校本部")
    grants = [Change("grant", f"swang.{role}.all", {"active": True}) for role in ("reviewer", "admin")]
    names = Change("staff", "swang", {"name_en": "Wang Lihua", "name_zh": "王丽华"})
    made.record(actor=SYSTEM, intent="staff.add", changes=[names, *grants])
    with made.writing() as db:
        commands.create_account(db, "wang", "swang", PASSWORD, clock.now)
        issuer_key(made, db)
    publish_recipient(made)
    return made


def add_person(site: Site, staff_id: str) -> str:
    """One op that is admitted everywhere."""
    return site.record(
        actor=SYSTEM, intent="staff.add", changes=[Change("staff", staff_id, {"name_en": staff_id})]
    )


def people(site: Site) -> set[str]:
    return {row[0] for row in site.db.execute("select id from rm_staff")}


@pytest.fixture
def moved(tmp_path: Path, clock: Clock, url: str) -> Iterator[Site]:
    """A campus whose log was moved to PostgreSQL: the first node."""
    site = plain_site(tmp_path / "one", clock)
    site.close()
    move_to_postgres(site.folder, url)
    made = Site(site.folder, clock)
    yield made
    made.close()


@pytest.fixture
def add_node(tmp_path: Path, clock: Clock, moved: Site) -> Iterator[AddNode]:
    """`add_node("two")`: one more node of the same site."""
    opened: list[Site] = []

    def act(name: str) -> Site:
        join_log(moved.folder, tmp_path / name)
        opened.append(Site(tmp_path / name, clock))
        return opened[-1]

    yield act
    for site in opened:
        site.close()
