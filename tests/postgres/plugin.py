"""Runs a test suite with every log on PostgreSQL: `pytest -p tests.postgres.plugin ...`. Each test has logs of its own.

A site finds its log by the environment, as on a real machine; `{device}` gives each site of a test a schema.
"""

import itertools
from collections.abc import Iterator

import pytest

from tests.postgres_server import Postgres
from tests.sync_world import close_shared

OLDER_COPY = "puts an older copy of a site's file back: with a shared log that is a node which catches up"
RESTORED = "opens a restored site, whose log is its own file, while the environment names a shared one"
DAMAGE = "takes rows out of the log's tables by hand"
MEMORY = "bounds the memory of a store of its own; what psycopg needs to send some rows comes on top of that"
OWN_FILE = {
    "test_neither_side_holds_the_whole_in_memory": MEMORY,
    "test_a_restored_workshop_begins_an_epoch_and_loses_nothing": OLDER_COPY,
    "test_a_restored_campus_is_filled_again_by_its_workshop": OLDER_COPY,
    "test_what_was_saved_is_there_again": RESTORED,
    "test_what_was_sent_after_the_backup_comes_back_and_no_number_is_used_twice": RESTORED,
    "test_a_restored_server_takes_its_own_old_file_back": RESTORED,
    "test_receipts_that_were_missed_come_without_new_ops": DAMAGE,
    "test_a_failed_write_leaves_the_old_file_and_no_other": DAMAGE,
    "test_a_site_without_a_shared_log_has_no_triggers_and_needs_no_psycopg": "it is about a site without a shared log",
    "test_a_new_key_after_a_loss_takes_the_old_ones_place": "a node fetches a lost key from another node instead",
}
"""Tests that mean something only for a log in the site's own file, and why."""

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
