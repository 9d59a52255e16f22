"""A practical test on a tablet: prepared with a network, done without one, safe through a kill, sent afterwards, corrected later."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.at_work import SMALL, WIDE, call, eventually, opened, ready_tablet, rows_in, sign_in
from tests.browser.conftest import Tablet, chromium_path
from tests.browser.servers import CLASS, RUBRIC, TRAINEES, TwoSites
from workshop.exchange import background

pytestmark = pytest.mark.browser

Chromium = Callable[..., Tablet]
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "assessment.json").read_text("utf-8"))
FIRST, SECOND = TRAINEES[:2]
STEPS = ("guards", "clamp", "offset", "measure", "clean")


def test_url(url: str, lang: str = "en", anchor: str = "") -> str:
    return f"{url}/{lang}/classes/{CLASS}/tests/{RUBRIC}" + (f"#{anchor}" if anchor else "")


test_url.__test__ = False  # type: ignore[attr-defined]


def open_person(page: Page, trainee: str) -> Locator:
    page.locator(f"#{trainee} [data-open-person]").click()
    person = page.locator(f"#{trainee}")
    expect(person).to_have_attribute("data-open", "")
    return person


def begin(page: Page, trainee: str) -> Locator:
    """Open a person and begin a test; the attempt's element."""
    person = open_person(page, trainee)
    person.locator("form[data-act=start] button").click()
    attempt = person.locator("li.attempt").last
    expect(attempt).to_be_visible()
    expect(page.locator("[data-steps-sheet]")).to_be_visible()
    return attempt


def see(page: Page, step: str, result: str) -> None:
    """One tap; waits for the tick."""
    button = page.locator(f"li[data-step={step}] .marks button[value={result}]")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def sign_off(page: Page, outcome: str) -> None:
    page.locator("form[data-act=sign] button").click()
    expect(page.locator("[data-sign-outcome]")).to_have_text(outcome)
    page.locator("dialog#sign form[data-act=confirm] button").click()
    expect(page.locator("dialog#sign")).to_be_hidden()


def send_now(page: Page) -> None:
    """Exchange at once, after any exchange that is under way."""
    eventually(lambda: not call(page, "sync/client.js", "isSending"))
    assert call(page, "sync/client.js", "sendNow")["ok"]


def attempts_stored(sites: TwoSites, site: str = "workshop") -> dict[str, dict[str, Any]]:
    """{attempt id: row} in a site's read model."""
    names = ("id", "trainee_id", "result", "void", "replaces", "conflict")
    folder = getattr(sites, site).folder
    rows = rows_in(folder, f"select {', '.join(names)} from rm_attempt")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def complaints(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console", lambda m: found.append(m.text) if m.type == "error" and "net::" not in m.text else None
    )
    return found


def test_the_tablets_rules_are_the_servers(chromium: Chromium, two_sites: TwoSites) -> None:
    page = chromium().open()
    sign_in(page, two_sites.workshop.url, "akello")
    for case in VECTORS["outcome"]:
        steps = [{"id": id_, "critical": critical} for id_, critical in case["steps"]]
        assert call(page, "assessment/rules.js", "outcomeOf", steps, case["seen"]) == case["outcome"], case[
            "why"
        ]
    for case in VECTORS["frozen"]:
        steps = [{"id": id_, "critical": critical} for id_, critical in case["steps"]]
        assert call(page, "assessment/rules.js", "frozenSteps", steps, case["marks"]) == case["frozen"]
    for case in VECTORS["standing"]:
        found = call(page, "assessment/rules.js", "standingOf", case["attempts"])
        assert found == case["standing"], case["why"]
    for case in VECTORS["start"]:
        assert call(page, "assessment/rules.js", "startTime", case["now"], case["known"]) == case["start"]


