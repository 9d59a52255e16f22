"""Files for the times without a network: they carry the same records, may get lost or come twice, and are refused whole when damaged."""

import gzip
import io
import json

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sync import Change
from tests.integration.conftest import csrf_of
from tests.integration.exchange.conftest import Desk, meet
from tests.integration.exchange.test_status import counts, plain
from tests.integration.simulated import SimulatedTablet
from workshop.admission import SYSTEM
from workshop.factory import create_app
from workshop.setup import join_workshop
from workshop.site import Site


def bring(client: FlaskClient, data: bytes, lang: str = "en") -> TestResponse:
    form = {"csrf": csrf_of(client, f"/{lang}/exchange"), "file": (io.BytesIO(data), "x.luban")}
    return client.post(f"/{lang}/exchange/bundle", data=form, follow_redirects=True)


def fetch(client: FlaskClient, name: str = "bundle", **query: str) -> bytes:
    answer = client.get(f"/en/exchange/{name}.luban", query_string=query, buffered=True)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert ".luban" in answer.headers["Content-Disposition"]
    return answer.data


def lines(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def total(site: Site) -> int:
    return int(site.db.execute("select count(*) from op_log").fetchone()[0])


def test_a_file_goes_to_the_campus_and_the_receipts_come_back(mbale: Site, campus: Site, desk: Desk) -> None:
    akello, wang = desk(mbale, "akello"), desk(campus, "wang")
    here, waiting = counts(mbale)
    assert waiting == here
    taken = plain(bring(wang, fetch(akello)).text)
    assert f"New here {here}" in taken and "Now bring the receipts back" in taken
    assert counts(mbale)[1] == here, "nothing counts as arrived before its receipt is here"
    back = plain(bring(akello, fetch(wang)).text)
    assert "Home campus" in back
    assert counts(mbale) == (here, 0)


def test_a_lost_file_is_made_good_by_the_next(mbale: Site, campus: Site, desk: Desk) -> None:
    akello, wang = desk(mbale, "akello"), desk(campus, "wang")
    lost = lines(fetch(akello))[-1]["ops"]
    mbale.record(actor=SYSTEM, intent="staff.add", changes=[Change("staff", "snew", {"name_en": "New"})])
    second = fetch(akello)
    assert lines(second)[-1]["ops"] == int(str(lost)) + 1
    bring(wang, second)
    again = plain(bring(wang, second).text)
    assert "There was nothing new in it." in again
    bring(akello, fetch(wang))
    assert lines(fetch(akello))[-1]["ops"] == 0
    assert lines(fetch(akello, all="1"))[-1]["ops"] == total(mbale)


@pytest.mark.parametrize("damage", ["cut", "flipped", "nothing", "text"])
def test_a_damaged_file_is_refused_whole(mbale: Site, campus: Site, desk: Desk, damage: str) -> None:
    akello, wang = desk(mbale, "akello"), desk(campus, "wang")
    good, before = fetch(akello), total(campus)
    raw = bytearray(gzip.decompress(good))
    raw[len(raw) // 2] ^= 1
    bad = {"cut": good[:-20], "flipped": gzip.compress(bytes(raw)), "nothing": b"", "text": b"hello"}[damage]
    answer = bring(wang, bad)
    assert answer.status_code == 422
    assert "The file is damaged or not complete." in answer.text
    assert "文件损坏" in bring(wang, bad, "zh").text or "文件已损坏" in bring(wang, bad, "zh").text
    assert total(campus) == before
    assert list(campus.folder.glob("brought-*")) == []


def test_a_file_of_another_site_and_ones_own_are_refused_in_words(
    mbale: Site, campus: Site, desk: Desk, tmp_path: object
) -> None:
    akello, wang = desk(mbale, "akello"), desk(campus, "wang")
    own = bring(akello, fetch(akello))
    assert own.status_code == 422 and "This file was made by this very server." in own.text
    foreign = SimulatedTablet(9, part="jinja")
    foreign.mark("t01")
    other = bring(akello, foreign.bundle())
    assert other.status_code == 422 and "Nothing in this file belongs to this site." in other.text
    form = {"csrf": csrf_of(wang, "/en/exchange")}
    assert wang.post("/en/exchange/bundle", data=form).status_code == 422


def test_a_tablets_file_is_taken_and_its_receipts_go_back_without_ops(
    mbale: Site, campus: Site, desk: Desk, tablet: SimulatedTablet
) -> None:
    akello = desk(mbale, "akello")
    for trainee in ("t01", "t02"):
        tablet.mark(trainee)
    page = plain(bring(akello, tablet.bundle()).text)
    assert "2 new records were taken in." in page and "Tablet 7 · Tablet" in page
    assert mbale.db.execute("select count(*) from rm_attendance").fetchone()[0] == 2
    first, *rest = lines(fetch(akello, "receipts"))
    assert [line.get("ops") for line in rest] == [0]
    told = [each for each in first["receipts"] if each["run"] == list(tablet.chain)]  # type: ignore[attr-defined]
    assert [(each["seq"], each["by"]) for each in told] == [(2, mbale.device)]


def test_a_tablets_file_may_be_brought_straight_to_the_campus(
    mbale: Site, campus: Site, desk: Desk, tablet: SimulatedTablet
) -> None:
    meet(mbale, campus)
    tablet.mark("t01")
    wang = desk(campus, "wang")
    assert "1 new record was taken in." in plain(bring(wang, tablet.bundle()).text)
    assert "There was nothing new" in plain(bring(wang, tablet.bundle()).text)


def test_a_workshops_file_holds_no_other_sites_people(mbale: Site, campus: Site, desk: Desk) -> None:
    join_workshop(campus, "ed25519:" + "A" * 43, "jinja", "Jinja", "金贾", 180)
    change = Change("trainee", "tj1", {"name": "Stranger of Jinja", "category": "local_student"})
    campus.record(actor="swang", intent="roster.add", changes=[change], part="jinja")
    wang = desk(campus, "wang")
    assert b"Stranger of Jinja" not in gzip.decompress(fetch(wang, site="mbale", all="1"))
    assert b"Stranger of Jinja" in gzip.decompress(fetch(wang, site="jinja", all="1"))


def test_a_file_may_have_sixty_four_megabytes_and_no_more(mbale: Site, desk: Desk) -> None:
    akello = desk(mbale, "akello")
    token = csrf_of(akello, "/en/exchange")
    headers, claimed = {"X-CSRF-Token": token}, {"CONTENT_LENGTH": str(65 * 2**20)}
    answer = akello.post("/en/exchange/bundle", headers=headers, environ_overrides=claimed)
    assert answer.status_code == 413


def test_signed_out_people_get_no_file(mbale: Site) -> None:
    client = create_app(mbale, TESTING=True).test_client()
    for name in ("bundle", "receipts"):
        assert client.get(f"/en/exchange/{name}.luban").status_code == 303
