"""Moving a log to PostgreSQL and back, adding a node, and a database that was put back from an older copy."""

import json
import shutil
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from sync.errors import StoreError
from tests.integration.conftest import Clock
from tests.postgres.conftest import AddNode, add_person, people, plain_site
from workshop.cli import main
from workshop.growing import move_to_postgres
from workshop.site import Site
from workshop.verify import verify_site


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(folder), *words])


def told(folder: Path, *words: str) -> dict[str, object]:
    answer = run(folder, *words, "--format", "json")
    assert answer.exit_code == 0, answer.output
    return dict(json.loads(answer.output))


def everything(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """All enduring rows, and the state of the derived ones."""
    names = site.db.execute(
        "select name from sqlite_schema where type = 'table' and (name like 'op\\_%' escape '\\' or name like 'local\\_%' escape '\\')"
        " and name <> 'local_replica' order by name"
    ).fetchall()
    found = {name: sorted(site.db.execute(f"select * from {name}").fetchall(), key=repr) for (name,) in names}
    return {**found, "state": [(site.node.model.state_hash(),)]}


def test_there_and_back_nothing_has_changed(tmp_path: Path, clock: Clock, url: str) -> None:
    site = plain_site(tmp_path / "one", clock)
    for number in range(30):
        add_person(site, f"s{number}")
    before, vector = everything(site), site.node.log.vector(["common"])
    site.close()
    assert told(site.folder, "log", "move", "--to", url)["ops"] == len(before["op_log"])
    assert told(site.folder, "log", "status")["reached"] is True
    assert run(tmp_path / "two", "log", "join", "--from", str(site.folder)).exit_code == 0
    for folder in (site.folder, tmp_path / "two"):
        node = Site(folder, clock)
        assert everything(node) == before
        assert node.node.log.vector(["common"]) == vector
        assert verify_site(node.node).faults == []
        node.close()
    two = Site(tmp_path / "two", clock)
    add_person(two, "slater")
    after = everything(two)
    two.close()
    assert run(site.folder, "log", "move", "--to", "file").exit_code == 0
    back = Site(site.folder, clock)
    assert everything(back) == after and back.log_url is None
    add_person(back, "salone")
    back.close()
    with pytest.raises(StoreError, match="log_closed"):
        Site(tmp_path / "two", clock)


def test_a_move_that_was_broken_off_is_ended_by_the_same_command(
    tmp_path: Path, clock: Clock, url: str
) -> None:
    site = plain_site(tmp_path / "one", clock)
    before = everything(site)
    site.close()
    copy = shutil.copytree(site.folder, tmp_path / "copy")
    move_to_postgres(site.folder, url)
    assert "log_url" not in json.loads((copy / "site.json").read_text())
    move_to_postgres(copy, url)  # as if the first had died after its commit
    again = Site(copy, clock)
    assert everything(again) == before
    again.close()


def test_a_folder_that_has_more_than_the_log_is_not_taken_for_moved(
    tmp_path: Path, clock: Clock, url: str
) -> None:
    site = plain_site(tmp_path / "one", clock)
    site.close()
    copy = shutil.copytree(site.folder, tmp_path / "copy")
    move_to_postgres(site.folder, url)
    alone = Site(copy, clock)
    add_person(alone, "sokot")
    alone.close()
    with pytest.raises(StoreError, match="log_differs"):
        move_to_postgres(copy, url)


def test_a_server_that_still_runs_does_not_write_beside_the_moved_log(
    tmp_path: Path, clock: Clock, url: str
) -> None:
    running = plain_site(tmp_path / "one", clock)
    move_to_postgres(running.folder, url)
    with pytest.raises(StoreError, match="log_elsewhere"):
        add_person(running, "sokot")
    running.close()


def test_two_sites_cannot_share_a_log(moved: Site, tmp_path: Path, clock: Clock, url: str) -> None:
    other = plain_site(tmp_path / "other", clock)
    other.close()
    with pytest.raises(StoreError, match="log_of_another_site"):
        move_to_postgres(other.folder, url)
    assert run(tmp_path / "new", "log", "join", "--from", str(other.folder)).exit_code == 1


def test_an_address_without_its_log_is_refused(
    moved: Site, monkeypatch: pytest.MonkeyPatch, url: str, clock: Clock
) -> None:
    monkeypatch.setenv("LOG_URL", url.replace("search_path%3D", "search_path%3Dwrong_"))
    with pytest.raises(StoreError, match="log_missing"):
        Site(moved.folder, clock)


def test_a_database_put_back_from_an_older_copy_is_filled_by_the_node_that_has_more(
    moved: Site, add_node: AddNode, clock: Clock, url: str, tmp_path: Path
) -> None:
    two = add_node("two")
    add_person(moved, "sbefore")
    schema = url.partition("search_path%3D")[2]
    with psycopg.connect(url, autocommit=True) as database:
        older = _dumped(database)
        add_person(moved, "slost")
        add_person(moved, "slost2")
        _put_back(database, older)
    assert schema
    moved.catch_up()
    assert moved.log_away, "it is told on every page"
    with pytest.raises(StoreError, match="log_behind"):
        add_person(moved, "srefused")
    add_person(two, "sother")  # a node that knew no better goes on: the two have parted
    life = moved.node.epoch
    done = told(moved.folder, "log", "push")
    assert done["ops"] == 2 and done["epoch"] != life
    again = Site(moved.folder, clock)
    two.catch_up()
    for site in (again, two):
        assert {"sbefore", "slost", "slost2", "sother"} <= people(site)
        assert verify_site(site.node).faults == []
    assert again.node.model.state_hash() == two.node.model.state_hash()
    add_person(again, "safter")
    again.close()


def _dumped(database: "psycopg.Connection[tuple[object, ...]]") -> dict[str, list[tuple[object, ...]]]:
    names = database.execute("select tablename from pg_tables where schemaname = current_schema()").fetchall()
    return {str(name): database.execute(f"select * from {name}").fetchall() for (name,) in names}  # type: ignore[arg-type]


def _put_back(
    database: "psycopg.Connection[tuple[object, ...]]", older: dict[str, list[tuple[object, ...]]]
) -> None:
    with database.transaction():
        for name, rows in older.items():
            database.execute(f"delete from {name}")  # type: ignore[arg-type]
            for row in rows:
                database.execute(f"insert into {name} values ({', '.join(['%s'] * len(row))})", row)  # type: ignore[arg-type]


def test_a_nodes_backup_is_a_whole_site_when_postgresql_is_lost(
    moved: Site, tmp_path: Path, clock: Clock
) -> None:
    """It holds the log too: put back, the site works by itself, in a new epoch, and the running nodes know nothing of it."""
    add_person(moved, "sokot")
    path, life = tmp_path / "node.tar", moved.node.epoch
    assert run(moved.folder, "backup", str(path)).exit_code == 0
    assert told(tmp_path / "none", "restore", str(path), "--check")["epoch"] is None
    assert told(tmp_path / "back", "restore", str(path))["epoch"] != life
    back = Site(tmp_path / "back", clock)
    assert "sokot" in people(back) and back.log_url is None
    add_person(back, "salone")
    back.close()
    moved.catch_up()
    assert "salone" not in people(moved) and moved.node.epoch == life
