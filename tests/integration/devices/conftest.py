"""Tablets for tests of devices, and forms as the administrator's browser sends them."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.integration.conftest import NOON_MS, SignIn, csrf_of
from tests.integration.simulated import SimulatedTablet
from workshop.site import Site

Post = Callable[..., TestResponse]


@pytest.fixture
def tablet() -> SimulatedTablet:
    return SimulatedTablet(1, wall=NOON_MS)


@pytest.fixture
def other() -> SimulatedTablet:
    return SimulatedTablet(2, wall=NOON_MS)


@pytest.fixture
def admin(client: FlaskClient, sign_in: SignIn) -> Post:
    """`admin("approve", device=..., code=...)`: a form of the page Devices, as Mukasa sends it."""
    sign_in("mukasa")

    def act(form: str, lang: str = "en", **fields: str) -> TestResponse:
        token = csrf_of(client, f"/{lang}/account")
        return client.post(f"/{lang}/devices/{form}", data={"csrf": token, **fields})

    return act


def marked(site: Site) -> list[str]:
    """The trainees with a mark that counts."""
    rows = site.db.execute("select trainee_id from rm_attendance order by 1")
    return [row[0] for row in rows]
