"""A decision can be taken back: the question is open again everywhere, and the history shows both. Two decisions at once are a question again."""

import re

from sync import Change, PrivateKey
from sync.author import Author
from sync.merge import UNDO
from workshop.privacy import commands as privacy
from workshop.site import Site

from .conftest import PART, Browser, World
from .test_conflicts import LIST, OKOT, buttons, form, mark

UNDO_URL = "/en/review/undo"


def decide(browser: Browser, which: int = 0, **fields: str) -> int:
    """Press one of the buttons "This is right"."""
    pick = buttons(browser)[which]
    return browser.post("/en/review/conflicts", OKOT, **form(browser), pick=pick, **fields).status_code


def decision(site: Site) -> str:
    """The op that the mark rests on."""
    heads = site.db.execute(
        "select heads ->> '$.mark[0]' from rm_attendance where id = 'T01.1.tokot'"
    ).fetchone()
    return str(heads[0])


def conflicts_in(site: Site) -> list[tuple[str, str, int]]:
    rows = site.db.execute("select value ->> 'status', actor, winner from rm_conflict order by 1")
    return [tuple(row) for row in rows]


def test_what_was_decided_is_open_again_everywhere_with_the_authors_that_it_had(disputed: World) -> None:
    was = conflicts_in(disputed.workshop)
    assert was == [("absent", "snamutebi", 0), ("present", "sakello", 1)]
    assert decide(disputed.wang, 1, reason="The photo shows an empty chair") == 303
    disputed.exchange()
    assert mark(disputed.workshop) == ("absent", None, 0)
    akello = disputed.akello
    page = akello.text(OKOT)
    assert "Decided" in page and "Wang Lei" in page and "The photo shows an empty chair" in page
    answer = akello.post(UNDO_URL, OKOT, op=decision(disputed.workshop), reason="That was another day")
    assert answer.status_code == 303
    assert conflicts_in(disputed.workshop) == was
    disputed.exchange()
    for site, browser in ((disputed.campus, disputed.wang), (disputed.workshop, akello)):
        assert mark(site) == ("present", None, 1)
        assert conflicts_in(site) == was
        assert "Two tablets marked differently: Okot James" in browser.text(LIST)
        history = browser.text(OKOT)
        assert "Settled a conflict" in history and "Took a decision back" in history
        assert "That was another day" in history
        settled = browser.text(LIST + "?show=done")
        assert "Taken back" in settled and "The photo shows an empty chair" in settled
    assert disputed.campus.node.model.state_hash() == disputed.workshop.node.model.state_hash()
    for site in (disputed.campus, disputed.workshop):
        before, after = site.node.rebuild()
        assert before == after


def test_it_can_be_decided_anew_and_that_be_taken_back_too(disputed: World) -> None:
    akello = disputed.akello
    for which, value in ((0, "present"), (1, "absent")):
        assert decide(akello, which) == 303
        assert mark(disputed.workshop) == (value, None, 0)
        assert akello.post(UNDO_URL, OKOT, op=decision(disputed.workshop)).status_code == 303
        assert mark(disputed.workshop) == ("present", None, 1)


def test_only_who_may_decide_may_take_back(disputed: World) -> None:
    decide(disputed.akello)
    op = decision(disputed.workshop)
    namutebi = disputed.namutebi
    assert "Take the decision back" not in namutebi.text(OKOT)
    assert namutebi.post(UNDO_URL, "/en/account", op=op).status_code == 403
    assert mark(disputed.workshop) == ("present", None, 0)


def test_what_somebody_built_on_is_not_taken_back(disputed: World) -> None:
    akello = disputed.akello
    decide(akello, 1)
    op = decision(disputed.workshop)
    disputed.mark(disputed.first, "sakello", {"tokot": "excused"}, base=[op])
    disputed.meet(disputed.first)
    assert "Take the decision back" not in akello.text(OKOT)
    answer = akello.post(UNDO_URL, "/en/account", op=op)
    assert answer.status_code == 409 and "does not stand any more" in answer.text
    assert mark(disputed.workshop) == ("excused", None, 0)


def test_an_undo_that_did_not_know_of_a_newer_value_changes_nothing(disputed: World) -> None:
    """The campus takes back what a tablet has replaced meanwhile."""
    wang = disputed.wang
    decide(wang, 1)
    op = decision(disputed.campus)
    disputed.exchange()
    disputed.mark(disputed.first, "sakello", {"tokot": "excused"}, base=[op])
    disputed.meet(disputed.first)
    assert wang.post(UNDO_URL, OKOT, op=op).status_code == 303
    disputed.exchange()
    for site in (disputed.campus, disputed.workshop):
        assert mark(site) == ("excused", None, 0)


