"""SELECTs of the training report, grouped so that a year of 25,000 marks takes a fraction of a second; and the report put together."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlite_utils import Database

from sync.log import SqliteLog
from workshop.admission import COMMON
from workshop.courses.identity import roots
from workshop.courses.queries import local_day
from workshop.privacy.names import name_of, name_zh_of
from workshop.reports.model import DEFAULT_RULE, Beside, ClassInfo, CountingRule, Event, Period, Person
from workshop.reports.report import TrainingReport
from workshop.reports.rules import LESSON_MINUTES, judged, merged
from workshop.site import Site

# A class belongs to the period in which its last session held lies. Named parameters :p0, :p1 ... are the parts.
_CLASSES = """
    with held as (
        select part, class_id, count(*) as sessions, sum(coalesce(minutes, 0)) as minutes, min(day) as first_day, max(day) as last_day
        from rm_session where part in ({parts}) and state = 'held' group by part, class_id
        having max(day) between :first and :last
    ), chosen as (
        select c.part, c.id, coalesce(c.name_en, c.id) as name_en, coalesce(c.name_zh, c.name_en, c.id) as name_zh,
            coalesce(c.course_id, '') as course_id, coalesce(c.category, 'other') as category, coalesce(c.batch, '') as batch,
            coalesce(c.place, '') as place, h.first_day, h.last_day, h.sessions, h.minutes
        from held h join rm_training_class c on c.part = h.part and c.id = h.class_id
        where coalesce(c.kind, 'training') = 'training'
    )
"""
_ATTENDED = """
    select s.part, s.class_id, a.trainee_id, s.number, s.day, coalesce(s.minutes, 0)
    from chosen c
    join rm_session s on s.part = c.part and s.id >= c.id || '.' and s.id < c.id || '/' and s.state = 'held'
    cross join rm_attendance a on a.part = s.part and a.id >= s.id || '.' and a.id < s.id || '/'
    where a.status in ('present', 'late')
"""
_ENROLLED = """
    select e.part, e.class_id, e.trainee_id, coalesce(e.state, 'enrolled'), coalesce(e.category, c.category)
    from chosen c join rm_enrolment e on e.part = c.part and e.id >= c.id || '.' and e.id < c.id || '/'
