"""What every answer of ours carries."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; media-src 'self' blob:"
)


def plain_gets(app: Flask) -> list[str]:
    """The address of every route that can be opened without knowing an id."""
    adapter = app.url_map.bind("localhost")
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    plain = [rule for rule in rules if rule.arguments <= {"lang"}]
    return [adapter.build(rule.endpoint, {"lang": "en"} if rule.arguments else {}) for rule in plain]


def test_every_route_carries_the_headers(app: Flask, client: FlaskClient) -> None:
    urls = plain_gets(app)
    assert {"/", "/en/", "/en/sign-in", "/en/account", "/healthz"} <= set(urls)
    for url in urls:
        answer = client.get(url)
        assert answer.headers["X-Luban"] == "1", url
        assert answer.headers["Content-Security-Policy"] == CSP, url
        assert answer.headers["X-Content-Type-Options"] == "nosniff", url
        assert answer.headers["Referrer-Policy"] == "same-origin", url
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", url
        assert answer.headers["Permissions-Policy"].startswith("camera=(self)"), url
        assert "Cache-Control" in answer.headers, url


@pytest.mark.parametrize("url", ["/en/nowhere", "/nowhere", "/static/0/x.css", "/en/sign-out"])
def test_errors_carry_them_too(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    assert answer.status_code in {404, 405}
    assert answer.headers["X-Luban"] == "1"
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_answer_opens_itself_to_other_sites(client: FlaskClient) -> None:
    answer = client.get("/en/sign-in", headers={"Origin": "https://elsewhere.example"})
    assert not [name for name, _value in answer.headers if name.lower().startswith("access-control")]


def test_the_health_check_is_tiny_and_needs_no_site(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, "ok\n", "no-store")


def test_an_answer_to_a_program_carries_only_what_a_program_needs(client: FlaskClient) -> None:
    """On a poor line each contact pays for every header; none of the left out ones means anything where nothing is shown."""
    answer = client.post("/sync/v1/exchange", data=b"no message")
    needed = {
        "Luban-Code",
        "X-Luban",
        "X-Content-Type-Options",
        "Cache-Control",
        "Content-Type",
        "Content-Length",
    }
    assert answer.status_code == 400
    assert set(answer.headers.keys()) <= needed | {"Vary"}
    assert answer.headers["X-Luban"] == "1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
