"""Everything that goes wrong is told in the person's language: what happened, what is safe, what to do. Nothing of the inside."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from flask.testing import FlaskClient

from sync.errors import AdmissionError
from tests.integration.conftest import SignIn
from workshop.factory import create_app
from workshop.i18n import PREFIX
from workshop.problems import SHELL, Problem, Words, catalogue
from workshop.site import Site
from workshop.web import limit_body, require


def fail(error: Exception | int) -> Callable[[], Any]:
    def view() -> Any:
        if isinstance(error, int):
            abort(error)
        raise error

    return view


@pytest.fixture
def app(site: Site) -> Flask:
    made = create_app(site)
    probe = Blueprint("probe", __name__)
    probe.add_url_rule("/broken", "broken", fail(ZeroDivisionError("a secret of the inside")))
    probe.add_url_rule("/many", "many", fail(Problem("too_many", 429, wait_ms=61_000)))
    probe.add_url_rule("/unknown", "unknown", fail(Problem("never_worded", 409)))
    probe.add_url_rule("/refused", "refused", fail(AdmissionError("role_missing", type="attendance")))
    probe.add_url_rule("/forbidden", "forbidden", require("admin")(lambda: "secret"))
    probe.add_url_rule("/abort", "abort", fail(403))
    probe.add_url_rule("/small", "small", limit_body(100)(lambda: "taken"), methods=["POST"])
    probe.add_url_rule("/large", "large", lambda: "taken", methods=["POST"])
    made.register_blueprint(probe, url_prefix=PREFIX)
    return made


@pytest.mark.parametrize(
    ("url", "status", "english", "chinese"),
    [
        ("/nowhere", 404, "There is no page at this address.", "这个地址没有对应的页面。"),
        ("/sign-out", 405, "This address cannot be opened in this way.", "这个地址不能这样打开。"),
        ("/abort", 403, "Your role does not allow this.", "您的角色没有这项权限。"),
        ("/many", 429, "Too many requests came in a short time.", "短时间内的请求太多。"),
        ("/broken", 500, "The server made a mistake.", "服务器出错了。"),
        ("/refused", 422, "Your role does not allow this record.", "您的角色无权填写这条记录。"),
        ("/unknown", 409, "The record was not accepted.", "这条记录没有被接受。"),
        ("/sign-in?next=//evil.example", 400, "a page that is not ours", "不属于本系统的页面"),
    ],
)
def test_a_problem_is_a_page_in_both_languages(
    client: FlaskClient, url: str, status: int, english: str, chinese: str
) -> None:
    for lang, words in (("en", english), ("zh", chinese)):
        answer = client.get(f"/{lang}{url}")
        assert answer.status_code == status
        assert words in answer.text
        assert f'href="/{lang}/"' in answer.text
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_safe_and_what_to_do_are_said(client: FlaskClient) -> None:
    text = client.get("/en/broken").text
    assert "Everything saved before is still here." in text
    assert "tell the administrator" in text


def test_nothing_of_the_inside_is_shown(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = client.get("/en/broken")
    assert (
        "secret" not in answer.text and "Traceback" not in answer.text and "ZeroDivision" not in answer.text
    )
    assert "a secret of the inside" in caplog.text  # but it is kept in the log


def test_a_broken_page_needs_no_database(
    client: FlaskClient, sign_in: SignIn, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in()
    monkeypatch.setattr(Site, "db", property(fail(OSError("disk"))))
    answer = client.get("/zh/account")
    assert answer.status_code == 500
    assert "服务器出错了" in answer.text


def test_an_address_without_a_language_uses_the_browsers(client: FlaskClient) -> None:
    assert "没有对应的页面" in client.get("/nowhere", headers={"Accept-Language": "zh-CN"}).text


def test_a_role_that_is_missing_is_refused_and_a_stranger_signs_in_first(
    client: FlaskClient, sign_in: SignIn
) -> None:
    assert client.get("/en/forbidden").status_code == 303
    sign_in("akello")
    assert client.get("/en/forbidden").status_code == 403
    other = client.application.test_client()
    assert other.get("/en/forbidden").location == "/en/sign-in?next=/en/forbidden"


def test_the_right_role_is_let_in(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in("mukasa")
    assert client.get("/en/forbidden").text == "secret"


@pytest.mark.parametrize("length", [101, 20_000_000])
def test_a_body_over_the_routes_limit_is_refused_before_it_is_read(client: FlaskClient, length: int) -> None:
    answer = client.post("/en/small", data={"a": "b"}, environ_overrides={"CONTENT_LENGTH": str(length)})
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_a_form_over_sixteen_mebibytes_is_refused(client: FlaskClient) -> None:
    length = str(17 * 1024 * 1024)
    answer = client.post("/zh/large", data={"a": "b"}, environ_overrides={"CONTENT_LENGTH": length})
    assert answer.status_code == 413
    assert "太大" in answer.text


def test_waiting_is_told_to_programs_too(client: FlaskClient) -> None:
    answer = client.get("/en/many", headers={"Accept": "application/json"})
    assert answer.headers["Retry-After"] == "61"
    assert answer.json == {
        "code": "too_many",
        "what": "Too many requests came in a short time.",
        "safe": "Nothing was changed. Everything saved before is still here.",
        "do": "Wait a minute, then try again.",
        "data": {"wait_ms": 61_000},
    }


def test_htmx_gets_words_as_data(client: FlaskClient) -> None:
    answer = client.get("/zh/unknown", headers={"HX-Request": "true", "Accept": "*/*"})
    assert answer.json is not None
    assert answer.json["what"] == "这条记录没有被接受。"


def test_405_names_what_is_possible(client: FlaskClient) -> None:
    assert client.get("/en/sign-out").headers["Allow"].replace(" ", "") in {"POST,OPTIONS", "OPTIONS,POST"}


def test_without_a_site_the_server_says_so() -> None:
    client = create_app(None).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/en/account/")
    assert answer.status_code == 404
    answer = client.get("/zh/sign-in", headers={"X-Probe": "1"})
    assert answer.status_code == 200
    token = answer.text.split('name="csrf" value="')[1].split('"')[0]
    answer = client.post("/zh/sign-in", data={"csrf": token, "username": "a", "password": "b"})
    assert answer.status_code == 503
    assert "还没有完成设置" in answer.text


def test_a_code_has_one_meaning() -> None:
    mine = {"not_found": Words("a", "b", "c")}
    with pytest.raises(ValueError, match="not_found"):
        catalogue([mine])
    assert catalogue([{"mine": mine["not_found"]}]).keys() == SHELL.keys() | {"mine"}
