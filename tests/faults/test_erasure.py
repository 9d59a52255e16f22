"""Fault 30: the same mark edited at both ends, taken back at one, and the person erased at last."""

from pathlib import Path

from sync import Change
from tests.faults.conftest import Figures
from tests.sync_world import PART, World, assert_sound, grant, mark, rows
from workshop.admission import SYSTEM
from workshop.folder import DATABASE
from workshop.privacy import commands as privacy
from workshop.verify import verify_site

NAMES = (b"Okot Daniel", "欧阔".encode(), b"came by bus")


def mentions(folder: Path) -> int:
    """How often the person's words stand in the files of a site, free pages included."""
    files = [path.read_bytes() for path in folder.glob(DATABASE + "*")]
    return sum(data.count(name) for data in files for name in NAMES)


def test_fault_30_edited_at_both_ends_one_deleted_one_erased(world: World, figures: Figures) -> None:
    world.enrol(world.one, world.two)
    person = {"name": "Okot Daniel", "name_zh": "欧阔", "number": "007", "category": "local_student"}
    changes = [
        Change("training_class", "T01", {"name_en": "PLC", "kind": "training", "course_id": "plc"}),
        Change("trainee", "tokot", person),
        Change("enrolment", "T01.tokot", {"state": "enrolled", "category": "local_student"}),
        Change(
            "session", "T01.1", {"day": "2025-11-21", "start_minute": 540, "minutes": 180, "state": "held"}
        ),
    ]
    world.workshop.record(actor=SYSTEM, intent="roster.add", changes=changes)
    world.campus.record(actor=SYSTEM, intent="x", changes=[grant("pwang", "reviewer")], part=PART)
    first = world.one.mark("tokot", "present")
    world.one.send(world.workshop)
    world.exchange()

    edit = [mark("tokot", "late", 20, [first]), Change("attendance", "T01.1.tokot", {"note": "came by bus"})]
    world.one.record(PART, "pak", "attendance.mark", edit)
    taken_back = Change("attendance", "T01.1.tokot", {"status": None, "minutes": None}, (first,))
    world.campus.record(actor="pwang", intent="attendance.mark", changes=[taken_back], part=PART)
    world.one.send(world.workshop)
    world.exchange()
    world.agree()
    for site in (world.workshop, world.campus):
        found = rows(site.node, "select conflict from rm_attendance where id = 'T01.1.tokot'")
        assert found == [(1,)], "taking back is never silent: both stand, and a person decides"

    ops = rows(world.campus.node, "select count(*) from op_log")[0][0]
    assert mentions(world.campus.folder) and mentions(world.workshop.folder)
    privacy.erase(world.campus, PART, SYSTEM, "tokot", typed="007", reason="asked")
    world.two.mark("tokot", "absent")  # a tablet that has not heard of it yet
    world.two.send(world.workshop)
    for _ in range(3):
        world.exchange()
        world.workshop.settle_erasures()
        world.campus.settle_erasures()
    world.agree()
    left = 0
    for site in (world.workshop, world.campus):
        site.node.db.conn.execute("pragma wal_checkpoint(truncate)")
        left += mentions(site.folder)
        assert verify_site(site.node).faults == [], "the chains still hold"
        assert rows(site.node, "select count(*) from rm_trainee where name is not null") == [(0,)]
        assert_sound(site.node)
    assert left == 0
    assert rows(world.campus.node, "select count(*) from op_log")[0][0] >= ops, "no op has gone, only words"
    figures.did(sites=2, edits_at_once=3)
    figures.found(words_left=left)
