"""The reviewer's worklist: what arrived, approving in bulk, returning, and seeing what changed since."""

import re

from sync import Change
from workshop.review import queries
from workshop.review.returned import returned_for, returned_to

from .conftest import MINUTE_MS, PART, Browser, World, words

LIST = "/en/review"
REGISTER = "/en/review/register/T01.1"


def picks(browser: Browser, url: str = LIST) -> list[str]:
    return re.findall(r'name="pick" value="([^"]+)"', browser.get(url).text)


def state(world: World, kind: str = "register", record: str = "T01.1") -> str:
    item = queries.one_item(world.campus, PART, kind, record)
    assert item is not None
    return item.state


def digest(browser: Browser, url: str = REGISTER) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]+)"', browser.get(url).text)
    assert found
    return found[1]


def sign_attempt(world: World) -> None:
    about = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "plc-1"}
    world.state(
        world.campus,
        Change(
            "rubric",
            "plc-1",
            {
                "title_en": "Wire a motor",
                "title_zh": "电机接线",
                "steps": [{"id": "s1", "en": "Lock out", "zh": "上锁"}],
            },
        ),
        part="common",
    )
    world.first.act(
        world.later(1),
        "sakello",
        "attempt.start",
        [Change("attempt", "a1", {**about, "started_at": world.now})],
    )
    world.first.act(
        world.later(1), "sakello", "attempt.step", [Change("attempt_step", "a1.s1", {"result": "yes"})]
    )
    result = {"steps": [["s1", "yes", ""]], "outcome": "competent"}
    world.first.act(
        world.later(1), "sakello", "attempt.sign_off", [Change("attempt", "a1", {**about, "result": result})]
    )
    world.meet(world.first)
    world.exchange()


def test_a_closed_register_arrives_with_who_where_and_when(closed: World) -> None:
    text = closed.wang.text(LIST)
    assert "PLC, batch 3" in text and "2025-11-21 08:30" in text
    assert "Akello Grace · UTC tablet 1" in text
    assert re.search(r"made 2025-11-21 13:\d\d · received 2025-11-21 13:\d\d", text)
    assert "Present 1" in text and "Absent 1" in text and "Waiting for review" in text
    assert "2025-11-22" not in text, "the open register of the second session"


def test_a_signed_test_arrives_with_its_outcome(closed: World) -> None:
    sign_attempt(closed)
    text = closed.wang.text(f"{LIST}?kind=attempt")
    assert "Okot James Wire a motor Competent" in text
    assert "Register" not in text.split("Show", 1)[1]


def test_ticked_records_are_approved_with_one_op_each(closed: World) -> None:
    sign_attempt(closed)
    wang = closed.wang
    ticks = picks(wang)
    assert sorted(tick.split(" ")[0] for tick in ticks) == ["attempt.a1", "register.T01.1"]
    before = closed.one(closed.campus, "select max(n) from op_log")
    answer = wang.post("/en/review/approve", LIST, pick=ticks)
    assert answer.status_code == 303
    assert "2 records approved" in wang.text(answer.headers["Location"])
    assert closed.one(closed.campus, "select max(n) from op_log") == before + 2
    assert (state(closed), state(closed, "attempt", "a1")) == ("approved", "approved")
    assert picks(wang) == []


def test_an_approval_is_seen_at_the_workshop(closed: World) -> None:
    wang = closed.wang
    wang.post("/en/review/approve", LIST, pick=picks(wang))
    closed.exchange()
    assert "Approved" in closed.akello.text(f"{LIST}?state=approved")


def test_a_register_with_a_conflict_is_left_out_and_named(disputed: World) -> None:
    wang = disputed.wang
    assert picks(wang) == [], "no tick is offered"
    item = queries.one_item(disputed.campus, PART, "register", "T01.1")
    assert item is not None
    answer = wang.post("/en/review/approve", LIST, pick=[f"{item.key} {item.digest}"])
    text = wang.text(answer.headers["Location"])
    assert (
        "0 records approved" in text
        and "PLC, batch 3 · 2025-11-21 08:30 – Two values stand against each other" in text
    )
    assert state(disputed) == "waiting"
    assert wang.post(REGISTER, decision="approved", digest=item.digest).status_code == 409


