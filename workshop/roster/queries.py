"""What rosters read: people known, classes, enrolments, waiting uploads. SELECTs only."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from workshop.privacy.names import name_of
from workshop.roster.matching import COMPARED, Known

_COLUMNS = ", ".join(COMPARED)


@dataclass(frozen=True, slots=True)
class TrainingClass:
    id: str
    name_en: str
    name_zh: str
    category: str | None

    def name(self, lang: str) -> str:
        first, second = (self.name_zh, self.name_en) if lang == "zh" else (self.name_en, self.name_zh)
        return first or second or self.id


@dataclass(frozen=True, slots=True)
class Upload:
    """A list that waits. `data` is None and `outcome` filled once it was taken."""

    id: str
    actor: str
    part: str
    filename: str
    sha256: str
    data: bytes | None
    encoding: str | None
    class_id: str | None
    answers: dict[int, str]
    outcome: dict[str, int] | None
    created_at: int


def known(db: Database, part: str) -> list[Known]:
    """Everybody of a site, as `each_known`."""
    return list(each_known(db, part))


def each_known(db: Database, part: str) -> Iterator[Known]:
    """Everybody of a site, one entry a person: records found to be the same person's, and erased people, are left out."""
    rows = db.execute(
        f"select id, {_COLUMNS} from rm_trainee where part = ? and same_as is null and name is not null order by id",
        (part,),
    )
    return (Known(*row) for row in rows)


def class_people(db: Database, part: str, class_id: str) -> list[Known]:
    """Those enrolled in a class and not withdrawn."""
    rows = db.execute(
        f"select t.id, {', '.join(name_of() if name == 'name' else 't.' + name for name in COMPARED)} from rm_enrolment e"
        " join rm_trainee t on t.part = e.part and t.id = e.trainee_id"
        " where e.part = ? and e.id >= ? and e.id < ? and e.state = 'enrolled' order by t.id",
        (part, class_id + ".", class_id + "/"),
    )
    return [Known(*row) for row in rows]


def enrolments(db: Database, part: str, class_id: str) -> dict[str, str]:
    """Trainee id -> state, for everybody who was ever enrolled in the class."""
    rows = db.execute(
        "select trainee_id, state from rm_enrolment where part = ? and id >= ? and id < ?",
        (part, class_id + ".", class_id + "/"),
    )
    return dict(rows.fetchall())


def classes(db: Database, part: str) -> list[TrainingClass]:
    """The classes of a site, the latest first."""
    rows = db.execute(
        "select id, coalesce(name_en, ''), coalesce(name_zh, ''), category from rm_training_class"
        " where part = ? order by first_day desc, id",
        (part,),
    )
    return [TrainingClass(*row) for row in rows]


def bases(db: Database, part: str, trainee_id: str) -> dict[str, list[str]]:
    """The ops behind each field of a trainee: what an edit made now has in view."""
    row = db.execute("select heads from rm_trainee where part = ? and id = ?", (part, trainee_id)).fetchone()
    found: dict[str, list[str]] = json.loads(row[0]) if row else {}
    return found


def upload(db: Database, upload_id: str, actor: str) -> Upload | None:
    """An upload of that person; nobody else's."""
    rows = db.query(
        "select id, actor, part, filename, sha256, data, encoding, class_id, answers, outcome, created_at"
        " from local_upload where id = ? and actor = ?",
        [upload_id, actor],
    )
    row = next(iter(rows), None)
    if row is None:
        return None
    answers = {int(number): answer for number, answer in json.loads(row["answers"]).items()}
    outcome = json.loads(row["outcome"]) if row["outcome"] else None
    return Upload(**{**row, "answers": answers, "outcome": outcome})


def waiting(db: Database, actor: str, since: int) -> list[dict[str, Any]]:
    """A person's uploads that are not taken yet: id, filename, created_at."""
    return list(
        db.query(
            "select id, filename, created_at from local_upload"
            " where actor = ? and outcome is null and created_at >= ? order by created_at desc",
            [actor, since],
        )
    )


def person_id(db: Database, username: str) -> str | None:
    """The staff member behind a user name that may be used."""
    row = db.execute(
        "select person_id from local_account where username = ? and active = 1 and kind = 'staff'",
        (username.strip().lower(),),
    ).fetchone()
    return str(row[0]) if row else None


def remembered(db: Database, part: str, hashes: Iterable[str]) -> dict[str, str]:
    """Row hash -> the trainee that such a row was taken as before."""
    found = {}
    for row_hash in hashes:
        row = db.execute(
            "select trainee_id from local_roster_row where part = ? and row_hash = ?", (part, row_hash)
        ).fetchone()
        if row:
            found[row_hash] = str(row[0])
    return found
