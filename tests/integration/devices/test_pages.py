"""The page Devices tells what is missing, wrong or copied; the tablet's own page holds no person."""

import re

import pytest
from flask.testing import FlaskClient

from tests.integration.conftest import NOON_MS, Clock, SignIn
from tests.integration.devices.conftest import Post
from tests.integration.devices.test_enrolment import enrolled
from tests.integration.simulated import SimulatedTablet
from workshop.devices import lines
from workshop.devices.rules import Missing, joined
from workshop.devices.statement import read_statement, tips_of
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
    [line] = lines.device_lines(site.db, ["mbale"], "en", tablet.id)
    assert line.missing == (Missing("abcdefgh", "mbale", 3, 5, NOON_MS),) and line.ops == 2
    assert "It said that it has 3 records more, which have not arrived." in text(client)
    assert "mbale abcdefgh: 3–5" in text(client, f"/en/devices/{tablet.id}")

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


def test_what_a_tablet_says_of_itself_is_shown_in_words(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    tablet.mark("t01")
    tablet.mark("t02")
    state = {"build": "0ld", "kept": True, "used": 2048, "quota": 51200, "pages": 12}
    times = {"oldest": NOON_MS - 2 * HOUR_MS, "view": NOON_MS - 3 * 24 * HOUR_MS}
    tablet.send(client, [], state=state | times)
    page = text(client, f"/en/devices/{tablet.id}")
    for words in (
        "0ld an older version",
        "kept by the browser; only 48 MB free · 2.0 MB used",
        "Waiting on it 2",
        "The oldest of them was made 2 hours ago.",
        "12 pages; the oldest fetched 3 days ago",
    ):
        assert words in page
    for words in ("旧版本", "仅剩 48 MB", "12 个页面"):
        assert words in text(client, f"/zh/devices/{tablet.id}")
    tablet.send(client, [], state={"build": [], "kept": 1})
    assert "App version not stated" in text(client, f"/en/devices/{tablet.id}")


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
    for form in ("rename", "revoke", "restore", "unbind", "replace", "seen"):
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
    for nonsense in (None, "", [], 3, {"mbale": 3}, {"mbale": [[1, 2, 3], ["e", "x", "l"], ["e", 0, "l"]]}):
        assert tips_of(nonsense) == []
    many = {"mbale": [[f"e{n}", 1, "l"] for n in range(500)]}
    assert len(tips_of(many)) == 40


def test_what_is_no_statement_counts_as_not_said() -> None:
    for nonsense in (None, "", "{", [], {"build": 3, "kept": "yes", "used": -1, "quota": True, "pages": "9"}):
        assert read_statement(nonsense) == read_statement({})
    assert read_statement({"build": "b" * 99}).build == "b" * 40


def test_announcements_that_overlap_count_once() -> None:
    three = (Missing("e", "mbale", 3, 5, 1), Missing("e", "mbale", 4, 9, 2), Missing("f", "mbale", 1, 1, 3))
    assert joined(three) == (Missing("e", "mbale", 3, 9, 2), three[2])


def test_somebody_signed_out_is_sent_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/en/devices").status_code == 303
