"""What an op costs follows what it touches, not how much is there already: counted in SQLite's own steps, no clock."""

from sync import Change, Draft
from tests.sync_world import PART, Clock, Tablet, bind, device, give, grant, key, mark, replica, rows
from workshop.admission import SYSTEM

CLOCK = Clock()
EVERY = 20


def steps_of_closing_a_register(marks: int) -> int:
    """How many times SQLite reports EVERY steps while one session's record is merged beside so many marks."""
    node = replica(key("campus").device, CLOCK, "campus")
    tablet = Tablet("tablet one", CLOCK)
    known = [grant("pak"), device(tablet.device, tablet.key.public), bind(tablet.device, "pak")]
    node.author([Draft(SYSTEM, "device.enrol", [change], PART) for change in known])
    for number in range(marks):
        tablet.record(PART, "pak", "attendance.mark", [mark(f"p{number}")])
    give(node, *tablet.runs(PART))
    tablet.record(PART, "pak", "register.close", [Change("session", "T02.1", {"register": "closed"})])
    counted: list[int] = []

    def count() -> int:
        counted.append(1)
        return 0

    node.db.conn.set_progress_handler(count, EVERY)
    give(node, *tablet.runs(PART, marks))
    node.db.conn.set_progress_handler(None, 0)
    assert rows(node, "select count(*) from rm_session") == [(1,)]
    assert rows(node, "select count(*) from rm_attendance") == [(marks,)]
    return len(counted)


def test_closing_a_register_does_not_read_all_marks_of_the_site() -> None:
    few, many = steps_of_closing_a_register(50), steps_of_closing_a_register(2000)
    assert many < 1.5 * few + 10
