"""The page Devices tells what is missing, wrong or copied; the tablet's own page holds no person."""

import re

import pytest
from flask.testing import FlaskClient

from tests.integration.conftest import NOON_MS, Clock, SignIn
from tests.integration.devices.conftest import Post
from tests.integration.devices.test_enrolment import enrolled
from tests.integration.simulated import SimulatedTablet
from workshop.devices import queries
from workshop.devices.rules import Missing, announced_heads, missing_ops
from workshop.site import Site

HOUR_MS = 3600 * 1000


def text(client: FlaskClient, path: str = "/en/devices") -> str:
    """The page's words, tags left out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get(path).text))


def test_what_a_wiped_tablet_had_said_it_has_is_listed(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    for trainee in ("t01", "t02", "t03", "t04", "t05"):
        tablet.mark(trainee)
    tablet.exchange(client, runs=tablet.runs(1, 2))
    [line] = [line for line in queries.device_lines(site.db, ["mbale"], "en") if line.id == tablet.id]
    assert line.missing == (Missing("abcdefgh", "mbale", 3, 5),) and line.ops == 2
    assert "It said that it has 3 records more, which have not arrived." in text(client)
    assert "mbale abcdefgh: 3–5" in text(client)

    tablet.exchange(client)
    assert "which have not arrived" not in text(client)


def test_a_wrong_clock_is_told_in_minutes(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    tablet.wall = NOON_MS - 2 * HOUR_MS
    tablet.exchange(client, runs=[])
    assert "At the last contact it was 120 minutes behind." in text(client)
    tablet.wall = NOON_MS + 2 * 60_000
    tablet.exchange(client, runs=[])
    assert "Its clock is wrong" not in text(client)


def test_a_copied_store_is_told_in_plain_words(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    clone = SimulatedTablet(1, wall=NOON_MS)
    tablet.mark("t01")
    clone.mark("t02")
    tablet.exchange(client)
    told = clone.exchange(client)
    assert told.get("fork") is True
    assert "Its store was copied or restored." in text(client)
    assert "它的存储曾被复制或恢复过。" in text(client, "/zh/devices")


def test_devices_that_nobody_enrolled_are_named(
    client: FlaskClient, other: SimulatedTablet, admin: Post
) -> None:
    other.mark("t01")
    other.exchange(client)
    page = text(client)
    assert "Devices that nobody enrolled" in page and other.id[1:7].upper() in page


def test_last_contact_grows_older(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site, clock: Clock
) -> None:
    enrolled(site, client, tablet, admin)
    tablet.exchange(client, runs=[])
    clock.forward(3 * 24 * HOUR_MS)
    assert "Last contact 3 days ago" in text(client)


def test_renaming_and_taking_a_person_off(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    assert admin("rename", device=tablet.id, name="Hall 2").status_code == 303
    assert "Hall 2" in text(client) and "Akello Grace" in text(client)
    assert admin("rename", device=tablet.id, name=" ").status_code == 422
    admin("unbind", device=tablet.id, person="sakello")
    assert site.db.execute("select active, conflict from rm_device_person").fetchall() == [(0, 0)]
    assert "nobody yet" in text(client)


def test_a_device_that_is_none_cannot_be_changed(admin: Post, site: Site) -> None:
    for form in ("rename", "revoke", "restore", "unbind"):
        assert admin(form, device=site.device, name="x").status_code == 404


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_tablets_page_is_the_same_for_everybody(client: FlaskClient, sign_in: SignIn, lang: str) -> None:
    before = client.get(f"/{lang}/tablet")
    sign_in("akello")
    after = client.get(f"/{lang}/tablet")
    assert before.status_code == 200 and before.data == after.data
    assert "Akello" not in after.text and "sakello" not in after.text and 'name="csrf"' not in after.text


def test_the_shell_names_it_in_both_languages_and_stays_small(client: FlaskClient) -> None:
    head = client.get("/sw.js").text
    found = re.search(r"const SHELL = (\[.*?\]);", head)
    assert found
    names = re.findall(r'"([^"]+)"', found[1])
    assert {"/en/tablet", "/zh/tablet"} <= set(names)
    page = client.get("/zh/tablet").text
    files = set(re.findall(r'(?:src|href)="(/static/[^"#]+\.(?:js|css|svg))', page))
    assert files and files <= set(names)
    answers = [client.get(name, headers={"Accept-Encoding": "gzip"}) for name in names]
    assert {answer.status_code for answer in answers} == {200}
    assert sum(len(answer.data) for answer in answers) <= 400 * 1024


def test_what_is_no_announcement_counts_as_none() -> None:
    for nonsense in (None, "", "[]", "null", '{"mbale": 3}', '{"mbale": [[1, 2, 3], ["e", "x", "l"]]}', "{"):
        assert announced_heads(nonsense) == {}
    assert missing_ops({("e", "mbale"): 4}, {}) == (Missing("e", "mbale", 1, 4),)
    assert missing_ops({("e", "mbale"): 4}, {("e", "mbale"): 9}) == ()


def test_somebody_signed_out_is_sent_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/en/devices").status_code == 303
