"""Conflicts: both values are told, one person decides, and it is settled everywhere."""

import json
import re

import pytest

from sync import Change
from sync.merge import DECIDE
from workshop.site import Site

from .conftest import PART, Browser, World, words

LIST = "/en/review/conflicts"
OKOT = "/en/review/attendance/T01.1.tokot"


def form(browser: Browser, url: str = OKOT) -> dict[str, str]:
    """The hidden fields of the first form that decides."""
    text = browser.get(url).text
    found = dict(
        re.findall(r'<input type="hidden" name="(part|type|record|group|heads)" value="([^"]*)">', text)
    )
    assert len(found) == 5
    return {name: value.replace("&#34;", '"').replace("&quot;", '"') for name, value in found.items()}


def buttons(browser: Browser) -> list[str]:
    return re.findall(r'name="pick" value="([^"]+)"', browser.get(OKOT).text)


def mark(site: Site) -> tuple[str, int | None, int]:
    row = site.db.execute(
        "select status, minutes, conflict from rm_attendance where part = ? and id = 'T01.1.tokot'", (PART,)
    ).fetchone()
    return row[0], row[1], row[2]


def test_a_conflict_is_told_as_a_sentence_with_both_values(disputed: World) -> None:
    text = disputed.wang.text(LIST)
    assert "Two tablets marked differently: Okot James · PLC, batch 3 · 2025-11-21 08:30" in text
    assert "Present Akello Grace · UTC tablet 1" in text and "Absent Namutebi Joan · UTC tablet 2" in text
    assert text.index("counts for now") < text.index("Absent Namutebi")


def test_a_card_for_each_value_marks_the_one_that_counts_for_now(disputed: World) -> None:
    page = disputed.wang.get(OKOT).text
    assert page.count('class="compare-card"') == 2 and page.count("data-winner") == 1
    assert len(buttons(disputed.wang)) == 2


def test_the_campus_decides_and_it_is_settled_everywhere(disputed: World) -> None:
    wang = disputed.wang
    absent = next(op for op in buttons(wang) if op in _ops(disputed, "absent"))
    answer = wang.post("/en/review/conflicts", OKOT, **form(wang), pick=absent)
    assert answer.status_code == 303
    assert mark(disputed.campus) == ("absent", None, 0)
    assert "No conflict is open" in wang.text(LIST)
    disputed.exchange()
    assert mark(disputed.workshop) == ("absent", None, 0)
    assert disputed.one(disputed.workshop, "select count(*) from rm_conflict") == 0
    header = disputed.one(disputed.campus, "select header from op_log order by n desc limit 1")
    assert json.loads(header)["intent"] == DECIDE
    assert "Settled a conflict" in disputed.akello.text(OKOT)


def test_something_else_may_be_right_for_a_reason(disputed: World) -> None:
    wang = disputed.wang
    fields = form(wang) | {"v-status": "late", "v-minutes": "10"}
    assert wang.post("/en/review/conflicts", OKOT, **fields).status_code == 422  # no reason
    bad = fields | {"v-minutes": "ten", "reason": "x"}
    assert wang.post("/en/review/conflicts", OKOT, **bad).status_code == 422
    impossible = fields | {"v-minutes": "900", "reason": "x"}
    assert wang.post("/en/review/conflicts", OKOT, **impossible).status_code == 422
    answer = wang.post("/en/review/conflicts", OKOT, **fields, reason="The bus was late, both saw it")
    assert answer.status_code == 303
    assert mark(disputed.campus) == ("late", 10, 0)
    assert "Late, 10 min" in wang.text(OKOT) and "The bus was late, both saw it" in wang.text(OKOT)


def test_an_instructor_decides_about_her_own_session_only(disputed: World) -> None:
    namutebi, akello = disputed.namutebi, disputed.akello
    assert "Akello Grace, an administrator or the home campus decides this." in namutebi.text(LIST)
    fields = form(akello)
    pick = buttons(akello)[0]
    assert namutebi.post("/en/review/conflicts", "/en/account", **fields, pick=pick).status_code == 403
    assert mark(disputed.workshop)[2] == 1
    assert akello.post("/en/review/conflicts", OKOT, **fields, pick=pick).status_code == 303
    assert mark(disputed.workshop)[2] == 0


def test_an_administrator_decides_about_everything_of_the_workshop(disputed: World) -> None:
    mukasa = disputed.mukasa
    assert (
        mukasa.post("/en/review/conflicts", OKOT, **form(mukasa), pick=buttons(mukasa)[1]).status_code == 303
    )
    assert mark(disputed.workshop)[2] == 0


def test_what_was_settled_meanwhile_is_not_settled_again(disputed: World) -> None:
    akello, mukasa = disputed.akello, disputed.mukasa
    fields, pick = form(akello), buttons(akello)[0]
    mukasa.post("/en/review/conflicts", OKOT, **form(mukasa), pick=pick)
    answer = akello.post("/en/review/conflicts", "/en/account", **fields, pick=pick)
    assert answer.status_code == 409 and "has been settled meanwhile" in words(answer)


