"""SELECTs that gather a class for its certificates: rule, sessions held, marks and tests of everybody, judged."""

import json
from typing import Any

from sqlite_utils import Database

from workshop.admission import COMMON
from workshop.assessment import queries as tests
from workshop.certificates.facts import Candidate, ClassFile, Skill
from workshop.certificates.pdf import Text
from workshop.certificates.rules import Attempt, Mark, Rule, Session, eligibility
from workshop.courses.identity import roots
from workshop.privacy.names import name_of, name_zh_of

ATTENDED_FIRST = ("present", "late", "excused", "absent")


def class_file(db: Database, part: str, class_id: str, *, as_of_batch: str | None = None) -> ClassFile | None:
    """The class with everybody in it. `as_of_batch`: certificates of that batch do not count as had already."""
    row = _one(
        db,
        "select c.id, coalesce(c.name_en, c.id) as name_en, coalesce(c.name_zh, c.name_en, c.id) as name_zh,"
        " coalesce(c.course_id, '') as course_id, coalesce(k.title_en, c.name_en, c.id) as course_en,"
        " coalesce(k.title_zh, k.title_en, c.name_zh, c.id) as course_zh"
        " from rm_training_class c left join rm_course k on k.part = 'common' and k.id = c.course_id"
        " where c.part = ? and c.id = ?",
        (part, class_id),
    )
    if row is None:
        return None
    numbers, sessions, days = _sessions(db, part, class_id)
    rule_id, rule, rule_title = current_rule(db)
    held = [session for session in sessions if session.state == "held"]
    return ClassFile(
        part=part,
        id=class_id,
        name_en=row["name_en"],
        name_zh=row["name_zh"],
        course_id=row["course_id"],
        course=Text(row["course_en"], row["course_zh"]),
        first_day=min(days, default=""),
        last_day=max(days, default=""),
        held_minutes=sum(session.minutes for session in held),
        rule_id=rule_id,
        rule=rule,
        rule_title=rule_title,
        candidates=tuple(_candidates(db, part, class_id, rule, sessions, numbers, as_of_batch)),
    )


def current_rule(db: Database) -> tuple[str, Rule, Text]:
    """The newest rule that the campus has given, and the title that it gives a certificate."""
    row = _one(
        db,
        "select * from rm_certificate_rule where part = ? order by version desc, id desc limit 1",
        (COMMON,),
    )
    if row is None:
        return "standard-1", Rule(), Text("Certificate of Completion", "结业证书")
    bp = row["min_attendance_bp"]
    rule = Rule(row["version"] or 1, 8000 if bp is None else bp, row["need_all_critical"] != 0)
    return row["id"], rule, Text(row["title_en"] or "Certificate", row["title_zh"] or "证书")


def _candidates(
    db: Database,
    part: str,
    class_id: str,
    rule: Rule,
    sessions: list[Session],
    numbers: dict[str, int],
    as_of_batch: str | None,
) -> list[Candidate]:
    people = _people(db, part, class_id)
    same = dict(
        db.execute(
            "select id, same_as from rm_trainee where part = ? and same_as is not null", (part,)
        ).fetchall()
    )
    root_of = roots(same)
    marks, disputed = _marks(db, part, class_id, numbers, root_of)
    attempts: dict[str, list[Attempt]] = {}
    for trainee, ones in tests.attempts_of_class(db, part, class_id).items():
        attempts.setdefault(root_of.get(trainee, trainee), []).extend(ones)
    skills = tests.skills_of_class(db, part, class_id)
    printed = tuple(
        Skill(one.id, Text(one.skill_en, one.skill_zh)) for one in tests.rubrics_of_class(db, part, class_id)
    )
    serials = _serials(db, part, class_id, as_of_batch)
    found: dict[str, Candidate] = {}
    for row in people:
        root = root_of.get(row["id"], row["id"])
        named = row if root == row["id"] else _person(db, part, root) or row
        enrolled = any(
            each["state"] == "enrolled" for each in people if root_of.get(each["id"], each["id"]) == root
        )
        judged = eligibility(
            rule,
            sessions,
            marks.get(root, {}),
            skills,
            attempts.get(root, ()),
            enrolled=enrolled,
            disputed_sessions=disputed.get(root, ()),
        )
        found[root] = Candidate(
            root, named["number"], named["name"], named["name_zh"], judged, printed, serials.get(root, "")
        )
    return sorted(found.values(), key=lambda one: (one.number == "", one.number, one.name, one.id))


