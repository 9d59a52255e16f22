"""A form that is not ours is refused, signed in or not."""

import pytest
from flask.testing import FlaskClient

from tests.integration.conftest import PASSWORD, SignIn, csrf_of

FORM = {"username": "akello", "password": PASSWORD}


@pytest.mark.parametrize("token", [None, "", "0" * 40, "ü"])
def test_signing_in_without_our_token_is_refused(client: FlaskClient, token: str | None) -> None:
    csrf_of(client, "/en/sign-in")
    answer = client.post("/en/sign-in", data=FORM if token is None else {**FORM, "csrf": token})
    assert answer.status_code == 400
    assert "load the page again" in answer.text
    assert client.get("/en/account").status_code == 303


def test_a_token_without_its_cookie_is_refused(client: FlaskClient) -> None:
    token = csrf_of(client, "/en/sign-in")
    client.delete_cookie("luban_csrf_mbale")
    assert client.post("/en/sign-in", data={**FORM, "csrf": token}).status_code == 400


def test_a_made_up_cookie_is_refused(client: FlaskClient) -> None:
    """Double submit alone could be beaten by whoever can plant a cookie: ours is signed."""
    token = csrf_of(client, "/en/sign-in")
    client.set_cookie("luban_csrf_mbale", "planted.planted")
    assert client.post("/en/sign-in", data={**FORM, "csrf": token}).status_code == 400


def test_another_persons_token_is_refused(client: FlaskClient, sign_in: SignIn) -> None:
    mallory = client.application.test_client()
    theirs = csrf_of(mallory, "/en/sign-in")
    sign_in()
    assert client.post("/en/sign-out", data={"csrf": theirs}).status_code == 400
    assert client.get("/en/account").status_code == 200


def test_the_token_of_the_session_is_taken_from_the_form_or_the_header(
    client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in()
    token = csrf_of(client, "/en/account")
    assert client.post("/en/account/pin", data={"csrf": token}).status_code == 422
    assert client.post("/en/account/pin", headers={"X-CSRF-Token": token}).status_code == 422


def test_a_form_whose_session_ended_says_so(client: FlaskClient, sign_in: SignIn, clock) -> None:
    sign_in()
    token = csrf_of(client, "/en/account")
    clock.forward(31 * 86_400_000)
    answer = client.post("/en/account/pin", data={"csrf": token})
    assert answer.status_code == 401
    assert "your sign-in has ended" in answer.text


def test_a_token_works_until_the_session_ends(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    token = csrf_of(client, "/en/account")
    assert client.post("/en/sign-out", data={"csrf": token}).status_code == 303
    assert client.post("/en/account/pin", data={"csrf": token}).status_code == 400
