"""Runs a test suite with every log on PostgreSQL: `pytest -p tests.postgres.plugin ...`. Each test has logs of its own.

A site finds its log by the environment, as on a real machine; `{device}` gives each site of a test a schema.
"""

import itertools
from collections.abc import Iterator

import pytest

from tests.postgres_server import Postgres
from tests.sync_world import close_shared

_numbers = itertools.count()


def pytest_configure(config: pytest.Config) -> None:
    # A test that leaves a site as a kill would leaves its connection too.
    config.addinivalue_line("filterwarnings", "ignore:.*psycopg.Connection.*:ResourceWarning")
    config.addinivalue_line("filterwarnings", "ignore::pytest.PytestUnraisableExceptionWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        reason = OWN_FILE.get(getattr(item, "originalname", item.name))
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def running_postgres() -> Iterator[Postgres]:
    made = Postgres()
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture(autouse=True)
def _logs_on_postgres(running_postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    schema = f"t{next(_numbers)}_{{device}}"
    monkeypatch.setenv("LOG_URL", f"{running_postgres.url}?options=-csearch_path%3D{schema}")
    yield
    close_shared()
