"""The history of any record: every op that touched it, by whom, when, and what became of it."""

import re

import pytest

from sync import Change
from workshop.registry import REGISTRY
from workshop.review.history import history, targets
from workshop.site import Site

from .conftest import PART, World


def standings(site: Site, kind: str, record: str) -> list[tuple[str, str]]:
    """(intent, standing) of every change."""
    found = history(site, PART, targets(kind, record))
    return [(entry.intent, touch.standing) for entry in found for touch in entry.touches]


def test_a_correction_replaces_and_the_old_value_stays_readable(closed: World) -> None:
    base = closed.heads("attendance", "T01.1.tnekesa", "mark")
    closed.mark(closed.second, "snamutebi", {"tnekesa": "excused"}, base=base)
    closed.meet(closed.second)
    first, second = history(closed.workshop, PART, targets("attendance", "T01.1.tnekesa"))
    assert first.touches[0].standing == "replaced" and first.touches[0].by == second.op
    assert second.touches[0].standing == "stands"
    assert second.touches[0].old == {"status": "absent", "minutes": None}
    text = closed.akello.text("/en/review/attendance/T01.1.tnekesa")
    assert re.search(r"1\. Marked Akello Grace · UTC tablet 1 .*Mark: Absent \(replaced by 2 ?\)", text)
    assert re.search(
        r"2\. Marked Namutebi Joan · UTC tablet 2 .*Mark: Absent → becomes Excused \(stands\)", text
    )


def test_two_who_did_not_know_of_each_other_stand_in_conflict(disputed: World) -> None:
    assert standings(disputed.workshop, "attendance", "T01.1.tokot") == [
        ("attendance.mark", "winner"),
        ("attendance.mark", "conflict"),
    ]


def test_a_register_tells_what_happened_to_the_session_and_to_every_mark(closed: World) -> None:
    text = closed.wang.text("/en/review/register/T01.1")
    assert "Mark: Present (stands) Okot James" in text and "Mark: Absent (stands) Nekesa Ruth" in text
    assert "Closed the register" in text and "Register: Not closed → becomes Closed (stands)" in text
    assert "Okot James" not in closed.wang.text("/en/review/session/T01.1")


def test_a_review_stands_in_the_history_of_what_it_is_about(closed: World) -> None:
    wang = closed.wang
    digest = re.search(r'name="digest" value="(\w+)"', wang.get("/en/review/register/T01.1").text)
    assert digest
    wang.post("/en/review/register/T01.1", decision="returned", comment="Why absent?", digest=digest[1])
    text = wang.text("/en/review/register/T01.1")
    assert "Returned with a comment Wang Lei · Tianjin · as a form on the server" in text
    assert "Review: Returned · Why absent? (stands)" in text


def test_where_it_is_follows_the_campus_receipts(world: World) -> None:
    world.mark(world.first, "sakello", {"tokot": "present"})
    world.meet(world.first)
    url = "/en/review/attendance/T01.1.tokot"
    assert "1 entry is not known to be at the home campus yet." in world.akello.text(url)
    world.exchange()
    world.exchange()
    assert "All of it is at the home campus." in world.akello.text(url)
    assert "All of it is at the home campus." in world.wang.text(url)


def test_what_is_held_back_stands_there_with_its_reason(closed: World) -> None:
    stranger = "smallory"
    closed.mark(closed.second, stranger, {"tokot": "absent"})
    closed.meet(closed.second)
    assert standings(closed.workshop, "attendance", "T01.1.tokot") == [
        ("attendance.mark", "stands"),
        ("attendance.mark", "held"),
    ]
    text = closed.akello.text("/en/review/attendance/T01.1.tokot")
    assert "has no role at this site" in text and "Mark: Absent (held back)" in text


def test_an_erased_body_leaves_the_fact_that_something_happened(closed: World) -> None:
    with closed.workshop.writing():
        n = closed.one(
            closed.workshop, "select n from rm_change where type = 'attendance' and id = 'T01.1.tokot'"
        )
        closed.workshop.node.log.erase_body(n)
    entries = history(closed.workshop, PART, targets("attendance", "T01.1.tokot"))
    assert [(entry.erased, entry.touches) for entry in entries] == [(True, ())]
    assert "The contents were erased" in closed.akello.text("/en/review/attendance/T01.1.tokot")


RECORDS = {
    "session": "T01.1", "attendance": "T01.1.tokot", "trainee": "tokot", "enrolment": "T01.tokot", "training_class": "T01",
    "staff": "sakello", "grant": "sakello.instructor.all", "site": PART, "certificate_rule": "standard-1",
    "counting_rule": "half-1",
}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_kind_of_record_has_its_page(closed: World, lang: str) -> None:
    closed.state(
        closed.campus, Change("event", "ev1", {"title_en": "Forum", "day": "2025-11-20", "people": 50})
    )
    closed.state(
        closed.campus, Change("course", "plc", {"title_en": "PLC", "planned_minutes": 600}), part="common"
    )
    closed.state(
        closed.campus,
        Change("certificate", "UG-1", {"facts": {"hours": 36}, "trainee_id": "tokot", "code": "HC1:X"}),
    )
    closed.state(closed.campus, Change("approval", "b1.site", {"decision": "approved", "facts_hash": "x"}))
    wang = closed.wang
    records = {
        **RECORDS,
        "device": closed.first.device,
        "device_person": f"{closed.first.device}.sakello",
        "event": "ev1",
        "course": "plc",
        "certificate": "UG-1",
        "approval": "b1.site",
    }
    assert records.keys() <= REGISTRY.by_name.keys()
    for kind, record in records.items():
        answer = wang.get(f"/{lang}/review/{kind}/{record}")
        assert answer.status_code == 200, (kind, answer.text[-300:])
        assert 'class="entry"' in answer.text


def test_a_record_that_nobody_knows_has_no_page(world: World) -> None:
    for url in ("/en/review/attendance/T01.9.nobody", "/en/review/nothing/T01", "/en/review/register/T99.1"):
        assert world.wang.get(url).status_code == 404


def test_a_visitor_is_asked_to_sign_in(world: World) -> None:
    from workshop.factory import create_app

    client = create_app(world.campus, TESTING=True).test_client()
    for url in (
        "/en/review",
        "/en/review/conflicts",
        "/en/review/held",
        "/en/review/duplicates",
        "/en/review/trainee/tokot",
    ):
        assert client.get(url).status_code == 303