def _people(db: Database, part: str, class_id: str) -> list[dict[str, Any]]:
    return list(
        db.query(
            f"select e.trainee_id as id, coalesce(t.number, '') as number, coalesce({name_of()}, e.trainee_id) as name,"
            f" {name_zh_of()} as name_zh, coalesce(e.state, 'enrolled') as state from rm_enrolment e"
            " left join rm_trainee t on t.part = e.part and t.id = e.trainee_id"
            " where e.part = ? and e.id >= ? and e.id < ? order by e.id",
            (part, class_id + ".", class_id + "/"),
        )
    )


def _person(db: Database, part: str, trainee: str) -> dict[str, Any] | None:
    return _one(
        db,
        f"select t.id, coalesce(t.number, '') as number, {name_of()} as name, {name_zh_of()} as name_zh"
        " from rm_trainee t where t.part = ? and t.id = ?",
        (part, trainee),
    )


def _sessions(db: Database, part: str, class_id: str) -> tuple[dict[str, int], list[Session], list[str]]:
    """Piece of the record id -> number; the sessions; the days on which one was held. Numbers follow the timetable."""
    rows = list(
        db.query(
            "select number, day, coalesce(minutes, 0) as minutes, coalesce(state, 'planned') as state,"
            " coalesce(register, 'open') as register from rm_session where part = ? and id >= ? and id < ?"
            " order by day, start_minute, number",
            (part, class_id + ".", class_id + "/"),
        )
    )
    plain = all(row["number"].isdecimal() for row in rows)
    numbers = {row["number"]: int(row["number"]) if plain else n for n, row in enumerate(rows, 1)}
    sessions = [
        Session(numbers[row["number"]], row["minutes"], row["state"], row["register"]) for row in rows
    ]
    return numbers, sessions, [row["day"] for row in rows if row["state"] == "held"]


def _marks(
    db: Database, part: str, class_id: str, numbers: dict[str, int], root_of: dict[str, str]
) -> tuple[dict[str, dict[int, Mark]], dict[str, list[int]]]:
    """Marks and disputed sessions of each person. Where two records of one person meet in a session, having been there stands."""
    marks: dict[str, dict[int, Mark]] = {}
    disputed: dict[str, list[int]] = {}
    rows = db.query(
        "select number, trainee_id, status, conflict from rm_attendance where part = ? and id >= ? and id < ?"
        " order by id",
        (part, class_id + ".", class_id + "/"),
    )
    for row in rows:
        if row["number"] not in numbers:
            continue
        person = root_of.get(row["trainee_id"], row["trainee_id"])
        number = numbers[row["number"]]
        if row["conflict"]:
            disputed.setdefault(person, []).append(number)
        if row["status"]:
            known = marks.setdefault(person, {}).get(number, row["status"])
            marks[person][number] = min(known, row["status"], key=ATTENDED_FIRST.index)
    return marks, disputed


def _serials(db: Database, part: str, class_id: str, as_of_batch: str | None) -> dict[str, str]:
    """{trainee: serial} of what was issued for this class and stands. A statement of hours does not stand in the way of a certificate."""
    rows = db.query(
        "select c.id, c.trainee_id, c.batch_id, c.facts from rm_certificate c join rm_certificate_batch b"
        " on b.part = c.part and b.id = c.batch_id where c.part = ? and b.class_id = ? and c.status = 'issued'",
        (part, class_id),
    )
    return {
        row["trainee_id"]: row["id"]
        for row in rows
        if row["batch_id"] != as_of_batch and json.loads(row["facts"])["kind"] == "certificate"
    }


def _one(db: Database, sql: str, values: tuple[str, ...]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = next(iter(db.query(sql, values)), None)
    return found
