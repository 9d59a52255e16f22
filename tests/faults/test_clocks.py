"""Clocks that lie: three years behind, three years ahead, another zone in the middle of a night session. On a real server."""

import json
from collections.abc import Callable

from sync import Change, limits
from sync.ops import decode_header
from tests.faults.conftest import Figures
from tests.faults.door import Door
from tests.faults.holdings import links_of, own_links, rows_in
from tests.faults.nursery import Nursery
from tests.sync_world import PART, Tablet, World, mark
from workshop.admission import SYSTEM
from workshop.courses import queries as courses
from workshop.site import system_clock

YEARS_3 = 3 * 365 * 24 * 3600 * 1000
MINUTE = 60_000


def off_by(milliseconds: int) -> Callable[[], int]:
    return lambda: system_clock() + milliseconds


def hybrids(tablet: Tablet) -> list[int]:
    return [decode_header(header).hybrid for run in tablet.runs(PART) for header, _ in run.lines]


def shown(nursery: Nursery, trainee: str) -> tuple[object, ...]:
    sql = "select status, conflict from rm_attendance where id = ?"
    return rows_in(nursery.folder, sql, f"T01.1.{trainee}")[0]


def noted(nursery: Nursery, tablet: Tablet) -> int:
    """The clock's offset as a record that travels, in ms."""
    [(offset,)] = rows_in(nursery.folder, "select offset_ms from rm_clock where device_id = ?", tablet.device)
    return int(offset)


def test_fault_13_clock_back_three_years(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    one = world.one
    one.mark("p1", "present")
    one.clock = off_by(-YEARS_3)
    one.mark("p1", "absent")
    one.mark("p2", "excused")
    answer = door.send(one).first
    assert "refused" not in answer and one.at(door.device) == 3
    assert hybrids(one) == sorted(set(hybrids(one))), "hybrid time never goes back"
    assert shown(nursery, "p1") == ("absent", 0), (
        "the later tap of one tablet counts, whatever its clock says"
    )
    assert abs(noted(nursery, one) + YEARS_3) < MINUTE, "and it is noted for people to see"
    figures.did(clocks_set=1)
    held, own = links_of(nursery.folder, one), own_links(one, PART, 3)
    figures.found(lost=len(set(own) - set(held)), reordered=int(held != own))


def test_fault_14_clock_ahead_three_years(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    world.one.clock = off_by(YEARS_3 - MINUTE)
    world.one.mark("p1", "absent")
    world.one.clock = off_by(YEARS_3)  # a minute later
    world.two.mark("p1", "present")  # made then, by a right clock
    for tablet in (world.one, world.two):
        assert "refused" not in door.send(tablet).first
    assert abs(noted(nursery, world.one) - YEARS_3) < MINUTE
    assert shown(nursery, "p1") == ("present", 1), "it does not win by its clock, and both are listed"
    nursery.kill()
    workshop = type(world.workshop)(nursery.folder)
    op = workshop.record(actor="pak", intent="attendance.mark", changes=[mark("p9")])
    [stored] = workshop.node.log.read([workshop.node.log.number_of(op) or 0])
    assert stored.header.hybrid <= (system_clock() + limits.CLOCK_AHEAD_MS) * 1000, (
        "nobody's time was pulled along"
    )
    workshop.close()
    figures.did(clocks_set=1)
    figures.found(won_by_its_clock=int(shown(nursery, "p1")[0] == "absent"))


def test_fault_15_zone_and_summer_time_in_a_midnight_session(
    world: World, nursery: Nursery, door: Door, figures: Figures
) -> None:
    """A session of 21 November from 22:00 to 01:00. After midnight the tablet is set to another zone, then to summer time."""
    nursery.kill()
    workshop = type(world.workshop)(nursery.folder)
    planned = {"day": "2025-11-21", "start_minute": 22 * 60, "minutes": 180, "state": "held"}
    changes = [
        Change("training_class", "T01", {"name_en": "Night class", "kind": "training", "course_id": "cnc"}),
        Change("session", "T01.1", planned),
    ]
    workshop.record(actor=SYSTEM, intent="session.add", changes=changes)
    workshop.close()
    door = nursery.start()
    night = 1_763_758_800_000  # 2025-11-21 21:00 UTC, midnight in Mbale
    zones = [(-30, 180), (30, 180), (45, -300), (50, -240)]
    for number, (minutes, zone) in enumerate(zones):
        world.one.clock, world.one.tz = (lambda at=night + minutes * MINUTE: at), zone
        world.one.mark(f"p{number}")
    assert "refused" not in door.send(world.one).first
    nursery.kill()
    workshop = type(world.workshop)(nursery.folder)
    days = {
        day: courses.sessions_on(workshop.db, PART, day) for day in ("2025-11-20", "2025-11-21", "2025-11-22")
    }
    assert [len(found) for found in days.values()] == [0, 1, 0], "the day is the session's own"
    marks = "select s.day, count(*) from rm_attendance a join rm_session s on s.class_id = a.class_id and s.number = a.number"
    assert [tuple(row) for row in workshop.db.execute(marks + " group by s.day")] == [
        ("2025-11-21", len(zones))
    ]
    sql = "select l.header from op_log l join op_chain c on c.id = l.chain where c.device = ? order by l.seq"
    headers = [json.loads(row[0]) for row in workshop.db.execute(sql, (world.one.device,))]
    assert [(h["wall"] - night) // MINUTE for h in headers] == [minutes for minutes, _ in zones], (
        "UTC is kept"
    )
    assert [h["tz"] for h in headers] == [zone for _, zone in zones], "and how the tablet's wall stood to it"
    workshop.close()
    figures.did(clocks_set=len(zones))
    figures.found(on_another_day=sum(len(found) for day, found in days.items() if day != "2025-11-21"))