def test_a_third_value_that_arrives_is_not_decided_unseen(disputed: World) -> None:
    akello = disputed.akello
    fields, pick = form(akello), buttons(akello)[0]
    disputed.mark(disputed.second, "snamutebi", {"tokot": "excused"})
    disputed.meet(disputed.second)
    assert akello.post("/en/review/conflicts", OKOT, **fields, pick=pick).status_code == 409
    assert mark(disputed.workshop)[2] == 1


def test_an_op_that_is_not_part_of_the_conflict_is_refused(disputed: World) -> None:
    wang = disputed.wang
    fields = form(wang)
    other = disputed.heads("session", "T01.1", "register")[0]
    assert wang.post("/en/review/conflicts", OKOT, **fields, pick=other).status_code == 409
    assert wang.post("/en/review/conflicts", OKOT, **{**fields, "heads": "{"}, pick=other).status_code == 400
    assert (
        wang.post("/en/review/conflicts", OKOT, **{**fields, "part": "elsewhere"}, pick=other).status_code
        == 404
    )


@pytest.mark.parametrize("first", ["first", "second"])
def test_any_declared_field_can_be_decided(world: World, first: str) -> None:
    """Two results were signed for one attempt, on two tablets: a value declared `once`, which only a decision replaces."""
    about = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "plc-1"}
    for tablet, actor, outcome in (
        (world.first, "sakello", "competent"),
        (world.second, "snamutebi", "not_yet"),
    ):
        result = {"steps": [["s1", "yes", ""]], "outcome": outcome}
        tablet.act(
            world.later(1), actor, "attempt.sign_off", [Change("attempt", "a1", {**about, "result": result})]
        )
    world.meet(world.first, world.second)
    world.exchange()
    wang, url = world.wang, "/en/review/attempt/a1"
    assert "“Result signed” was entered differently" in wang.text(LIST)
    chosen = (world.first if first == "first" else world.second).device
    op = world.one(world.campus, "select op from rm_conflict where device = ?", chosen)
    assert wang.post("/en/review/conflicts", url, **form(wang, url), pick=op).status_code == 303
    world.exchange()
    for site in (world.campus, world.workshop):
        row = site.db.execute("select result ->> 'outcome', conflict from rm_attempt").fetchone()
        assert tuple(row) == ("competent" if first == "first" else "not_yet", 0)


def _ops(world: World, status: str) -> set[str]:
    rows = world.campus.db.execute("select op from rm_conflict where value ->> 'status' = ?", (status,))
    return {row[0] for row in rows}


def test_a_list_is_ones_own_or_all_oldest_first_and_filtered(disputed: World) -> None:
    """Nandutu assesses: she sees the conflict about the result that she signed, and who decides it; not Akello's register."""
    disputed.state(
        disputed.workshop,
        Change("staff", "snandutu", {"name_en": "Nandutu Sarah"}),
        Change("grant", "snandutu.assessor.all", {"active": True}),
        Change("device_person", f"{disputed.second.device}.snandutu", {"active": True}),
    )
    about = {"class_id": "T01", "trainee_id": "tnekesa", "rubric_id": "plc-1"}
    for tablet, actor, outcome in (
        (disputed.first, "sakello", "competent"),
        (disputed.second, "snandutu", "not_yet"),
    ):
        result = {"steps": [["s1", "yes", ""]], "outcome": outcome}
        change = Change("attempt", "a1", {**about, "result": result})
        tablet.act(disputed.later(1), actor, "attempt.sign_off", [change])
    disputed.meet(disputed.first, disputed.second)
    nandutu, mukasa = disputed.browser(disputed.workshop, "nandutu"), disputed.mukasa
    seen = nandutu.text(LIST)
    assert "“Result signed” was entered differently: Nekesa Ruth" in seen and "Okot James" not in seen
    assert "Conflicts 1" in seen and "Akello Grace, an administrator or the home campus decides this." in seen
    url = "/en/review/attempt/a1"
    fields, pick = form(mukasa, url), mukasa.get(url).text.split('name="pick" value="')[1][:16]
    assert nandutu.post("/en/review/conflicts", "/en/account", **fields, pick=pick).status_code == 403
    every = mukasa.text(LIST)
    assert "Conflicts 2" in every and every.index("Okot James") < every.index("Nekesa Ruth")
    assert "Okot James" not in mukasa.text(LIST + "?type=attempt")
    assert "Nekesa Ruth" not in mukasa.text(LIST + "?type=attendance&class=T01")
    assert "Nothing of this kind" in mukasa.text(LIST + "?class=T09")
    page = mukasa.get(OKOT).text
    assert 'rel="next"' in page and 'rel="prev"' not in page and "1 of 2" in page
