"""What is held back can be repaired, set aside and put back. The op itself stays, whatever anybody answers."""

import hashlib
import re
from typing import Any

import pytest

from sync import Change, exchange, wire
from workshop.site import Site

from .conftest import PART, Browser, World

LIST = "/en/review/held"


def impossible(world: World, actor: str = "sakello", trainee: str = "tokot", session: str = "T01.1") -> str:
    """A mark with minutes late for somebody present."""
    change = Change("attendance", f"{session}.{trainee}", {"status": "present", "minutes": 5})
    return world.first.act(world.later(1), actor, "attendance.mark", [change])


def held(site: Site) -> list[str]:
    return [row[0] for row in site.db.execute("select op from rm_quarantine order by n")]


def fields_of(browser: Browser, op: str) -> dict[str, str]:
    """The repair form as the page has it."""
    text = browser.get(f"{LIST}/{op}").text
    form = next(one for one in text.split("<form")[1:] if 'value="repair"' in one).split("</form>")[0]
    found = dict(re.findall(r'<input[^>]*name="([cv][^"]*)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    found.update(dict.fromkeys(re.findall(r'name="(take-\d+)"', form), "1"))
    return {name: value for name, value in found.items() if name != "csrf"}


def answer(browser: Browser, op: str, **fields: Any) -> int:
    return browser.post(f"{LIST}/{op}", **fields).status_code


def log_of(site: Site, upto: int = 2**62) -> str:
    """Every byte of the log, in order."""
    total = hashlib.sha256()
    for row in site.db.execute("select n, link, header, body from op_log where n <= ? order by n", (upto,)):
        total.update(repr(row).encode())
    return total.hexdigest()


def test_repaired_in_ones_own_name_and_off_the_list_everywhere(world: World) -> None:
    op = impossible(world)
    world.meet(world.first)
    akello = world.akello
    page = akello.text(f"{LIST}/{op}")
    assert "It wanted Present · 5 min" in page and "Stands now nothing" in page
    fields = fields_of(akello, op)
    assert fields == {"c0-status": "present", "c0-minutes": "5", "take-0": "1"}
    assert answer(akello, op, **fields, do="repair", reason="x") == 422  # still impossible
    assert answer(akello, op, **fields | {"c0-minutes": ""}, do="repair") == 422  # no reason
    good = fields | {"c0-status": "late"}
    assert answer(akello, op, **good, do="repair", reason="He came late, I pressed the wrong button") == 303
    world.exchange()
    for site, browser in ((world.workshop, akello), (world.campus, world.wang)):
        row = site.db.execute("select status, minutes, actor, conflict from rm_attendance").fetchone()
        assert tuple(row) == ("late", 5, "sakello", 0)
        assert held(site) == [op], "the entry itself is kept"
        assert "Nothing is held back" in browser.text(LIST)
        done = browser.text(LIST + "?show=done")
        assert "Repaired by Akello Grace" in done and "I pressed the wrong button" in done
        history = browser.text("/en/review/attendance/T01.1.tokot")
        assert "Repaired an entry that was held back" in history
    assert answer(akello, op, **good, do="repair", reason="again") == 409


def test_when_the_cause_goes_away_later_the_repair_still_counts(world: World) -> None:
    op = world.mark(world.first, "snew", {"tokot": "present"})
    world.meet(world.first)
    mukasa = world.mukasa
    fields = fields_of(mukasa, op) | {"c0-status": "absent"}
    assert answer(mukasa, op, **fields, do="repair", reason="He was not there") == 303
    world.state(
        world.workshop,
        Change("grant", "snew.instructor.all", {"active": True}),
        Change("device_person", f"{world.first.device}.snew", {"active": True}),
    )
    assert held(world.workshop) == []
    row = world.workshop.db.execute("select status, conflict from rm_attendance").fetchone()
    assert tuple(row) == ("absent", 0)
    assert mukasa.get(f"{LIST}/{op}").status_code == 404


def test_set_aside_with_a_reason_and_put_back(world: World) -> None:
    op = impossible(world)
    world.meet(world.first)
    akello = world.akello
    assert answer(akello, op, do="set_aside") == 422
    assert answer(akello, op, do="set_aside", reason="Practice on the first day") == 303
    assert "Nothing is held back" in akello.text(LIST)
    assert "Set aside by Akello Grace" in akello.text(LIST + "?show=done")
    world.exchange()
    assert "Nothing is held back" in world.wang.text(LIST)
    assert world.wang.post(f"{LIST}/{op}", do="open").status_code == 303
    world.exchange()
    assert "Nothing is held back" not in akello.text(LIST)
    assert held(world.workshop) == held(world.campus) == [op]


def test_of_an_entry_about_many_only_what_is_ticked_is_entered(world: World) -> None:
    world.mark(world.first, "snew", {"tokot": "present", "tnekesa": "absent"})
    world.meet(world.first)
    [op] = held(world.workshop)
    mukasa = world.mukasa
    fields = fields_of(mukasa, op)
    assert answer(mukasa, op, do="repair", reason="x") == 422  # nothing ticked
    fields.pop("take-0")
    assert answer(mukasa, op, **fields, do="repair", reason="Only she was in the room") == 303
    rows = world.workshop.db.execute("select trainee_id, status from rm_attendance").fetchall()
    assert [tuple(row) for row in rows] == [("tnekesa", "absent")]


def test_everybody_answers_for_their_own_and_some_for_all(world: World) -> None:
    op = impossible(world)
    world.meet(world.first)
    assert world.namutebi.get(f"{LIST}/{op}").status_code == 403
    assert answer(world.namutebi, op, do="set_aside", reason="x") == 403
    assert world.mukasa.get(f"{LIST}/{op}").status_code == 200
    assert world.akello.get(f"{LIST}/AAAAAAAAAAAAAAAA").status_code == 404
    assert answer(world.akello, op, do="delete") == 400


def test_what_cannot_be_read_shows_its_text_and_offers_no_form(world: World) -> None:
    op = world.first.act(world.later(1), "sakello", "odd.thing", [Change("unheard_of", "x.y", {"<b>": [1]})])
    world.meet(world.first)
    text = world.akello.get(f"{LIST}/{op}").text
    assert 'value="repair"' not in text and 'value="set_aside"' in text
    assert (
        "unheard_of" in text.split("<summary>For support")[1]
        and "<b>" not in text.split("<summary>For support")[1]
    )


def test_the_list_is_oldest_first_filtered_and_walked_through(world: World) -> None:
    first = impossible(world)
    second = impossible(world, trainee="tnekesa", session="T02.1")
    third = world.second.act(
        world.later(1), "snamutebi", "session.edit", [Change("session", "T01.2", {"minutes": "x"})]
    )
    world.meet(world.first, world.second)
    mukasa = world.mukasa
    assert re.findall(r'href="[^"]*/review/held/([^"?]+)', mukasa.get(LIST).text)[::2] == [
        first,
        second,
        third,
    ]

    def shown(query: str) -> list[str]:
        return re.findall(r'href="[^"]*/review/held/([^"?]+)', mukasa.get(f"{LIST}?{query}").text)[::2]

    assert shown("class=T02") == [second]
    assert shown("type=session") == [third]
    assert shown(f"tablet={world.first.device}") == [first, second]
    assert shown("class=T02&type=session") == []
    page = mukasa.get(f"{LIST}/{second}").text
    assert re.search(rf'rel="prev" href="[^"]*{first}"', page) and re.search(
        rf'rel="next" href="[^"]*{third}"', page
    )
    assert "2 of 3" in page


def test_the_start_page_counts_what_waits(world: World) -> None:
    impossible(world)
    world.meet(world.first)
    world.exchange()
    assert "Waits for a decision Held back 1" in world.akello.text("/en/")
    assert "Waits for a decision" not in world.namutebi.text("/en/")
    assert "Waits for a decision Held back 1 mbale" in world.wang.text("/en/")


def test_the_tablet_is_not_told_any_more_of_what_somebody_answered_for(world: World) -> None:
    def told() -> list[list[str]]:
        data, signature = world.first.request(world.workshop.device, [])
        node = world.workshop.node
        raw = exchange.answer(node, exchange.open_request(data, signature, node.device), [])
        return list(wire.unpack(raw)[0].get("quarantined", []))

    op = impossible(world)
    world.meet(world.first)
    assert told() == [[op, "rule_broken"]]
    answer(world.akello, op, do="set_aside", reason="x")
    assert told() == []
    answer(world.akello, op, do="open")
    assert told() == [[op, "rule_broken"]]


@pytest.mark.parametrize("do", ["repair", "set_aside"])
def test_no_answer_changes_what_the_log_holds(world: World, do: str) -> None:
    op = impossible(world)
    world.meet(world.first)
    akello = world.akello
    fields = fields_of(akello, op) | {"c0-minutes": ""}
    last = world.one(world.workshop, "select max(n) from op_log")
    before = log_of(world.workshop)
    assert answer(akello, op, **fields, do=do, reason="x") == 303
    rows = world.workshop.db.execute("select n from op_log where n > ?", (last,)).fetchall()
    assert len(rows) == 1
    assert log_of(world.workshop, last) == before
    assert world.one(world.workshop, "select count(*) from rm_quarantine where part = ?", PART) == 1
