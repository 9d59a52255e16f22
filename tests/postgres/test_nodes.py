"""Several nodes on one log: what one has written the others have; nothing is lost, doubled or left out."""

import sqlite3
import threading
from pathlib import Path

import pytest

from sync.errors import StoreError
from tests.integration.conftest import PASSWORD, Clock, csrf_of
from tests.postgres.conftest import AddNode, add_person, people
from tests.postgres_server import Postgres
from workshop.factory import create_app
from workshop.folder import DATABASE
from workshop.growing import join_log
from workshop.logs import AWAY_MS
from workshop.site import Site

NODE_WRITES = 40


def assert_same(*nodes: Site) -> None:
    """The same ops under the same numbers, and the same tables, which are what the log says."""
    found = set()
    for site in nodes:
        site.catch_up()
        assert not site.log_away
        numbers = tuple(site.db.execute("select n, chain, seq, link from op_log order by n").fetchall())
        assert [row[0] for row in numbers] == list(range(1, len(numbers) + 1))
        before, after = site.node.rebuild()
        assert before == after
        found.add((site.node.epoch, numbers, after))
    assert len(found) == 1


def test_what_one_node_writes_the_other_has(moved: Site, add_node: AddNode) -> None:
    two = add_node("two")
    add_person(moved, "sokot")
    two.catch_up()
    assert "sokot" in people(two)
    add_person(two, "snandutu")
    moved.catch_up()
    assert {"sokot", "snandutu"} <= people(moved)
    assert_same(moved, two)


def test_a_node_that_has_not_looked_still_writes_the_next_number(moved: Site, add_node: AddNode) -> None:
    two = add_node("two")
    for number in range(5):
        add_person(moved, f"a{number}")
        add_person(two, f"b{number}")
    assert_same(moved, two)
    assert moved.db.execute("select count(*) from op_chain where parent is not null").fetchone()[0] == 0


def test_two_nodes_writing_at_once_leave_no_gap_and_no_double(moved: Site, add_node: AddNode) -> None:
    nodes, failed = [moved, add_node("two"), add_node("three")], list[BaseException]()

    def write(site: Site, name: str) -> None:
        try:
            for number in range(NODE_WRITES):
                add_person(site, f"{name}{number}")
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=write, args=(site, "abc"[n])) for n, site in enumerate(nodes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert_same(*nodes)
    assert {f"{name}{number}" for name in "abc" for number in range(NODE_WRITES)} <= people(moved)


def test_signed_in_on_one_node_is_signed_in_on_the_other(moved: Site, add_node: AddNode) -> None:
    """Session, account and the secret of the forms are the same; a form from one node is taken by the other."""
    one, two = (create_app(site, TESTING=True).test_client() for site in (moved, add_node("two")))
    form = {"csrf": csrf_of(one, "/en/sign-in"), "username": "wang", "password": PASSWORD}
    cookie = one.get_cookie("luban_csrf_tianjin")
    assert cookie is not None
    two.set_cookie("luban_csrf_tianjin", cookie.value)
    assert two.post("/en/sign-in", data=form).status_code == 303
    session = two.get_cookie("luban_session_tianjin")
    assert session is not None
    one.set_cookie("luban_session_tianjin", session.value)
    assert "Wang Lihua" in one.get("/en/").text
    token = csrf_of(one, "/en/account")
    assert two.post("/en/sign-out", data={"csrf": token}).status_code == 303
    assert "Wang Lihua" not in one.get("/en/").text


def test_an_erased_body_is_gone_at_every_node(moved: Site, add_node: AddNode) -> None:
    two = add_node("two")
    op = add_person(moved, "sokot")
    two.catch_up()
    with moved.locked() as node:
        assert node.erase(op)
    assert_same(moved, two)
    assert two.db.execute("select count(*) from op_log where body is null").fetchone()[0] == 1
    assert "sokot" not in people(two)


def test_a_node_whose_file_is_lost_is_made_anew_from_the_log(
    moved: Site, clock: Clock, tmp_path: Path
) -> None:
    join_log(moved.folder, tmp_path / "two")
    two = Site(tmp_path / "two", clock)
    add_person(two, "sokot")
    two.close()
    for path in two.folder.glob(DATABASE + "*"):
        path.unlink()
    again = Site(two.folder, clock)
    assert "sokot" in people(again)
    assert_same(moved, again)
    again.close()


def test_without_postgresql_pages_are_read_and_nothing_is_acknowledged(
    moved: Site, add_node: AddNode, clock: Clock, postgres: Postgres
) -> None:
    two = add_node("two")
    client = create_app(moved, TESTING=True).test_client()
    add_person(moved, "sokot")
    postgres.stop()
    try:
        page = client.get("/zh/sign-in")
        assert page.status_code == 200 and "数据库" in page.text
        with pytest.raises(StoreError, match="log_away"):
            add_person(moved, "slost")
        form = {"csrf": csrf_of(client, "/en/sign-in"), "username": "wang", "password": "wrong"}
        refused = client.post("/en/sign-in", data=form)
        assert refused.status_code == 503 and "Nothing was stored" in refused.text
        assert client.post("/sync/v1/exchange", data=b"").status_code in (400, 403)
        other = Site(two.folder, clock)  # a node can also be started meanwhile, to be read
        assert "swang" in people(other)
        other.close()
    finally:
        postgres.start()
    clock.forward(AWAY_MS)
    add_person(moved, "safter")
    two.catch_up()
    assert "slost" not in people(moved) and {"sokot", "safter"} <= people(two)
    assert_same(moved, two)


def test_a_bundle_of_rows_with_odd_signs_passes(moved: Site, add_node: AddNode) -> None:
    """A zero byte is a sign like any other to SQLite; PostgreSQL takes it in no text."""
    two = add_node("two")
    with moved.writing() as db:
        db.execute("insert into local_setting values (?, ?)", ("odd\x00'\"", '"\x00\ud7ff"'))
        db.execute("update local_account set username = 'wanglihua' where username = 'wang'")
    two.catch_up()
    rows = two.db.execute("select name, value from local_setting where name like 'odd%'").fetchall()
    assert rows == [("odd\x00'\"", '"\x00\ud7ff"')]
    assert two.db.execute("select username from local_account").fetchall() == [("wanglihua",)]


def test_a_failed_transaction_leaves_nothing_in_the_log(moved: Site, add_node: AddNode) -> None:
    two = add_node("two")
    with pytest.raises(sqlite3.IntegrityError), moved.writing() as db:
        add_person(moved, "sokot")
        db.execute("insert into local_peer (address) values (null)")
    assert_same(moved, two)
    assert "sokot" not in people(two)
    add_person(moved, "safter")
    assert_same(moved, two)


def test_only_one_node_does_the_chores(moved: Site, add_node: AddNode, clock: Clock, tmp_path: Path) -> None:
    join_log(moved.folder, tmp_path / "first")
    first, second = Site(tmp_path / "first", clock), add_node("second")
    assert first.leads() and not second.leads() and first.leads()
    first.close()
    assert second.leads()
