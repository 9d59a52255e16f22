"""Another tablet takes a tablet's place: by the code for it, or by six digits; a wiped store is known again; what it needs is told."""

from flask.testing import FlaskClient

from sync import Change
from tests.integration.conftest import NOON_MS, Clock
from tests.integration.devices.conftest import Post, marked
from tests.integration.devices.test_enrolment import enrolled, invitation, state
from tests.integration.devices.test_pages import text
from tests.integration.simulated import SimulatedTablet
from workshop.admission import SYSTEM
from workshop.devices import lines, queries
from workshop.site import Site


def classes(site: Site) -> None:
    for name, last in (("T01", "2025-11-30"), ("T09", "2025-01-31")):
        fields = {
            "name_en": f"Class {name}",
            "name_zh": f"{name} 班",
            "last_day": last,
            "first_day": "2025-01-10",
        }
        site.record(actor=SYSTEM, intent="class.add", changes=[Change("training_class", name, fields)])
    for number, day in ((1, "2025-11-21"), (2, "2025-11-28")):
        session = {"day": day, "start_minute": 540, "minutes": 60, "state": "planned", "register": "open"}
        site.record(actor=SYSTEM, intent="session.add", changes=[Change("session", f"T01.{number}", session)])


def test_a_lost_tablet_ends_at_once_and_the_new_one_takes_name_and_people(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    tablet.mark("t01")
    tablet.exchange(client)
    page = admin("replace", device=tablet.id, how="lost")
    assert page.status_code == 200 and "A tablet in the place of Tablet 1" in page.text
    assert queries.is_revoked(site.db, tablet.id)
    answer = other.enrol(client, "Tablet 1", code=invitation(page.text)).json
    assert answer is not None and (answer["state"], answer["replaces"]) == ("enrolled", "Tablet 1")
    other.mark("t02")
    assert "quarantined" not in other.exchange(client), "Akello came over with the tablet"
    assert marked(site) == ["t01", "t02"]
    tablet.mark("t03")
    assert [code for _, code in tablet.exchange(client)["quarantined"]] == ["device_revoked"]

    old, new = (text(client, f"/en/devices/{each.id}") for each in (tablet, other))
    assert "Replaced by Tablet 1 " + other.id[1:7].upper() in old
    assert "In the place of Tablet 1 " + tablet.id[1:7].upper() in new
    assert "Make the code for the new tablet" not in old


def test_a_worn_tablet_goes_on_until_then_and_what_it_announced_counts(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    code = invitation(admin("replace", device=tablet.id, how="worn").text)
    tablet.mark("t01")
    tablet.mark("t02")
    tablet.exchange(client, runs=tablet.runs(1, 1))
    assert not queries.is_revoked(site.db, tablet.id)
    other.enrol(client, "Tablet 1", code=code)
    assert queries.is_revoked(site.db, tablet.id)
    tablet.exchange(client)
    assert marked(site) == ["t01", "t02"]
    assert admin("replace", device=tablet.id, how="stolen").status_code == 422


def test_six_digits_may_give_a_place_too(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    asked = other.enrol(client, "tablet 1").json
    assert asked is not None
    page = client.get("/en/devices").text
    assert f'value="{tablet.id}" selected' in page, "the same name is proposed"
    assert admin("approve", device=other.id, code=asked["code"], replaces=other.id).status_code == 404
    assert state(client, other) == "waiting"
    admin("approve", device=other.id, code=asked["code"], replaces=tablet.id)
    [line] = lines.device_lines(site.db, ["mbale"], "en", other.id)
    assert line.name == "Tablet 1", "its name comes over, whatever was typed"
    assert line.replaces == tablet.id and line.people == (("sakello", "Akello Grace"),)


def test_an_emptied_store_is_known_again_and_what_is_gone_is_reported(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet, admin: Post, site: Site
) -> None:
    classes(site)
    enrolled(site, client, tablet, admin)
    for trainee in ("t01", "t02", "t03", "t04"):
        tablet.mark(trainee)
    tablet.exchange(client, runs=tablet.runs(1, 1))
    asked = other.post(client, "/sync/v1/enrol", other.ask("Hall 2") | {"was": tablet.id}).json
    assert asked is not None
    page = client.get("/en/devices").text
    assert f'value="{tablet.id}" selected' in page and "This browser was that tablet before" in page
    admin("approve", device=other.id, code=asked["code"], replaces=tablet.id)

    page = text(client)
    assert "Tablet 1 : Its store was emptied: the records on it are gone." in page
    assert "Announced and never delivered : 3 records" in page
    report = text(client, "/en/devices/missing")
    for part in (
        "Tablet 1",
        "Akello Grace",
        "Class T01",
        "2025-11-21 09:00",
        "its store was emptied",
        "mbale abcdefgh: 2–4",
    ):
        assert part in report
    assert "2025-11-28" not in report, "sessions of other days are not in question"
    zh = text(client, "/zh/devices/missing")
    assert "T01 班" in zh and "已报告但从未送达" in zh

    admin("seen", device=tablet.id)
    assert "Its store was emptied" not in text(client)
    assert "Its store was emptied" in text(client, f"/en/devices/{tablet.id}")


def test_a_store_put_back_does_not_make_forgotten_what_it_had(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site
) -> None:
    enrolled(site, client, tablet, admin)
    for trainee in ("t01", "t02", "t03", "t04"):
        tablet.mark(trainee)
    tablet.exchange(client, runs=tablet.runs(1, 3))
    old = SimulatedTablet(1, wall=NOON_MS)
    old.mark("t01")
    told = old.exchange(client, runs=[])
    assert told.get("fork") is True
    assert "Its store was put back from an older copy." in text(client)
    [line] = lines.device_lines(site.db, ["mbale"], "en", tablet.id)
    assert [(each.first, each.last) for each in line.missing] == [(4, 4)]
    assert [each.kind for each in line.unheard] == ["restored"]

    old.mark("t09")  # it goes on in the old life before it hears: a fork, and both branches stay
    old.exchange(client)
    [line] = lines.device_lines(site.db, ["mbale"], "en", tablet.id)
    assert [each.kind for each in line.unheard] == ["fork"]
    assert [(each.first, each.last) for each in line.missing] == [(4, 4)]
    assert marked(site) == ["t01", "t02", "t03", "t09"]
    admin("seen", device=tablet.id)
    assert "Needs a look" in text(client) and "copied or restored" not in text(client)


def test_a_tablet_is_told_what_it_needs_and_nobody_else_is(
    client: FlaskClient, tablet: SimulatedTablet, other: SimulatedTablet, admin: Post, site: Site
) -> None:
    classes(site)
    enrolled(site, client, tablet, admin)
    tablet.mark("t01")
    tablet.exchange(client)
    told = tablet.post(client, "/sync/v1/takeover", {"device": tablet.id}).json
    assert told is not None
    assert told["people"] == [
        {"id": "sakello", "name_en": "Akello Grace", "name_zh": "阿凯洛", "roles": ["instructor"]}
    ]
    assert told["classes"] == ["T01"] and told["lessons"] == []
    assert other.post(client, "/sync/v1/takeover", {"device": tablet.id}).status_code == 400
    assert other.post(client, "/sync/v1/takeover", {"device": other.id}).status_code == 404
    assert tablet.post(client, "/sync/v1/takeover", []).status_code == 404


def test_two_tablets_with_one_copied_store_are_told_from_one_that_was_put_back(
    client: FlaskClient, tablet: SimulatedTablet, admin: Post, site: Site, clock: Clock
) -> None:
    enrolled(site, client, tablet, admin)
    copy = SimulatedTablet(1, epoch="zyxwvuts", wall=NOON_MS)
    tablet.mark("t01")
    copy.mark("t02")
    kinds = []
    for each in (tablet, copy, copy, tablet):
        clock.forward(60_000)
        each.exchange(client)
        kinds.append([news.kind for news in lines.news(site.db, tablet.id)])
    assert kinds == [[], [], [], ["twin"]]
    assert "Tablet 1 : Two tablets work with one copied store." in text(client)
    assert "两台平板在共用一份复制的存储" in text(client, f"/zh/devices/{tablet.id}")
    assert marked(site) == ["t01", "t02"]
