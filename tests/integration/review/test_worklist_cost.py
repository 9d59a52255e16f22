"""The reviewer's list beside much work: what it reads and keeps follows what it shows. SQLite's own steps and Python's own count, no clock."""

import tracemalloc

from sync import Change, Draft
from workshop.admission import SYSTEM
from workshop.review.worklist import PER_PAGE, Filter, worklist
from workshop.site import Site

from .conftest import PART, World

EVERY = 20
RESULT = {"steps": [["s1", "yes", ""]], "outcome": "competent"}


def add_marks(site: Site, session: str, count: int) -> None:
    changes = [
        Change("attendance", f"{session}.tnobody{number}", {"status": "present"}) for number in range(count)
    ]
    site.record_many([Draft(SYSTEM, "test.set", changes[at : at + 50], PART) for at in range(0, count, 50)])


def add_attempts(site: Site, class_id: str, first: int, count: int) -> None:
    """Each signed, with six steps."""
    about = {"class_id": class_id, "trainee_id": "tokot", "rubric_id": "plc-1", "result": RESULT}
    site.record_many(
        Draft(
            SYSTEM,
            "test.set",
            [
                Change("attempt", f"a{number:05}", about),
                *(Change("attempt_step", f"a{number:05}.s{step}", {"result": "yes"}) for step in range(6)),
            ],
            PART,
        )
        for number in range(first, first + count)
    )


def steps_of_the_list(site: Site) -> int:
    """How many times SQLite reports EVERY steps while the list is made."""
    counted: list[int] = []

    def count() -> int:
        counted.append(1)
        return 0

    connection = site.db.conn
    assert connection is not None
    connection.set_progress_handler(count, EVERY)
    worklist(site, PART, Filter())
    connection.set_progress_handler(None, 0)
    return len(counted)


def most_kept(site: Site) -> int:
    """Bytes of Python's at most while the list is made."""
    worklist(site, PART, Filter())
    tracemalloc.start()
    found = worklist(site, PART, Filter())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(len(rows) for _, rows in found.groups) == PER_PAGE
    return most


def test_marks_of_registers_that_are_not_closed_are_not_read(closed: World) -> None:
    few = steps_of_the_list(closed.workshop)
    add_marks(closed.workshop, "T01.2", 1500)
    assert steps_of_the_list(closed.workshop) < 1.1 * few + 10


def test_what_a_page_does_not_show_is_not_kept(world: World) -> None:
    add_attempts(world.workshop, "T01", 0, 2 * PER_PAGE)
    few = most_kept(world.workshop)
    for number in range(1, 8):
        add_attempts(world.workshop, f"T{number:02}", number * 1000, 2 * PER_PAGE)
    assert most_kept(world.workshop) < 1.5 * few


def test_pages_hold_every_item_once_in_order_of_classes(world: World) -> None:
    for number, count in ((1, 30), (2, 25), (3, 45), (4, 3)):
        add_attempts(world.workshop, f"T{number:02}", number * 1000, count)
    pages = [worklist(world.workshop, PART, Filter(), page) for page in (1, 2, 3)]
    found = [(class_id, row.item.id) for page in pages for class_id, rows in page.groups for row in rows]
    assert [sum(len(rows) for _, rows in page.groups) for page in pages] == [40, 40, 23]
    assert len(set(found)) == 103 == pages[0].total
    assert list(dict.fromkeys(class_id for class_id, _ in found)) == ["T04", "T03", "T02", "T01"]
    assert [row for row in found if row[0] == "T03"] == [("T03", f"a{n:05}") for n in range(3000, 3045)]
