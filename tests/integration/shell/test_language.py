"""The language stands in the address; the switch keeps the page."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.conftest import SignIn


@pytest.mark.parametrize(
    ("cookie", "accept", "target"),
    [
        (None, None, "/en/"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "/zh/"),
        (None, "zh-Hans", "/zh/"),
        (None, "sw,en;q=0.5", "/en/"),
        (None, "fr", "/en/"),
        ("zh", "en", "/zh/"),
        ("en", "zh-CN", "/en/"),
        ("xx", "zh-CN", "/zh/"),
    ],
)
def test_the_root_leads_by_cookie_then_by_the_browser(
    app: Flask, cookie: str | None, accept: str | None, target: str
) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("lang", cookie)
    answer = client.get("/", headers={"Accept-Language": accept} if accept else {})
    assert (answer.status_code, answer.location) == (303, target)
    assert {"accept-language", "cookie"} <= {name.lower() for name in answer.vary}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("page", "other", "name"),
    [
        ("/en/account?saved=pin&x=%E4%B8%AD", "/zh/account?saved=pin&amp;x=%E4%B8%AD", "中文"),
        ("/zh/account", "/en/account", "English"),
        ("/zh/", "/en/", "English"),
    ],
)
def test_the_switch_keeps_page_and_query(
    client: FlaskClient, sign_in: SignIn, page: str, other: str, name: str
) -> None:
    sign_in()
    text = client.get(page).text
    [link] = re.findall(r"<a [^>]*data-lang-switch[^>]*>[^<]*</a>", text)
    assert f'href="{other}"' in link
    assert f">{name}</a>" in link
    assert 'lang="zh-Hans"' in link if name == "中文" else 'lang="en"' in link


def test_pages_name_their_language_and_speak_it(client: FlaskClient) -> None:
    english, chinese = client.get("/en/sign-in").text, client.get("/zh/sign-in").text
    assert '<html lang="en">' in english and "<h1>Sign in</h1>" in english
    assert '<html lang="zh-Hans">' in chinese and "<h1>登录</h1>" in chinese


def test_links_and_forms_stay_in_the_language(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(lang="zh")
    text = client.get("/zh/account").text
    addresses = re.findall(r'(?:href|action)="(/[a-z]{2}/[^"]*)"', text)
    assert addresses
    assert [each for each in addresses if not each.startswith("/zh/")] == ["/en/account"]


def test_opening_a_page_is_remembered_as_the_language_of_choice(client: FlaskClient) -> None:
    client.get("/zh/sign-in")
    assert client.get("/").location == "/zh/"
    client.get("/en/sign-in", headers={"Sec-Fetch-Mode": "navigate"})
    assert client.get("/").location == "/en/"


@pytest.mark.parametrize(
    "header", [{"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "same-origin"}, {"HX-Request": "true"}]
)
def test_fetching_the_other_language_for_later_changes_nothing(
    client: FlaskClient, header: dict[str, str]
) -> None:
    client.get("/en/sign-in")
    answer = client.get("/zh/sign-in", headers=header)
    assert "lang=" not in [cookie[:5] for cookie in answer.headers.getlist("Set-Cookie")]
    assert client.get("/").location == "/en/"
