"""SELECTs about classes, their people and their sessions."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlite_utils import Database

from workshop.privacy.names import name_of, name_zh_of, staff_name_of


@dataclass(frozen=True)
class ClassRow:
    """A training class as lists show it; days are local dates `YYYY-MM-DD`."""

    id: str
    name_en: str
    name_zh: str
    course_en: str
    course_zh: str
    category: str
    place: str
    first_day: str
    last_day: str
    kind: str
    instructor_id: str | None
    people: int
    sessions: int
    held: int

    def name(self, lang: str) -> str:
        return self.name_zh if lang == "zh" else self.name_en

    def course(self, lang: str) -> str:
        return self.course_zh if lang == "zh" else self.course_en


@dataclass(frozen=True)
class SessionRow:
    """A session of the timetable with what its register holds so far."""

    class_id: str
    number: str
    day: str
    start_minute: int
    minutes: int
    state: str
    register: str
    instructor_id: str | None
    name_en: str
    name_zh: str
    place: str
    marked: int
    people: int

    @property
    def time(self) -> str:
        end = self.start_minute + self.minutes
        return f"{self.start_minute // 60:02}:{self.start_minute % 60:02}–{end // 60:02}:{end % 60:02}"

    def name(self, lang: str) -> str:
        return self.name_zh if lang == "zh" else self.name_en


# A record's id begins with its class's: its range in the primary key is what makes these cost what a class has, not what a site has.
_CLASS = """
    select c.id, c.name_en, c.name_zh, coalesce(k.title_en, c.course_id) as course_en, coalesce(k.title_zh, c.course_id) as course_zh,
        coalesce(c.category, 'other') as category, coalesce(c.place, '') as place, coalesce(c.first_day, '') as first_day,
        coalesce(c.last_day, '') as last_day, coalesce(c.kind, 'training') as kind, c.instructor_id,
        (select count(*) from rm_enrolment e where e.part = c.part and e.id >= c.id || '.' and e.id < c.id || '/' and e.state = 'enrolled') as people,
        (select count(*) from rm_session s where s.part = c.part and s.id >= c.id || '.' and s.id < c.id || '/') as sessions,
        (select count(*) from rm_session s where s.part = c.part and s.id >= c.id || '.' and s.id < c.id || '/' and s.state = 'held') as held
    from rm_training_class c left join rm_course k on k.part = 'common' and k.id = c.course_id
"""

_SESSION = """
    select s.class_id, s.number, s.day, coalesce(s.start_minute, 0) as start_minute, coalesce(s.minutes, 0) as minutes,
        coalesce(s.state, 'planned') as state, coalesce(s.register, 'open') as register,
        coalesce(s.instructor_id, c.instructor_id) as instructor_id, c.name_en, c.name_zh, coalesce(c.place, '') as place,
        (select count(*) from rm_attendance a where a.part = s.part and a.id >= s.id || '.' and a.id < s.id || '/'
            and a.status is not null) as marked,
        (select count(*) from rm_enrolment e where e.part = s.part and e.id >= c.id || '.' and e.id < c.id || '/' and e.state = 'enrolled') as people
    from rm_session s join rm_training_class c on c.part = s.part and c.id = s.class_id
