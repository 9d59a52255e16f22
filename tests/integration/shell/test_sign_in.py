"""Signing in and out, sessions, throttling, and where people are sent afterwards."""

import pytest
from flask.testing import FlaskClient

from tests.integration.conftest import PASSWORD, Clock, SignIn, csrf_of
from workshop.accounts import commands
from workshop.site import Site

DAY_MS = 86_400_000


def test_signing_in_leads_to_the_start_page_under_ones_own_name(client: FlaskClient, sign_in: SignIn) -> None:
    answer = sign_in("Akello ", lang="zh")
    assert (answer.status_code, answer.location) == (303, "/zh/")
    assert "阿凯洛" in client.get("/zh/").text
    assert "Akello Grace" in client.get("/en/").text


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(sign_in: SignIn) -> None:
    wrong, unknown = sign_in(password="not this one"), sign_in("mallory")
    assert wrong.status_code == unknown.status_code == 422
    assert "The user name or the password is not right." in wrong.text
    assert wrong.text.replace("akello", "") == unknown.text.replace("mallory", "")


def test_what_was_typed_stays_but_for_the_password(sign_in: SignIn) -> None:
    answer = sign_in('"><b>akello', password="my secret word")
    assert 'value="&#34;&gt;&lt;b&gt;akello"' in answer.text
    assert "my secret word" not in answer.text


def test_a_closed_account_cannot_be_used(client: FlaskClient, sign_in: SignIn, site: Site) -> None:
    sign_in()
    with site.writing() as db:
        commands.set_active(db, "akello", False, site.now())
    assert client.get("/en/account").status_code == 303
    assert sign_in().status_code == 422


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(client: FlaskClient, sign_in: SignIn) -> None:
    plain = next(c for c in sign_in().headers.getlist("Set-Cookie") if c.startswith("luban_session_mbale="))
    assert "HttpOnly" in plain and "SameSite=Lax" in plain and "Max-Age=2592000" in plain
    assert "Secure" not in plain
    other = client.application.test_client()
    token = csrf_of_https(other)
    answer = other.post(
        "https://localhost/en/sign-in", data={"csrf": token, "username": "akello", "password": PASSWORD}
    )
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def csrf_of_https(client: FlaskClient) -> str:
    return csrf_of(client, "https://localhost/en/sign-in")


def test_the_token_itself_is_not_stored(client: FlaskClient, sign_in: SignIn, site: Site) -> None:
    sign_in()
    cookie = client.get_cookie("luban_session_mbale")
    assert cookie is not None
    [row] = site.db.query("select token_hash from local_session")
    assert cookie.value not in row["token_hash"] and len(row["token_hash"]) == 64


def test_a_session_ends_after_thirty_days_without_use(
    client: FlaskClient, sign_in: SignIn, clock: Clock
) -> None:
    sign_in()
    clock.forward(30 * DAY_MS - 1)
    assert client.get("/en/account").status_code == 200
    clock.forward(30 * DAY_MS)
    assert client.get("/en/account").status_code == 303


def test_a_session_in_use_goes_on_and_is_written_once_a_day(
    client: FlaskClient, sign_in: SignIn, clock: Clock
) -> None:
    sign_in()
    for _day in range(40):
        clock.forward(DAY_MS)
        first, second = client.get("/en/account"), client.get("/en/account")
        assert first.status_code == 200
        assert "luban_session_mbale" in str(first.headers.getlist("Set-Cookie"))
        assert "luban_session_mbale" not in str(second.headers.getlist("Set-Cookie"))


