"""Each device writes its own acts into a log of its own; merged, the logs give the report's totals and exactly the planned conflicts."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlite_utils import Database

from sync import Change, Draft, Header, Node, PrivateKey
from workshop.demo.year import Year
from workshop.registry import REGISTRY

PARTS = ["common", "mbale"]
TOTALS = """
    select c.category, count(*) from rm_enrolment e join rm_training_class c on c.part = e.part and c.id = e.class_id
    where c.kind = 'training' and 2 * (
        select count(*) from rm_attendance a
        where a.part = e.part and a.class_id = e.class_id and a.trainee_id = e.trainee_id and a.status in ('present', 'late')
    ) >= (select count(*) from rm_session s where s.part = e.part and s.class_id = e.class_id and s.state = 'held')
    group by 1
"""


class AnybodyMay:
    """Admission is tested elsewhere; here every op counts."""

    basis: frozenset[str] = frozenset()

    def check(self, header: Header, changes: Sequence[Change]) -> None:
        pass

    def refresh(self) -> None:
        pass


@pytest.fixture(scope="module")
def merged(year: Year, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    folder, now = tmp_path_factory.mktemp("keys"), [0]

    def node(name: str) -> Node:
        database = Database(sqlite3.connect(":memory:", isolation_level=None))
        key = PrivateKey.load_or_create(Path(folder) / name)
        return Node(database, key, "tablet", REGISTRY, AnybodyMay(), lambda: now[0])

    nodes = {one.name: node(one.name) for one in year.devices}
    made: dict[int, str] = {}
    for act in year.acts:
        if act.trouble == "stolen":
            continue
        now[0] = act.wall_ms
        changes = [
            Change(one.type, one.id, one.fields, tuple(made[no] for no in one.base)) for one in act.changes
        ]
        made[act.no] = nodes[act.device].author([Draft(act.actor, act.intent, changes, act.part)])[0]
    together = node("together")
    for one in reversed(nodes.values()):
        more = True
        while more:
            runs, more = one.log.missing_for(together.log.vector(PARTS), PARTS, 500, 1_000_000)
            assert together.take(runs)[1] == []
        one.db.close()
    connection = together.db.conn
    assert isinstance(connection, sqlite3.Connection)
    yield connection
    together.db.close()


def test_the_read_model_counts_what_the_report_says(merged: sqlite3.Connection) -> None:
    assert dict(merged.execute(TOTALS)) == {"local_teacher": 389, "local_student": 636, "employee": 821}


def test_the_seven_different_marks_are_the_only_conflicts(year: Year, merged: sqlite3.Connection) -> None:
    found = merged.execute("select distinct type, id from rm_conflict").fetchall()
    assert sorted(found) == sorted(
        ("attendance", one.mark.id) for one in year.troubles.double_marks if not one.equal
    )


def test_the_session_s_own_instructor_wins_until_somebody_decides(
    year: Year, merged: sqlite3.Connection
) -> None:
    for one in year.troubles.double_marks:
        row = merged.execute(
            "select status, minutes from rm_attendance where id = ?", (one.mark.id,)
        ).fetchone()
        assert row == (one.mark.status, one.mark.minutes)


def test_people_registered_twice_are_two_records_of_one_person(
    year: Year, merged: sqlite3.Connection
) -> None:
    pairs = dict(merged.execute("select id, same_as from rm_trainee where same_as is not null"))
    assert pairs == {
        one.second.id: one.first.id for one in year.troubles.double_registrations if not one.truly_two
    }
    assert merged.execute("select count(*) from rm_trainee").fetchone() == (858,)
