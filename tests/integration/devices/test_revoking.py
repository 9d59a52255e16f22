"""Revoking by the last good record: chosen in words, shown before it is done, and what it does to later, earlier and late ops."""

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.integration.conftest import NOON_MS, Clock
from tests.integration.devices.conftest import Post, marked
from tests.integration.devices.test_enrolment import enrolled
from tests.integration.devices.test_pages import text
from tests.integration.simulated import SimulatedTablet
from workshop.devices.rules import last_good_before
from workshop.site import Site

HOUR_MS = 3600 * 1000


def good_of(client: FlaskClient, tablet: SimulatedTablet, query: str) -> tuple[str, int, int]:
    """(the last good records as the form carries them, how many are kept, how many held back)"""
    page = client.get(f"/en/devices/{tablet.id}/revoke?{query}").text
    found = re.search(r'name="good" value="([^"]*)"', page)
    keeps, holds = re.search(r'data-keeps="(\d+)"', page), re.search(r'data-holds="(\d+)"', page)
    assert found and keeps and holds
    return found[1].replace("&#34;", '"'), int(keeps[1]), int(holds[1])


def test_only_what_was_made_before_a_time(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site, clock: Clock
) -> None:
    enrolled(site, client, tablet, admin)
    for trainee in ("t01", "t02"):
        tablet.mark(trainee)
    clock.forward(5 * HOUR_MS)
    tablet.wall = clock.now
    for trainee in ("t03", "t04", "t05"):
        tablet.mark(trainee)
    tablet.exchange(client)
    assert marked(site) == ["t01", "t02", "t03", "t04", "t05"]

    good, keeps, holds = good_of(client, tablet, "until=before&day=2025-11-21&time=15:00")
    assert json.loads(good) == {"abcdefgh/mbale": 2} and (keeps, holds) == (2, 3)
    assert "Registers and tests may change by this." in text(
        client, f"/en/devices/{tablet.id}/revoke?until=before&day=2025-11-21&time=15:00"
    )
    assert marked(site) == ["t01", "t02", "t03", "t04", "t05"], "looking changes nothing"

    admin("revoke", device=tablet.id, good=good)
    assert marked(site) == ["t01", "t02"]
    rows = site.db.execute("select code from rm_quarantine").fetchall()
    assert rows == [("device_revoked",)] * 3
    admin("restore", device=tablet.id)
    assert marked(site) == ["t01", "t02", "t03", "t04", "t05"]


def test_what_it_announced_still_counts_when_it_comes_late_and_is_flagged(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site, clock: Clock
) -> None:
    enrolled(site, client, tablet, admin)
    for trainee in ("t01", "t02", "t03"):
        tablet.mark(trainee)
    tablet.exchange(client, runs=tablet.runs(1, 1))
    arrived, announced = (good_of(client, tablet, f"until={each}") for each in ("arrived", "announced"))
    assert json.loads(arrived[0]) == {"abcdefgh/mbale": 1} and json.loads(announced[0]) == {
        "abcdefgh/mbale": 3
    }
    assert arrived[1:] == announced[1:] == (1, 0)
    admin("revoke", device=tablet.id, good=announced[0])
    clock.forward(HOUR_MS)
    tablet.mark("t04")
    tablet.exchange(client)
    assert marked(site) == ["t01", "t02", "t03"]
    page = text(client, f"/en/devices/{tablet.id}")
    assert "2 records from before the revocation arrived after it. They count" in page
    assert "1 record from it is held back." in page
    assert "停用之前的 2 条记录在停用之后才到达" in text(client, f"/zh/devices/{tablet.id}")


def test_a_choice_that_is_none_is_told_and_nothing_happens(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    tablet.mark("t01")
    tablet.exchange(client)
    for query in ("until=before", "until=before&day=never", "until=x", ""):
        page = client.get(f"/en/devices/{tablet.id}/revoke?{query}")
        assert page.status_code == 422 and "not clear up to which record" in page.text
    for good in ("{", "[]", '{"abcdefgh/mbale": "9"}', '{"abcdefgh/mbale": true}', '{"zzzzzzzz/mbale": 1}'):
        assert admin("revoke", device=tablet.id, good=good).status_code == 422
    assert client.get(f"/en/devices/{other.id}/revoke?until=arrived").status_code == 404
    assert marked(site) == ["t01"] and site.db.execute("select revoked_at from rm_device").fetchall() == [
        (None,)
    ]


@pytest.mark.parametrize(
    ("made", "good"),
    [
        ([(1, 10, 20), (2, 30, 40), (3, 60, 60)], 2),
        ([(1, 10, 20), (2, 60, 70), (3, 20, 80)], 1),  # a clock that was set back later gains nothing
        ([(1, 90, 40), (2, 95, 60)], 1),  # a fast clock: what had arrived was made before
        ([], 0),
        ([(1, 10, 10), (2, 20, 20), (2, 70, 70), (3, 30, 30)], 1),  # of two branches the later one says
        ([(1, 50, 50)], 0),
    ],
)
def test_the_last_good_op_before_a_moment(made: list[tuple[int, int, int]], good: int) -> None:
    assert last_good_before(made, 50) == good


def test_the_moment_is_local_to_the_workshop(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    """The site's clock stands at 10:00 UTC, 13:00 in Mbale."""
    enrolled(site, client, tablet, admin)
    tablet.wall = NOON_MS - 1000
    tablet.mark("t01")
    tablet.exchange(client)
    assert good_of(client, tablet, "until=before&day=2025-11-21&time=13:01")[1:] == (1, 0)
    assert good_of(client, tablet, "until=before&day=2025-11-21&time=12:59")[1:] == (0, 1)