def test_a_class_is_tested_without_a_network_and_survives_a_kill(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    tablet, workshop = chromium(), two_sites.workshop
    page = tablet.open(viewport=SMALL)
    ready_tablet(page, workshop)
    workshop.kill()

    page.goto(test_url(workshop.url))
    found = complaints(page)
    first = begin(page, FIRST)
    expect(first.locator("[data-where]")).to_have_text("On this tablet")
    for step in STEPS[:4]:
        see(page, step, "yes")
    remark = page.locator("li[data-step=offset] textarea")
    remark.fill("Right at the second try. 第二次才对")
    expect(page.locator("[data-missing]")).to_have_text("1 step not recorded")
    eventually(lambda: len(ops(page)) == 6, what="the remark was not kept by itself")
    assert found == []
    tablet.kill()

    page = tablet.open(test_url(workshop.url, anchor=FIRST), viewport=SMALL)
    for step in STEPS[:4]:
        expect(page.locator(f"li[data-step={step}] button[value=yes]").first).to_have_attribute(
            "aria-pressed", "true"
        )
    expect(page.locator("li[data-step=offset] textarea")).to_have_value("Right at the second try. 第二次才对")
    sign_off(page, "Competent")
    expect(page.locator(f"#{FIRST} [data-person-tags]")).to_have_text("Competent")
    expect(page.locator("[data-steps-sheet]")).to_be_hidden()
    page.go_back()
    page.goto(test_url(workshop.url))
    begin(page, SECOND)
    see(page, "guards", "no")
    sign_off(page, "Not yet competent")
    page.locator("[data-back]").click()
    expect(page.locator("[data-count=competent]")).to_have_text("1")
    expect(page.locator("[data-count=not_yet]")).to_have_text("1")
    expect(page.locator("[data-count=none]")).to_have_text("38")


def ops(page: Page) -> list[dict[str, Any]]:
    """This tablet's ops about the test, oldest first: intent and body."""
    rows = page.evaluate(
        """async () => {
          const { readAll } = await import(`/static/${document.body.dataset.build}/js/lib/db.js`);
          return (await readAll("ops")).map(({ header, body, op }) => ({ op, header, body }));
        }"""
    )
    found = [
        {"op": r["op"], "intent": json.loads(r["header"])["intent"], "body": json.loads(r["body"])}
        for r in rows
    ]
    return [each for each in found if each["intent"].startswith("attempt.")]


def test_what_was_done_offline_arrives_at_the_workshop_and_at_the_campus(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    tablet, workshop = chromium(), two_sites.workshop
    page = tablet.open(viewport=WIDE)
    ready_tablet(page, workshop)
    page.goto(test_url(workshop.url))
    page.context.set_offline(True)
    attempt = begin(page, FIRST)
    see(page, "guards", "no")
    see(page, "guards", "yes")
    for step in STEPS[1:]:
        see(page, step, "yes")
    sign_off(page, "Competent")
    made = ops(page)
    assert [each["intent"] for each in made] == ["attempt.start", *["attempt.step"] * 6, "attempt.sign_off"]
    # The second tap names the first; the signature names every step that it was given in view of.
    assert made[2]["body"][0][3] == [made[1]["op"]]
    assert set(made[-1]["body"][0][3]) == {each["op"] for each in made[:-1]} - {made[1]["op"]}
    page.context.set_offline(False)
    send_now(page)
    expect(attempt.locator("[data-where]")).to_have_text("At the workshop")
    [row] = attempts_stored(two_sites).values()
    result = json.loads(row["result"])
    assert (row["trainee_id"], result["outcome"], row["conflict"]) == (FIRST, "competent", 0)
    assert result["steps"] == [[step, "yes", ""] for step in STEPS]
    assert rows_in(workshop.folder, "select count(*) from rm_attempt_step where conflict = 1") == [(0,)]
    with opened(workshop) as here:
        for peer in background.peers(here):
            background.exchange_with(here, peer.address)
    assert attempts_stored(two_sites, "campus") == attempts_stored(two_sites)
    send_now(page)
    expect(attempt.locator("[data-where]")).to_have_text("At the home campus")
    # The page that comes now contains it: nothing is laid over, nothing flickers back.
    page.goto(f"{workshop.url}/en/")
    page.goto(test_url(workshop.url, anchor=FIRST))
    page.reload()
    expect(page.locator(f"#{FIRST} li.attempt")).to_have_count(1)
    expect(page.locator(f"#{FIRST} [data-person-tags]")).to_have_text("Competent")


def test_a_signed_attempt_is_corrected_by_a_new_one_that_replaces_it(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    page = chromium().open(viewport=SMALL)
    ready_tablet(page, two_sites.workshop)
    page.goto(test_url(two_sites.workshop.url))
    page.context.set_offline(True)
    old = begin(page, FIRST)
    see(page, "guards", "no")
    see(page, "offset", "yes")
    sign_off(page, "Not yet competent")
    old_id = old.get_attribute("data-id")
    old = page.locator(f"li#{old_id}")
    old.locator("[data-void-box] summary").click()
    old.locator("textarea[name=reason]").fill("I ticked the line below by mistake.")
    old.locator("button[value=correct]").click()
    expect(old.locator("[data-tag]")).to_have_text("Void")
    expect(old.locator("[data-void-reason]")).to_have_text("I ticked the line below by mistake.")
    expect(page.locator("li[data-step=guards] button[value=no]")).to_have_attribute("aria-pressed", "true")
    see(page, "guards", "yes")
    sign_off(page, "Competent")
    page.context.set_offline(False)
    send_now(page)
    stored = attempts_stored(two_sites)
    [new] = [row for row in stored.values() if row["replaces"]]
    assert new["replaces"] == old_id
    assert json.loads(stored[str(old_id)]["void"]) == {"reason": "I ticked the line below by mistake."}
    assert json.loads(stored[str(old_id)]["result"])["outcome"] == "not_yet"
    assert json.loads(new["result"])["outcome"] == "competent"


def test_what_another_assessor_signed_comes_with_the_page(chromium: Chromium, two_sites: TwoSites) -> None:
    workshop = two_sites.workshop
    one, two = chromium("one").open(), chromium("two").open()
    ready_tablet(one, workshop)
    ready_tablet(two, workshop, "nandutu")
    one.goto(test_url(workshop.url))
    begin(one, FIRST)
    see(one, "guards", "no")
    sign_off(one, "Not yet competent")
    send_now(one)
    eventually(lambda: json.loads(next(iter(attempts_stored(two_sites).values()))["result"] or "{}"))
    two.evaluate(
        """async (urls) => (await import(`/static/${document.body.dataset.build}/js/lib/worker.js`)).prepare(urls, "T01")""",
        [f"/en/classes/{CLASS}/tests/{RUBRIC}"],
    )
    two.goto(test_url(workshop.url))
    two.context.set_offline(True)
    person = two.locator(f"#{FIRST}")
    expect(person.locator("[data-person-tags]")).to_have_text("Not yet competent")
    begin(two, FIRST)
    expect(person.locator("li.attempt [data-who]").first).to_have_text("Akello Grace")
    for step in STEPS:
        see(two, step, "yes")
    sign_off(two, "Competent")
    expect(person.locator("[data-person-tags]")).to_have_text("Competent")
    two.context.set_offline(False)
    send_now(two)
    # Nandutu had Akello's result in view: a retest, not a dispute.
    one.goto(f"{workshop.url}/en/")
    signed = rows_in(workshop.folder, "select id from rm_attempt where result is not null")
    assert len(signed) == 2
    text = one.request.get(test_url(workshop.url)).text()
    section = re.search(rf'<section class="person" id="{FIRST}".*?</section>', text, re.DOTALL)
    assert section and "Results differ" not in section[0] and "Competent" in section[0]


def test_everything_can_be_hit_and_nothing_is_wider_than_the_screen(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    workshop = two_sites.workshop
    page = chromium().open(viewport=SMALL)
    ready_tablet(page, workshop)
    for lang in ("en", "zh"):
        page.goto(test_url(workshop.url, lang))
        if lang == "en":
            begin(page, FIRST)
            see(page, "guards", "yes")
        else:
            open_person(page, FIRST)
        for where in ("open", "asking"):
            if where == "asking":
                page.locator("form[data-act=sign] button").click()
                expect(page.locator("dialog#sign")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            small = page.evaluate(
                """() => [...document.querySelectorAll("#content a, #content button, #content summary, #content textarea")]
                  .map((each) => [each.textContent.trim() || each.name, each.getBoundingClientRect()])
                  .filter(([, { width, height }]) => width && (width < 48 || height < 48)).map(([name]) => name)"""
            )
            assert small == []


def test_the_open_person_follows_the_address_and_the_language_keeps_it(
    chromium: Chromium, two_sites: TwoSites
) -> None:
    workshop = two_sites.workshop
    page = chromium().open(viewport=SMALL)
    ready_tablet(page, workshop)
    page.goto(test_url(workshop.url))
    open_person(page, SECOND)
    expect(page.locator(f"#{FIRST}")).to_be_hidden()
    page.locator("[data-lang-switch]").first.click()
    page.wait_for_url(test_url(workshop.url, "zh", SECOND))
    expect(page.locator(f"#{SECOND} form[data-act=start]")).to_be_visible()
    expect(page.locator(f"#{FIRST}")).to_be_hidden()
    page.locator("[data-back]").click()
    expect(page.locator(f"#{FIRST}")).to_be_visible()


def test_without_scripts_the_forms_do_the_same(playwright: Any, two_sites: TwoSites) -> None:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
    page = browser.new_context(java_script_enabled=False, viewport=SMALL).new_page()
    sign_in(page, two_sites.workshop.url, "nandutu")
    page.goto(test_url(two_sites.workshop.url))
    page.locator(f"#{FIRST} [data-open-person]").click()
    expect(page.locator(f"#{SECOND}")).to_be_hidden()
    page.locator(f"#{FIRST} form[data-act=start] button").click()
    for step in STEPS:
        page.locator(f"li[data-step={step}] .marks button[value=yes]").click()
        expect(page.locator(f"li[data-step={step}] .marks button[value=yes]")).to_have_attribute(
            "aria-pressed", "true"
        )
    page.locator("form[data-act=sign] button").click()
    expect(page.locator("dialog#sign")).to_be_visible()
    page.locator("dialog#sign form button").click()
    expect(page.locator(f"#{FIRST} [data-person-tags]")).to_have_text("Competent")
    browser.close()
