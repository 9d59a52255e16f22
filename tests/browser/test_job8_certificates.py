"""Job 8: certificates proposed by Akello, approved by the workshop and by the campus, issued, printed as one PDF; and checked by a stranger
on a phone in flight mode. On the demonstration's year, both sites as real processes."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import cbor2
import pytest
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.conftest import Tablet
from tests.browser.demo import PART, Demo
from workshop.certificates.code import Code, parse_code

pytestmark = pytest.mark.browser


def test_from_the_class_to_paper_and_to_a_strangers_phone(
    demo: Demo, desk: Callable[[], Page], chromium: Callable[..., Tablet], tmp_path: Path
) -> None:
    sites = demo.sites
    workshop, campus = sites.workshop.url, sites.campus.url
    people = {}
    for who, url in (("akello", workshop), ("wandera", workshop), ("wang", campus)):
        people[who] = desk()
        work.sign_in(people[who], url, who, demo.password(who))
    akello, wandera, wang = people["akello"], people["wandera"], people["wang"]

    akello.goto(f"{workshop}/en/certificates/class/{class_ready(demo)}")
    proposed = akello.locator("input[name=person]:checked").count()
    assert proposed > 10
    akello.get_by_role("button", name="Propose").click()
    expect(akello.get_by_text("You proposed this, so others must approve.")).to_be_visible()
    expect(akello.get_by_role("button", name="Approve")).to_have_count(0)
    batch = akello.url.rpartition("/")[2]

    approve(wandera, f"{workshop}/en/certificates/{batch}")
    work.exchange_now(wandera, workshop)
    there = f"{campus}/en/certificates/{batch}?site={PART}"
    approve(wang, there)
    wang.get_by_role("button", name="Issue the certificates").click()
    expect(wang.get_by_role("heading", name="Issued")).to_contain_text(str(proposed))

    wang.get_by_role("button", name="Certificates", exact=True).click()
    wang.wait_for_url("**/pdf?*", wait_until="commit")
    paper = tmp_path / "certificates.pdf"
    paper.write_bytes(wang.context.request.get(wang.url).body())
    issued = certificates(demo, batch)
    printed = {serial: one for serial, one in issued.items() if one["kind"] == "certificate"}
    assert paper.read_bytes().startswith(b"%PDF-")
    if shutil.which("pdftotext"):
        pages = (
            subprocess.run(["pdftotext", paper, "-"], capture_output=True, check=True)
            .stdout.decode()
            .split("\f")[:-1]
        )
        assert len(pages) == len(printed)
        for (serial, one), text in zip(printed.items(), pages, strict=True):
            assert serial in text
            assert one["name"] in text
    (first, _), (second, gone) = list(printed.items())[:2]
    good = printed[first]["code"]

    # A stranger's phone opens the page once, when the lists of the year are there; from then on it needs nobody.
    work.exchange_now(wandera, workshop)
    phone = chromium("stranger")
    page = phone.open(f"{workshop}/en/verify", viewport=work.SMALL)
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    assert phone.context is not None
    phone.context.set_offline(True)
    for lang in ("zh", "en"):
        page.goto(f"{workshop}/{lang}/verify")
        assert verdict(page, good) == "valid"
        expect(page.locator("[data-result]")).to_contain_text(printed[first]["name"])
        assert verdict(page, altered(good)) == "altered"
    assert verdict(page, gone["code"]) == "valid"
    if shutil.which("pdftoppm"):
        subprocess.run(["pdftoppm", "-png", "-r", "150", "-l", "1", paper, tmp_path / "photo"], check=True)
        [photo] = tmp_path.glob("photo*.png")
        page.evaluate("document.querySelector('[data-result]').replaceChildren()")
        page.locator("[data-photo]").set_input_files(photo)
        expect(page.locator("[data-result] .notice").first).to_have_attribute("data-state", "valid")
        expect(page.locator("[data-result]")).to_contain_text(first)

    # Withdrawn at the campus: after the next exchange and one look with a network the phone knows it for good.
    wang.goto(there)
    wang.select_option("#f-serial", second)
    wang.fill("#f-reason", "The name was wrong")
    wang.get_by_role("button", name="Withdraw this certificate").click()
    expect(wang.locator("tr", has_text=second)).to_contain_text("No longer valid")
    work.exchange_now(wandera, workshop)
    phone.context.set_offline(False)
    page.goto(f"{workshop}/en/verify")
    work.eventually(lambda: second in page.content() or page.reload() is None, 20)
    phone.context.set_offline(True)

    def said_offline() -> bool:
        page.goto(f"{workshop}/en/verify")
        return verdict(page, gone["code"]) == "withdrawn"

    work.eventually(said_offline, 20)
    assert verdict(page, good) == "valid"


def approve(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def verdict(page: Page, text: str) -> str:
    page.evaluate("document.querySelector('[data-result]')?.replaceChildren()")
    page.locator("textarea").fill(text)
    page.locator("[data-form] button").click()
    notice = page.locator("[data-result] .notice").first
    notice.wait_for()
    return notice.get_attribute("data-state") or ""


def class_ready(demo: Demo) -> str:
    """The training class with most signed tests for which nothing was proposed yet."""
    sql = (
        "select class_id from rm_attempt a join rm_training_class c on c.id = a.class_id where c.kind = 'training'"
        " and json_extract(a.result, '$.outcome') = 'competent' and class_id not in (select class_id from rm_certificate_batch)"
        " group by class_id order by count(*) desc, class_id limit 1"
    )
    return str(work.rows_in(demo.sites.workshop.folder, sql)[0][0])


def certificates(demo: Demo, batch: str) -> dict[str, dict[str, str]]:
    """{serial: its facts and `code`} as the campus holds them."""
    sql = "select id, facts, code from rm_certificate where batch_id = ? order by id"
    rows = work.rows_in(demo.sites.campus.folder, sql, batch)
    return {serial: {**json.loads(facts), "code": code} for serial, facts, code in rows}


def altered(text: str) -> str:
    """The same code with one bit of what it says turned round, the signature untouched."""
    parts = list(cbor2.loads(parse_code(text)).value)
    body = bytearray(parts[2])
    at = body.index(b"LBW-") + 3
    body[at] ^= 1
    return Code(cbor2.dumps(cbor2.CBORTag(18, [*parts[:2], bytes(body), parts[3]]))).text