def test_what_arrived_after_the_page_is_not_approved_unseen(closed: World) -> None:
    wang = closed.wang
    ticks, seen = picks(wang), digest(wang)
    closed.mark(closed.first, "sakello", {"twabwire": "absent"})
    closed.meet(closed.first)
    closed.exchange()
    answer = wang.post("/en/review/approve", LIST, pick=ticks)
    assert "Something new arrived since you opened the page" in wang.text(answer.headers["Location"])
    assert wang.post(REGISTER, decision="approved", digest=seen).status_code == 409
    assert state(closed) == "waiting"


def test_a_later_mark_shows_as_changed_since_approval(closed: World) -> None:
    wang = closed.wang
    wang.post("/en/review/approve", LIST, pick=picks(wang))
    closed.mark(closed.first, "sakello", {"tnekesa": "excused"})
    closed.meet(closed.first)
    closed.exchange()
    assert state(closed) == "changed"
    assert "Changed since approval" in wang.text(LIST)
    wang.post("/en/review/approve", LIST, pick=picks(wang))
    assert state(closed) == "approved"


def test_a_return_needs_a_comment(closed: World) -> None:
    wang = closed.wang
    answer = wang.post(REGISTER, decision="returned", comment="  ", digest=digest(wang))
    assert answer.status_code == 422 and "needs to know why" in words(answer)
    assert state(closed) == "waiting"


def test_returned_work_reaches_its_author_and_comes_back_answered(closed: World) -> None:
    wang = closed.wang
    answer = wang.post(
        REGISTER, decision="returned", comment="Compare with the paper sheet.", digest=digest(wang)
    )
    assert answer.status_code == 303
    assert picks(wang) == [] and state(closed) == "returned"
    closed.exchange()
    assert [one.id for one in returned_to(closed.workshop, PART, "sakello")] == ["T01.1"]
    assert returned_to(closed.workshop, PART, "snamutebi") == []
    akello = closed.akello
    assert "Compare with the paper sheet." in akello.text(LIST)
    assert "Compare with the paper sheet." in akello.text("/en/register/T01/1")
    assert "Compare with the paper sheet." not in closed.namutebi.text(LIST).split("Show")[0]

    closed.first.act(
        closed.later(5),
        "sakello",
        "attendance.note",
        [Change("attendance", "T01.1.tokot", {"note": "Compared, it is right."})],
    )
    closed.meet(closed.first)
    closed.exchange()
    assert returned_to(closed.workshop, PART, "sakello") == []
    told = returned_for(closed.workshop, PART, "register", "T01.1")
    assert told is not None and told.answered
    assert "Answered since it was returned" in wang.text(LIST)


def test_a_clock_that_was_wrong_is_flagged_and_corrected(world: World) -> None:
    wall = world.now - 8 * MINUTE_MS
    world.mark(world.first, "sakello", {"tokot": "present"}, at=wall)
    world.close(world.first, at=wall + MINUTE_MS)
    world.meet(world.first)
    epoch = world.first.epoch
    world.state(
        world.workshop, Change("clock", f"{world.first.device}.{epoch}.1", {"offset_ms": -8 * MINUTE_MS})
    )
    world.exchange()
    text = world.wang.text(LIST)
    assert re.search(r"made 2025-11-21 12:5\d clock 8 minutes slow really 2025-11-21 13:0\d", text)


def test_instructors_look_and_do_not_approve(closed: World) -> None:
    akello = closed.akello
    assert "Approve the ticked" not in akello.get(f"{LIST}?state=all").text
    assert akello.post("/en/review/approve", "/en/account", pick=["register.T01.1 x"]).status_code == 403
    assert akello.post(REGISTER, "/en/account", decision="approved", digest="x").status_code == 403


def test_own_teaching_is_a_list_of_its_own(closed: World) -> None:
    closed.state(
        closed.workshop,
        Change(
            "training_class", "T01", {"kind": "own"}, tuple(closed.heads("training_class", "T01", "kind"))
        ),
    )
    closed.exchange()
    wang = closed.wang
    assert picks(wang) == []
    assert len(picks(wang, f"{LIST}?teaching=own")) == 1
    assert len(picks(wang, f"{LIST}?class=T01")) == 1, "a class that is asked for is shown whatever it is"


def test_pages_bear_any_address(closed: World) -> None:
    wang = closed.wang
    for query in (
        "page=0",
        "page=99999",
        "page=x",
        "state=x&kind=y&teaching=z",
        "class=%27%3B",
        "done=1&left=nothing",
        "left=a:b&done=2",
    ):
        assert wang.get(f"{LIST}?{query}").status_code == 200
    assert wang.get("/en/review?site=nowhere").status_code == 404