"""


def class_list(
    db: Database,
    part: str,
    *,
    since: str = "",
    instructor: str | None = None,
    words: str = "",
    limit: int = 200,
) -> list[ClassRow]:
    """Classes that end on `since` or later, newest first; of one instructor; with `words` in a name, id or course."""
    like = f"%{words}%"
    rows = db.query(
        _CLASS + " where c.part = :part and coalesce(c.last_day, '9999') >= :since"
        " and (:instructor is null or c.instructor_id = :instructor or exists (select 1 from rm_session s"
        "   where s.part = c.part and s.id >= c.id || '.' and s.id < c.id || '/' and s.instructor_id = :instructor))"
        " and (:words = '' or c.id like :like or c.name_en like :like or c.name_zh like :like or k.title_en like :like"
        "   or k.title_zh like :like)"
        " order by c.first_day desc, c.id limit :limit",
        {
            "part": part,
            "since": since,
            "instructor": instructor,
            "words": words,
            "like": like,
            "limit": limit,
        },
    )
    return [ClassRow(**row) for row in rows]


def one_class(db: Database, part: str, class_id: str) -> ClassRow | None:
    row = next(iter(db.query(_CLASS + " where c.part = ? and c.id = ?", (part, class_id))), None)
    return ClassRow(**row) if row else None


def sessions_of(db: Database, part: str, class_id: str) -> list[SessionRow]:
    rows = db.query(
        _SESSION
        + " where s.part = ?1 and s.id >= ?2 || '.' and s.id < ?2 || '/' order by s.day, s.start_minute, s.number",
        (part, class_id),
    )
    return [SessionRow(**row) for row in rows]


def sessions_on(db: Database, part: str, day: str, instructor: str | None = None) -> list[SessionRow]:
    """The sessions of a local day, of one instructor or of all, not the cancelled ones."""
    rows = db.query(
        _SESSION + " where s.part = :part and s.day = :day and coalesce(s.state, 'planned') <> 'cancelled'"
        " and (:who is null or coalesce(s.instructor_id, c.instructor_id) = :who) order by s.start_minute, s.class_id",
        {"part": part, "day": day, "who": instructor},
    )
    return [SessionRow(**row) for row in rows]


def one_session(db: Database, part: str, class_id: str, number: str) -> SessionRow | None:
    row = next(
        iter(db.query(_SESSION + " where s.part = ? and s.id = ?", (part, f"{class_id}.{number}"))),
        None,
    )
    return SessionRow(**row) if row else None


def people_of(db: Database, part: str, class_id: str) -> list[dict[str, Any]]:
    """Everybody enrolled in a class, the withdrawn ones last: id, number, name, name_zh, organisation, state."""
    return list(
        db.query(
            f"select t.id, coalesce(t.number, '') as number, {name_of()} as name, {name_zh_of()} as name_zh,"
            " coalesce(t.organisation, '') as organisation, e.state from rm_enrolment e"
            " join rm_trainee t on t.part = e.part and t.id = e.trainee_id where e.part = ?1 and e.id >= ?2 || '.' and e.id < ?2 || '/'"
            " order by e.state = 'withdrawn', t.number is null, t.number, t.name",
            (part, class_id),
        )
    )


def staff_names(db: Database, part: str) -> dict[str, tuple[str, str]]:
    """{person id: (English, Chinese)} of the staff known here."""
    rows = db.query(
        f"select s.id, {staff_name_of('s', False)} as en, {staff_name_of('s', True)} as zh from rm_staff s where s.part in (?, 'common')",
        (part,),
    )
    return {row["id"]: (row["en"], row["zh"]) for row in rows}


def courses_with_tests(db: Database) -> list[dict[str, Any]]:
    """All courses with their practical tests: id, title_en, title_zh, planned_minutes, tests."""
    tests: dict[str, list[dict[str, Any]]] = {}
    for row in db.query(
        "select id, course_id, title_en, title_zh, minutes, steps from rm_rubric where part = 'common' order by title_en"
    ):
        steps = json.loads(row.pop("steps") or "[]")
        tests.setdefault(row["course_id"], []).append({**row, "steps": len(steps)})
    rows = db.query(
        "select id, title_en, title_zh, coalesce(planned_minutes, 0) as planned_minutes from rm_course where part = 'common' order by title_en"
    )
    return [{**row, "tests": tests.get(row["id"], [])} for row in rows]


def instructors(db: Database, part: str) -> list[tuple[str, str, str]]:
    """People who may lead a class at a site: (id, English name, Chinese name)."""
    rows = db.execute(
        "select distinct s.id, coalesce(s.name_en, s.id), coalesce(s.name_zh, s.name_en, s.id) from rm_grant g"
        " join rm_staff s on s.id = g.staff_id and s.part = g.part where g.role = 'instructor' and g.active = 1"
        " and g.part in (?, 'common') order by 2",
        (part,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def sites(db: Database) -> list[dict[str, Any]]:
    return list(db.query("select id, name_en, name_zh from rm_site where role = 'workshop' order by id"))


def local_day(now_ms: int, tz_minutes: int) -> str:
    """The date on a site's own calendar."""
    days = (now_ms + tz_minutes * 60_000) // 86_400_000
    return _date_of(days)


def _date_of(days: int) -> str:

    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