def test_signing_out_ends_the_session_and_wipes_nothing_else(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    stolen = client.get_cookie("luban_session_mbale")
    assert stolen is not None
    answer = client.post("/en/sign-out", data={"csrf": csrf_of(client, "/en/account")})
    assert answer.status_code == 303
    assert "Clear-Site-Data" not in answer.headers
    client.set_cookie("luban_session_mbale", stolen.value)
    assert client.get("/en/account").status_code == 303


def test_a_page_says_since_when_it_knows_who_acts(
    client: FlaskClient, sign_in: SignIn, clock: Clock, site: Site
) -> None:
    """A tablet keeps the newer of two pages' word; a page whose cookies were lost in a crash says nothing."""
    assert "data-session" not in client.get("/en/sign-in").text
    sign_in()
    signed_in = clock.now
    page = client.get("/en/account").text
    assert f'data-session="{signed_in}"' in page
    assert (
        'data-actor="sakello" data-actor-name="Akello Grace" data-actor-roles="[&#34;instructor&#34;]"'
        in page
    )
    clock.forward(5000)
    client.post("/en/sign-out", data={"csrf": csrf_of(client, "/en/account")})
    left = client.get("/en/sign-in").text
    assert f'data-session="{signed_in + 5000}"' in left and "data-actor" not in left
    client.delete_cookie("luban_left_mbale")
    assert "data-session" not in client.get("/en/sign-in").text


def test_signing_in_again_makes_a_new_session(client: FlaskClient, sign_in: SignIn, site: Site) -> None:
    """A session that somebody planted before must not become the person's own."""
    client.set_cookie("luban_session_mbale", "planted")
    sign_in()
    cookie = client.get_cookie("luban_session_mbale")
    assert cookie is not None and cookie.value != "planted"
    assert len(list(site.db.query("select * from local_session"))) == 1


def test_five_wrong_tries_are_free_then_waits_grow_and_the_right_password_waits_too(
    sign_in: SignIn, clock: Clock
) -> None:
    for _try in range(5):
        assert sign_in(password="not this one").status_code == 422
    refused = sign_in()
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "30"
    assert "Wait 30 seconds, then try again." in refused.text
    clock.forward(30_000)
    assert sign_in(password="not this one").status_code == 422
    assert "Wait 60 seconds" in sign_in().text
    clock.forward(60_000)
    assert sign_in().status_code == 303


def test_the_wait_is_worded_in_chinese_too(sign_in: SignIn) -> None:
    for _try in range(5):
        sign_in(password="not this one", lang="zh")
    assert "30 秒" in sign_in(lang="zh").text


def test_tries_are_remembered_when_the_server_restarts(site: Site, sign_in: SignIn) -> None:
    for _try in range(5):
        sign_in(password="not this one")
    rows = {row["key"]: row["failures"] for row in site.db.query("select * from local_throttle")}
    assert rows == {"account:akello": 5, "address:127.0.0.1": 5}


def test_another_account_is_not_held_up(sign_in: SignIn) -> None:
    for _try in range(6):
        sign_in(password="not this one")
    assert sign_in("mukasa").status_code == 303


def test_one_sender_who_tries_many_names_has_to_wait(sign_in: SignIn) -> None:
    statuses = [sign_in(f"name{number}").status_code for number in range(31)]
    assert statuses == [422] * 30 + [429]


def test_an_own_account_does_not_pay_for_guessing_at_others(
    sign_in: SignIn, site: Site, client: FlaskClient
) -> None:
    sign_in("name1")
    sign_in("mukasa")
    [row] = site.db.query("select failures from local_throttle where key like 'address:%'")
    assert row["failures"] == 1


@pytest.mark.parametrize("back", ["/en/account", "/zh/account?saved=pin", "/en/"])
def test_people_come_back_to_the_page_they_asked_for(sign_in: SignIn, back: str) -> None:
    assert sign_in(next=back).location == back


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/en/",
        "/\\evil.example",
        "/en/\\..\\evil",
        "javascript:alert(1)",
        "en/account",
        "/static/x",
        "/en/nowhere",
        "/en/sign-out",
        "/en/account\r\nX-Evil: 1",
        "/en//evil.example",
    ],
)
def test_a_way_back_that_is_no_page_of_ours_is_refused(
    client: FlaskClient, sign_in: SignIn, back: str
) -> None:
    assert sign_in(next=back).status_code == 400
    assert client.get("/en/sign-in", query_string={"next": back}).status_code == 400


def test_a_page_for_members_sends_strangers_to_the_sign_in_and_back(
    client: FlaskClient, sign_in: SignIn
) -> None:
    answer = client.get("/zh/account?saved=pin")
    assert (answer.status_code, answer.location) == (303, "/zh/sign-in?next=/zh/account?saved%3Dpin")
    assert 'name="next" value="/zh/account?saved=pin"' in client.get(answer.location).text


def test_scripts_are_told_instead_of_sent(client: FlaskClient) -> None:
    answer = client.get("/en/account", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.json is not None and answer.json["code"] == "signed_out"
