"""SELECTs about what a tablet was used for: by its ops, which classes and which days; and what its chains look like op by op."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from sync.errors import SyncError
from sync.ops import decode_header

RECENT_OPS = 2_000


@dataclass(frozen=True)
class UsedClass:
    """`last`: when the newest op about it arrived from the tablet, UTC ms."""

    id: str
    name_en: str
    name_zh: str
    last_day: str
    last: int

    def name(self, lang: str) -> str:
        return (self.name_zh if lang == "zh" else self.name_en) or self.id


@dataclass(frozen=True)
class PlannedSession:
    class_id: str
    number: str
    day: str
    start_minute: int
    name_en: str
    name_zh: str
    closed: bool

    @property
    def time(self) -> str:
        return f"{self.start_minute // 60:02}:{self.start_minute % 60:02}"

    def name(self, lang: str) -> str:
        return (self.name_zh if lang == "zh" else self.name_en) or self.class_id


def used_classes(db: Database, part: str, devices: Iterable[str], most: int = 12) -> list[UsedClass]:
    """The classes that the newest ops of these devices are about, newest first."""
    ids = list(devices)
    rows = db.execute(
        "with recent as materialized (select l.n, l.received_at from op_log l join op_chain c on c.id = l.chain"
        f" where c.device in ({', '.join('?' * len(ids))}) and c.part = ? order by l.n desc limit {RECENT_OPS}),"
        " touched as (select case r.type when 'attempt' then (select a.class_id from rm_attempt a where a.part = r.part and a.id = r.id)"
        "  else substr(r.id, 1, instr(r.id || '.', '.') - 1) end as class_id, max(recent.received_at) as last"
        "  from recent join rm_change r on r.n = recent.n where r.type in ('attendance', 'session', 'enrolment', 'attempt') group by 1)"
        " select k.id, coalesce(k.name_en, ''), coalesce(k.name_zh, ''), coalesce(k.last_day, ''), t.last from touched t"
        f" join rm_training_class k on k.part = ? and k.id = t.class_id order by t.last desc, k.id limit {int(most)}",
        (*ids, part, part),
    )
    return [UsedClass(*row) for row in rows]


def classes_led(db: Database, part: str, people: Iterable[str], day: str) -> list[str]:
    """Classes that are not over on `day` and are led, or have a session given, by one of these people."""
    ids = list(people)
    marks = ", ".join("?" * len(ids))
    rows = db.execute(
        f"select c.id from rm_training_class c where c.part = ? and coalesce(c.last_day, '9999') >= ? and (c.instructor_id in ({marks})"
        f" or exists (select 1 from rm_session s where s.part = c.part and s.class_id = c.id and s.instructor_id in ({marks})))"
        " order by c.first_day, c.id",
        (part, day, *ids, *ids),
    )
    return [row[0] for row in rows]


def courses_of(db: Database, part: str, classes: Iterable[str]) -> set[str]:
    ids = list(classes)
    rows = db.execute(
        f"select distinct course_id from rm_training_class where part = ? and id in ({', '.join('?' * len(ids))})",
        (part, *ids),
    )
    return {row[0] for row in rows if row[0]}


def sessions_between(
    db: Database, part: str, classes: Iterable[str], first: str, last: str
) -> list[PlannedSession]:
    """The sessions of these classes on days from `first` to `last`: what a lost record may be about."""
    ids = list(classes)
    rows = db.execute(
        "select s.class_id, s.number, s.day, coalesce(s.start_minute, 0), coalesce(c.name_en, ''), coalesce(c.name_zh, ''),"
        " coalesce(s.register, '') = 'closed' from rm_session s join rm_training_class c on c.part = s.part and c.id = s.class_id"
        f" where s.part = ? and s.class_id in ({', '.join('?' * len(ids))}) and s.day between ? and ? and coalesce(s.state, '') <> 'cancelled'"
        " order by s.day, s.start_minute, s.class_id",
        (part, *ids, first, last),
    )
    return [PlannedSession(*row) for row in rows]


def made(db: Database, device: str) -> dict[str, list[tuple[int, int, int]]]:
    """{"epoch/part": [(seq, wall, received)]} of all ops of a device here, by seq. The wall is corrected by the notes of a wrong clock."""
    notes: dict[str, list[tuple[int, int]]] = {}
    for epoch, part, seq, offset in db.execute(
        "select epoch, part, cast(seq as integer), coalesce(offset_ms, 0) from rm_clock where device_id = ? order by 3",
        (device,),
    ):
        notes.setdefault(f"{epoch}/{part}", []).append((seq, offset))
    found: dict[str, list[tuple[int, int, int]]] = {}
    for chain, seq, header, received in db.execute(
        "select c.epoch || '/' || c.part, l.seq, l.header, l.received_at from op_chain c join op_log l on l.chain = c.id"
        " where c.device = ? order by 1, 2",
        (device,),
    ):
        offset = next((off for first, off in reversed(notes.get(chain, [])) if first <= seq), 0)
        found.setdefault(chain, []).append((seq, _wall(header) - offset, received))
    return found


def newest_wall(db: Database, device: str) -> int | None:
    """When the newest op of a device here was made, by its clock, or arrived if that is earlier; None without one."""
    rows = db.execute(
        "select l.header, l.received_at from op_chain c join op_log l on l.chain = c.id and l.seq = c.seq where c.device = ?",
        (device,),
    )
    return max((min(_wall(header), received) for header, received in rows), default=None)


def forebears(db: Database, device: str) -> list[str]:
    """The device and those whose place it took, one after another."""
    found = [device]
    while row := db.execute(
        "select replaces from rm_device where id = ? and replaces is not null", (found[-1],)
    ).fetchone():
        if row[0] in found:
            break
        found.append(row[0])
    return found


def _wall(header: str) -> int:
    try:
        return decode_header(header.encode()).wall
    except SyncError:
        return 0
