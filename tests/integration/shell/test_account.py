"""One's own password and PIN."""

from flask.testing import FlaskClient

from tests.integration.conftest import PASSWORD, SignIn, csrf_of
from workshop.accounts import passwords
from workshop.accounts.queries import account
from workshop.site import Site

NEW = "rain on the tin roof"


def send(client: FlaskClient, what: str, **fields: str):
    return client.post(f"/en/account/{what}", data={"csrf": csrf_of(client, "/en/account"), **fields})


def test_a_new_password_counts_at_once_and_signs_out_everywhere_else(
    client: FlaskClient, sign_in: SignIn, site: Site
) -> None:
    sign_in()
    other = client.application.test_client()
    other.post(
        "/en/sign-in",
        data={"csrf": csrf_of(other, "/en/sign-in"), "username": "akello", "password": PASSWORD},
    )
    assert other.get("/en/account").status_code == 200
    answer = send(client, "password", password=PASSWORD, new=NEW, again=NEW)
    assert answer.status_code == 303
    assert "The new password is saved" in client.get(answer.location).text
    assert other.get("/en/account").status_code == 303
    stored = account(site.db, "akello")
    assert stored is not None and passwords.is_password(stored.password_hash, NEW)


def test_the_present_password_is_asked_for(client: FlaskClient, sign_in: SignIn, site: Site) -> None:
    sign_in()
    before = account(site.db, "akello")
    assert send(client, "password", password="not this one", new=NEW, again=NEW).status_code == 422
    assert send(client, "pin", password="not this one", pin="719305").status_code == 422
    assert account(site.db, "akello") == before


def test_guessing_at_it_has_to_wait(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    for _try in range(5):
        send(client, "pin", password="not this one", pin="719305")
    answer = send(client, "pin", password=PASSWORD, pin="719305")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"


def test_a_weak_or_mistyped_password_is_refused_with_advice(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    weak = send(client, "password", password=PASSWORD, new="12345678", again="12345678")
    assert weak.status_code == 422 and "too easy to guess" in weak.text
    differs = send(client, "password", password=PASSWORD, new=NEW, again=NEW + "s")
    assert differs.status_code == 422 and "are not the same" in differs.text


def test_a_pin_can_be_changed(client: FlaskClient, sign_in: SignIn, site: Site) -> None:
    sign_in("mukasa")
    assert "You have no PIN yet." in client.get("/en/account").text
    assert send(client, "pin", password=PASSWORD, pin="123456").status_code == 422
    assert send(client, "pin", password=PASSWORD, pin="719305").location == "/en/account?saved=pin"
    stored = account(site.db, "mukasa")
    assert stored is not None and stored.pin_iterations == passwords.PIN_ITERATIONS
    assert "You have a PIN." in client.get("/en/account").text
