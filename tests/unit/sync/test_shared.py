"""What a shared log is made of, as far as it can be said without a PostgreSQL."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from sync.errors import StoreError
from sync.postgres import KEYS, TYPED
from sync.replica import make_tables
from sync.schema import migrations
from sync.shared import FIRST, PRIVATE, shared_tables
from workshop.logs import bare, log_url, open_log
from workshop.site import Site

KINDS = {"INTEGER": "bigint", "TEXT": "text", "BLOB": "bytea"}


def test_both_stores_have_the_same_columns_and_keys() -> None:
    """A migration of the log's tables needs its twin for PostgreSQL. A body is bytes there: PostgreSQL takes no zero in a text."""
    db = Database(memory=True)
    migrations.apply(db)
    make_tables(db.conn)
    assert set(FIRST) == set(TYPED)
    for table in shared_tables(db.conn):
        if table.name in TYPED:
            rows = db.execute("select name, type from pragma_table_info(?)", (table.name,)).fetchall()
            kinds = {name: KINDS[kind.upper()] for name, kind in rows} | (
                {"body": "bytea"} if table.name == "op_log" else {}
            )
            assert kinds == TYPED[table.name]
            assert ", ".join(table.key) == KEYS[table.name]


def test_every_table_of_a_site_can_be_shared_but_the_one_that_says_where_it_stands(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "mbale", "mbale", "workshop")
    names = [table.name for table in shared_tables(site.node.db.conn)]
    there = site.db.execute(
        "select name from sqlite_schema where type = 'table' and name like 'local%'"
    ).fetchall()
    assert {name for (name,) in there} - set(names) == {PRIVATE}
    assert names[: len(FIRST)] == list(FIRST)
    site.close()


def test_a_site_without_a_shared_log_has_no_triggers_and_needs_no_psycopg(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pathlib import Path; from workshop.site import Site; import workshop.growing, sync.postgres\n"
        f"site = Site.create(Path({str(tmp_path / 'mbale')!r}), 'mbale', 'workshop'); site.set_setting('x', 1)\n"
        "print(site.node.db.execute('select count(*) from sqlite_temp_schema').fetchone()[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr


def test_an_address_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        bare("postgresql://luban:secret@db.example/luban?options=x") == "postgresql://luban@db.example/luban"
    )
    assert bare("postgresql://db.example/luban") == "postgresql://db.example/luban"
    monkeypatch.setenv("LOG_URL", "postgresql://db/{device}")
    assert log_url({"log_url": "postgresql://other/x"}, "abc") == "postgresql://db/abc"
    monkeypatch.delenv("LOG_URL")
    assert log_url({"log_url": "postgresql://other/x"}, "abc") == "postgresql://other/x"
    assert log_url({}, "abc") is None
    with pytest.raises(StoreError, match="log_unknown"):
        open_log("mysql://db/x")
