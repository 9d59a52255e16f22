"""Pages: kept but asked after, packed, parts never kept, and all of it usable without a script."""

import gzip
import re
from html.parser import HTMLParser

import pytest
from flask import Blueprint, Flask, Response
from flask.testing import FlaskClient

from tests.integration.conftest import SignIn
from workshop.factory import create_app
from workshop.i18n import PREFIX
from workshop.site import Site
from workshop.web import render

PAGES = ["/en/", "/zh/", "/en/sign-in", "/zh/sign-in", "/en/account", "/zh/account", "/en/nowhere"]


@pytest.fixture
def app(site: Site) -> Flask:
    made = create_app(site, TESTING=True, DEMO=True)
    probe = Blueprint("probe", __name__)

    @probe.get("/part")
    def part() -> Response:
        words = {"problem": True, "what": "What", "safe": "Safe", "do": "Do", "username": "", "back": None}
        return render("accounts/sign_in.html", fragment="accounts/_problem.html", htmx=True, **words)

    made.register_blueprint(probe, url_prefix=PREFIX)
    return made


def test_an_unchanged_page_costs_nothing(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    first = client.get("/en/account")
    assert first.headers["Cache-Control"] == "private, no-cache"
    tag = first.headers["ETag"]
    again = client.get("/en/account", headers={"If-None-Match": tag, "Accept-Encoding": "gzip"})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["X-Luban"] == "1"
    assert client.get("/zh/account", headers={"If-None-Match": tag}).status_code == 200


def test_another_persons_page_is_another_page(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in("akello")
    tag = client.get("/en/account").headers["ETag"]
    other = client.application.test_client()
    assert other.get("/en/account", headers={"If-None-Match": tag}).status_code == 303


def test_pages_are_packed_for_those_who_can_unpack(client: FlaskClient) -> None:
    plain, packed = client.get("/en/"), client.get("/en/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert {"Accept-Encoding", "HX-Request"} <= set(packed.vary)
    refused = client.get("/en/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_a_part_is_never_kept_and_never_taken_for_the_page(client: FlaskClient) -> None:
    part = client.get("/en/part", headers={"HX-Request": "true"})
    assert "<html" not in part.text and "What" in part.text
    assert part.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in part.vary and "ETag" not in part.headers
    for more in ({"HX-History-Restore-Request": "true"}, {"HX-Boosted": "true"}, {"HX-Request": "false"}):
        assert "<html" in client.get("/en/part", headers={"HX-Request": "true", **more}).text


def test_htmx_is_loaded_only_where_it_is_asked_for_and_tamed(client: FlaskClient) -> None:
    assert "htmx" not in client.get("/en/sign-in").text
    text = client.get("/en/part").text
    assert "vendor/htmx@2.0.11/htmx.min.js" in text
    config = re.search(r"name=\"htmx-config\" content='([^']+)'", text)
    assert config and config[1] == (
        '{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,"timeout":10000}'
    )


def test_answers_to_forms_are_not_kept(sign_in: SignIn) -> None:
    assert sign_in(password="not this one").headers["Cache-Control"] == "no-store"
    assert sign_in().headers["Cache-Control"] == "no-store"


class Reader(HTMLParser):
    """Collects what a strict policy forbids, and what a page without scripts needs."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []
        self.buttons_outside: int = 0
        self.ids: list[str] = []
        self.tags: list[str] = []
        self._in_form = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.forbidden += [
            f"{tag} {name}" for name in given if name.startswith("on") or name in ("style", "hx-on")
        ]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)
        self._in_form += tag == "form"
        self.buttons_outside += tag == "button" and not self._in_form and "popovertarget" not in given

    def handle_endtag(self, tag: str) -> None:
        self._in_form -= tag == "form"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_nothing_inline_and_needs_no_script(
    client: FlaskClient, sign_in: SignIn, page: str
) -> None:
    if page.endswith("account"):
        sign_in()
    text = client.get(page).text
    reader = Reader()
    reader.feed(text)
    assert reader.forbidden == []
    assert reader.buttons_outside == 0
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.tags.count("h1") == 1
    assert {"header", "main"} <= set(reader.tags)
    assert 'id="content"' in text and 'id="status-strip"' in text


def test_a_demonstration_is_labelled_on_every_page(client: FlaskClient, site: Site) -> None:
    for page in PAGES:
        text = client.get(page, follow_redirects=True).text
        assert "Demonstration: invented people" in text or "演示：人物均为虚构" in text
    assert "Demonstration" not in create_app(site).test_client().get("/en/").text
