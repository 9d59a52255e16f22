"""The page Exchange: what is where by receipts, an exchange at once, and failures in words."""

import gettext
import re
import socket

import pytest
from flask.testing import FlaskClient

from sync import Change
from tests.integration.conftest import Clock, csrf_of
from tests.integration.exchange.conftest import Desk, meet
from tests.integration.simulated import SimulatedTablet
from workshop.config import TRANSLATIONS
from workshop.exchange import queries
from workshop.exchange.background import add_peer, peers
from workshop.exchange.problems import problems
from workshop.factory import create_app
from workshop.site import Site


def text(client: FlaskClient, path: str = "/en/exchange") -> str:
    return plain(client.get(path).text)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def counts(site: Site) -> tuple[int, int]:
    found = queries.counts(site.db, [site.code], site.root)
    return found.here, found.waiting


def now(client: FlaskClient, address: str) -> tuple[int, str]:
    form = {"csrf": csrf_of(client, "/en/exchange"), "address": address}
    answer = client.post("/en/exchange/now", data=form)
    return answer.status_code, answer.location or plain(answer.text)


def test_an_exchange_at_once_tells_its_numbers_and_leaves_nothing_waiting(
    mbale: Site, campus_address: str, campus: Site, desk: Desk
) -> None:
    add_peer(mbale, campus_address, campus.device)
    akello = desk(mbale, "akello")
    here, waiting = counts(mbale)
    assert waiting == here > 0
    status, location = now(akello, campus_address)
    assert (status, f"sent={here}" in location) == (303, True)
    assert counts(mbale) == (here, 0)
    page = text(akello, location)
    assert f"Records sent: {here}." in page and "Waiting 0" in page
    assert peers(mbale)[0].last_error is None


def test_a_server_that_is_away_is_told_in_words_and_nothing_changes(
    mbale: Site, campus: Site, desk: Desk
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        add_peer(mbale, address, campus.device)
        akello = desk(mbale, "akello")
        status, page = now(akello, address)
    assert status == 503
    assert "The other server cannot be reached." in page
    assert "All records are safe on both sides." in page
    assert counts(mbale)[1] > 0
    again = text(akello)
    assert "The other server cannot be reached." in again and "none yet" in again
    assert "无法连接对方服务器。" in text(akello, "/zh/exchange")


def test_another_server_at_the_address_is_not_believed(
    mbale: Site, campus: Site, campus_address: str, desk: Desk
) -> None:
    add_peer(mbale, campus_address, "d" + "a" * 19)
    status, page = now(desk(mbale, "akello"), campus_address)
    assert status == 503 and "This was meant for another server." in page
    assert counts(mbale)[1] > 0


def test_only_known_peers_are_called(mbale: Site, desk: Desk) -> None:
    status, page = now(desk(mbale, "akello"), "http://169.254.169.254")
    assert status == 422 and "This server knows no other server" in page


def test_what_waits_has_an_age(mbale: Site, campus: Site, clock: Clock, desk: Desk) -> None:
    meet(mbale, campus)
    akello = desk(mbale, "akello")
    mbale.record(actor="sakello", intent="event.add", changes=[_event()])
    clock.forward(5 * 24 * 3600 * 1000)
    assert "Waiting 1 · the oldest arrived here 5 days ago" in text(akello)


def _event() -> Change:
    fields = {"title_en": "Forum", "title_zh": "论坛", "day": "2025-11-21", "people": 9, "kind": "forum"}
    return Change("event", "eforum", fields)


def test_a_supervisor_looks_but_carries_nothing(mbale: Site, desk: Desk) -> None:
    nabirye = desk(mbale, "nabirye")
    page = nabirye.get("/en/exchange").text
    assert "bundle.luban" not in page and "Where the records are" in page
    assert nabirye.get("/en/exchange/bundle.luban").status_code == 403
    assert nabirye.get("/en/exchange/receipts.luban").status_code == 403


def test_the_campus_tells_when_a_workshop_last_called(
    mbale: Site, campus: Site, campus_address: str, desk: Desk, clock: Clock
) -> None:
    wang = desk(campus, "wang")
    assert "Last called never" in text(wang)
    add_peer(mbale, campus_address, campus.device)
    now(desk(mbale, "akello"), campus_address)
    clock.forward(2 * 3600 * 1000)
    assert "Last called 2 hours ago" in text(wang)
    assert "Waiting 0" in text(wang)


def test_a_tablets_marks_wait_at_the_workshop_until_the_campus_has_them(
    mbale: Site, campus: Site, tablet: SimulatedTablet
) -> None:
    meet(mbale, campus)
    client = create_app(mbale, TESTING=True).test_client()
    for trainee in ("t01", "t02", "t03"):
        tablet.mark(trainee)
    tablet.exchange(client)
    assert counts(mbale)[1] == 3
    meet(mbale, campus)
    assert counts(mbale)[1] == 0


CODES = [
    "bundle_damaged",
    "bundle_foreign",
    "bundle_too_large",
    "bundle_own",
    "bundle_missing",
    "unreachable",
    "not_ours",
    "wrong_peer",
    "not_enrolled",
    "bad_signature",
    "bad_receipt",
    "chain_gap",
    "chain_mismatch",
    "no_peer",
    "bad_address",
    "wrong_site",
    "unknown_version",
    "bad_message",
    "key_damaged",
    "not_a_site",
    "already_a_site",
    "head_not_signed",
    "bad_key",
]


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_words_in_both_languages(mbale: Site, code: str) -> None:
    chinese = gettext.translation("messages", TRANSLATIONS, ["zh_Hans"])
    words = problems[code]
    for sentence in (words.what, words.safe, words.do):
        assert sentence.endswith(".") and chinese.gettext(sentence) != sentence