def test_two_sites_that_decide_differently_at_once_make_a_new_question(disputed: World) -> None:
    wang, akello = disputed.wang, disputed.akello
    assert decide(wang, 1, reason="By the photo") == 303
    assert decide(akello, 0, reason="I saw him") == 303
    disputed.exchange()
    for browser in (wang, akello):
        assert "Decided differently at two places: Okot James" in browser.text(LIST)
        page = browser.text(OKOT)
        assert page.count("This is itself a decision.") == 2
        assert "By the photo" in page and "I saw him" in page
    assert {row[1] for row in conflicts_in(disputed.campus)} == {"swang", "sakello"}
    assert decide(wang, 0) == 303
    disputed.exchange()
    assert mark(disputed.campus) == mark(disputed.workshop) == ("present", None, 0)


def test_with_one_of_two_decisions_taken_back_the_other_stands(disputed: World) -> None:
    wang, akello = disputed.wang, disputed.akello
    decide(wang, 1)
    by_wang = decision(disputed.campus)
    decide(akello, 0)
    assert wang.post(UNDO_URL, OKOT, op=by_wang).status_code == 303
    assert mark(disputed.campus)[2] == 1
    disputed.exchange()
    assert mark(disputed.campus) == mark(disputed.workshop) == ("present", None, 0)


def test_equal_decisions_at_two_sites_are_no_question(disputed: World) -> None:
    decide(disputed.wang, 0)
    decide(disputed.akello, 0)
    disputed.exchange()
    assert mark(disputed.campus) == mark(disputed.workshop) == ("present", None, 0)


def test_a_signed_result_is_decided_and_open_again(world: World) -> None:
    """A value declared `once`."""
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
    akello, url = world.akello, "/en/review/attempt/a1"
    assert "it was signed first. Only a decision replaces it" in akello.text(url)
    fields = form(akello, url)
    pick = re.findall(r'name="pick" value="([^"]+)"', akello.get(url).text)[1]
    assert akello.post("/en/review/conflicts", url, **fields, pick=pick).status_code == 303
    outcome = "select result ->> 'outcome', conflict from rm_attempt where id = 'a1'"
    assert tuple(world.one(world.workshop, outcome)) == ("not_yet", 0)
    op = world.heads("attempt", "a1", "result")[0]
    assert akello.post(UNDO_URL, url, op=op).status_code == 303
    assert tuple(world.one(world.workshop, outcome)) == ("competent", 1)


def test_a_stranger_takes_nothing_back(disputed: World) -> None:
    """Mallory's tablet is not enrolled: her undo is held back, and without an account there is only the sign-in page."""
    decide(disputed.akello, 1)
    op = decision(disputed.workshop)
    mallory = Author(PrivateKey(b"m" * 32), "mmmmmmmm", disputed.clock)
    undo = Change("attendance", "T01.1.tokot", {"status": "absent"}, (op,))
    mallory.record(PART, "sakello", UNDO, [undo])
    assert disputed.workshop.node.take(mallory.runs(PART))[0] == 1
    assert mark(disputed.workshop) == ("absent", None, 0)
    stranger = disputed.akello.client.application.test_client()
    for url in (LIST, OKOT, "/en/review/held"):
        assert stranger.get(url).status_code == 303


def test_an_op_that_is_no_decision_is_not_undone(disputed: World) -> None:
    akello = disputed.akello
    for op in (disputed.heads("session", "T01.1", "register")[0], "AAAAAAAAAAAAAAAA", ""):
        assert akello.post(UNDO_URL, OKOT, op=op).status_code == 404


def test_an_erasure_takes_the_reasons_and_leaves_the_undo(disputed: World) -> None:
    """Okot is erased: nobody reads why any more, and the question stays open as it was."""
    wang, akello = disputed.wang, disputed.akello
    assert decide(wang, 1) == 303
    disputed.exchange()
    op = decision(disputed.workshop)
    assert akello.post(UNDO_URL, OKOT, op=op, reason="Okot was ill, his mother called").status_code == 303
    disputed.exchange()
    was = conflicts_in(disputed.campus)
    privacy.erase(disputed.campus, PART, "swang", "tokot", typed="UTC/000", reason="asked")
    disputed.exchange()
    for site in (disputed.campus, disputed.workshop):
        assert mark(site) == ("present", None, 1)
        assert conflicts_in(site) == was
        kept = site.db.execute(
            "select count(*) from op_log where instr(body, 'his mother called')"
        ).fetchone()
        assert kept[0] == 0