"""


def training_report(site: Site, parts: Sequence[str], period: Period) -> TrainingReport:
    """The report on `parts` of this server for a period, as the records are now."""
    with _one_moment(site.db) as db:
        return _report(site, db, parts, period)


@contextmanager
def _one_moment(db: Database) -> Iterator[Database]:
    """All SELECTs within see the same records, whatever is written meanwhile."""
    db.conn.execute("begin")
    try:
        yield db
    finally:
        db.conn.execute("rollback")


def _report(site: Site, db: Database, parts: Sequence[str], period: Period) -> TrainingReport:
    rule = counting_rule(db)
    classes = classes_of(db, parts, period)
    held = {(one.part, one.id): one.sessions for one in classes}
    people = merged(_records(db, parts, period, classes), same_people(db, parts))
    details = sorted(
        (judged(rule, one, held[one.part, one.class_id]) for one in people),
        key=lambda one: (one.person.part, one.person.class_id, one.person.number, one.person.id),
    )
    return TrainingReport(
        period=period,
        sites=tuple(parts),
        rule=rule,
        classes=tuple(classes),
        details=tuple(details),
        cut_off=cut_off(db, parts),
        lesson_minutes=site.setting("lesson_minutes", LESSON_MINUTES),
        beside=_beside(site, parts, period),
    )


def counting_rule(db: Database) -> CountingRule:
    """The newest rule that the campus has given."""
    row = db.execute(
        "select id, coalesce(version, 1), coalesce(min_share_bp, 5000), coalesce(basis, 'class') from rm_counting_rule"
        " where part = 'common' order by version desc, id desc limit 1"
    ).fetchone()
    return CountingRule(*row) if row else DEFAULT_RULE


def classes_of(db: Database, parts: Sequence[str], period: Period) -> list[ClassInfo]:
    sql = (
        _CLASSES
        + "select x.part, x.id, x.name_en, x.name_zh, x.course_id, coalesce(k.title_en, x.course_id) as course_en,"
        " coalesce(k.title_zh, k.title_en, x.course_id) as course_zh, x.category, x.batch, x.place, x.first_day, x.last_day,"
        " x.sessions, x.minutes from chosen x left join rm_course k on k.part = 'common' and k.id = x.course_id order by x.part, x.id"
    )
    return [ClassInfo(*row) for row in _rows(db, sql, parts, period)]


def same_people(db: Database, parts: Sequence[str]) -> dict[tuple[str, str], str]:
    """{(part, record): the record that stands for the person} where somebody decided that two records are one person."""
    found: dict[tuple[str, str], str] = {}
    for part in parts:
        rows = db.execute(
            "select id, same_as from rm_trainee where part = ? and same_as is not null", (part,)
        )
        found |= {(part, record): root for record, root in roots(dict(rows.fetchall())).items()}
    return found


def cut_off(db: Database, parts: Sequence[str]) -> str:
    """What the log held: a digest of its vector. Two servers with the same ops of these parts print the same."""
    vector = SqliteLog(db.conn).vector([COMMON, *parts])
    return hashlib.sha256(repr(sorted(vector.items())).encode()).hexdigest()[:16]


def first_held_day(db: Database, parts: Sequence[str]) -> str | None:
    """The day of the first session ever held."""
    names = _names(parts)
    row = db.execute(
        f"select min(day) from rm_session where state = 'held' and part in ({', '.join(f':{n}' for n in names)})",
        names,
    ).fetchone()
    return row[0] if row else None


def last_training_day(db: Database, parts: Sequence[str]) -> str | None:
    """The day of the last session of training held."""
    names = _names(parts)
    row = db.execute(
        "select max(s.day) from rm_session s join rm_training_class c on c.part = s.part and c.id = s.class_id"
        " where s.state = 'held' and coalesce(c.kind, 'training') = 'training'"
        f" and s.part in ({', '.join(f':{n}' for n in names)})",
        names,
    ).fetchone()
    return row[0] if row else None


def _records(
    db: Database, parts: Sequence[str], period: Period, classes: Sequence[ClassInfo]
) -> list[Person]:
    """Everybody who is or was enrolled in one of the classes, or was marked there."""
    attended: dict[tuple[str, str, str], list[tuple[str, str, int]]] = {}
    for part, class_id, trainee, *session in _rows(db, _CLASSES + _ATTENDED, parts, period):
        attended.setdefault((part, class_id, trainee), []).append(tuple(session))
    enrolled = {tuple(row[:3]): row[3:] for row in _rows(db, _CLASSES + _ENROLLED, parts, period)}
    categories = {(one.part, one.id): one.category for one in classes}
    names = _named(db, parts)
    found = []
    for key in sorted(enrolled.keys() | attended.keys()):
        part, class_id, trainee = key
        state, category = enrolled.get(key, ("not_enrolled", categories[part, class_id]))
        number, name, name_zh, organisation = names.get((part, trainee), ("", trainee, "", ""))
        sessions = tuple(sorted(attended.get((part, class_id, trainee), ())))
        found.append(
            Person(part, class_id, trainee, number, name, name_zh, organisation, category, state, sessions)
        )
    return found


def _named(db: Database, parts: Sequence[str]) -> dict[tuple[str, str], tuple[str, str, str, str]]:
    """(part, id) -> number, name, Chinese name, organisation."""
    names = _names(parts)
    rows = db.execute(
        f"select t.part, t.id, coalesce(t.number, ''), {name_of()}, {name_zh_of()}, coalesce(t.organisation, '')"
        f" from rm_trainee t where t.part in ({', '.join(f':{n}' for n in names)})",
        names,
    )
    return {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in rows}


def _beside(site: Site, parts: Sequence[str], period: Period) -> Beside:
    db = site.db
    disputed = _rows(
        db,
        _CLASSES
        + "select count(*) from chosen c join rm_attendance a on a.part = c.part and a.id >= c.id || '.'"
        " and a.id < c.id || '/' and a.conflict = 1",
        parts,
        period,
    )
    still_open = _rows(
        db,
        "select count(*) from rm_session s join rm_training_class c on c.part = s.part and c.id = s.class_id"
        " where s.part in ({parts}) and coalesce(s.state, 'planned') = 'planned' and s.day between :first and :last"
        " and s.day < :today and coalesce(c.kind, 'training') = 'training'",
        parts,
        period,
        today=today(site),
    )
    own = _rows(
        db,
        "select count(distinct s.part || '.' || s.class_id) from rm_session s"
        " join rm_training_class c on c.part = s.part and c.id = s.class_id"
        " where s.part in ({parts}) and s.state = 'held' and c.kind = 'own' and s.day between :first and :last",
        parts,
        period,
    )
    events = _rows(
        db,
        "select id, part, coalesce(title_en, id), coalesce(title_zh, title_en, id), day, coalesce(people, 0), coalesce(kind, '')"
        " from rm_event where part in ({parts}) and day between :first and :last order by day, id",
        parts,
        period,
    )
    return Beside(disputed[0][0], still_open[0][0], own[0][0], tuple(Event(*row) for row in events))


def today(site: Site) -> str:
    return local_day(site.now(), site.tz_minutes)


def _rows(db: Database, sql: str, parts: Sequence[str], period: Period, **more: str) -> list[tuple]:  # type: ignore[type-arg]
    names = _names(parts)
    text = sql.replace("{parts}", ", ".join(f":{name}" for name in names))
    found: list[tuple] = db.execute(  # type: ignore[type-arg]
        text, names | {"first": period.first, "last": period.last} | more
    ).fetchall()
    return found


def _names(parts: Sequence[str]) -> dict[str, str]:
    return {f"p{n}": part for n, part in enumerate(parts)}
