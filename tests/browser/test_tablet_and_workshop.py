"""The tablet's core against the real server: what each wrote from the wire format alone must fit together."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from waitress.server import create_server

from sync import Change
from workshop.accounts import commands as accounts
from workshop.admission import SYSTEM
from workshop.config import SERVER
from workshop.devices import commands as devices
from workshop.factory import create_app
from workshop.site import Site

pytestmark = pytest.mark.browser

PASSWORD = "four mango trees"
CALL = """async ([file, name, args]) => {
  const module = await import(`/static/${document.body.dataset.build}/js/${file}`);
  return module[name](...args);
}"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site.create(tmp_path / "mbale", "mbale", "workshop", tz_minutes=180)
    changes = [
        Change("staff", "sakello", {"name_en": "Akello Grace", "name_zh": "阿凯洛"}),
        Change("grant", "sakello.instructor.all", {"active": True}),
    ]
    made.record(actor=SYSTEM, intent="staff.add", changes=changes, part="mbale")
    with made.writing() as db:
        accounts.create_account(db, "akello", "sakello", PASSWORD, made.now())
    yield made
    made.close()


@pytest.fixture
def server(site: Site) -> Iterator[str]:
    served = create_server(create_app(site), host="127.0.0.1", port=0, **SERVER)
    threading.Thread(target=served.run, daemon=True).start()
    yield f"http://127.0.0.1:{served.effective_port}"
    served.close()


def call(page: Page, file: str, name: str, *args: Any) -> Any:
    return page.evaluate(CALL, [file, name, list(args)])


def test_marks_reach_the_workshop_and_are_told_truly(
    chromium: Callable[..., Any], server: str, site: Site
) -> None:
    page = chromium().open(f"{server}/en/sign-in")
    page.fill("#f-username", "akello")
    page.fill("#f-password", PASSWORD)
    page.click("form[data-sign-in] button")
    page.wait_for_url(f"{server}/en/")
    # Recorded before anybody enrolled the tablet: kept, sent, and told to wait for approval.
    for n in range(3):
        change = ["attendance", f"T01.{n}.p1", {"status": "late", "minutes": 5, "note": "雨 🙂"}]
        call(page, "sync/outbox.js", "record", "attendance.mark", [change])
    assert call(page, "sync/client.js", "sendNow")["ok"]
    assert call(page, "sync/outbox.js", "pending") == 0
    expect(page.locator("[data-strip]")).to_contain_text("waits for approval")
    [(count,)] = site.db.execute(
        "select count(*) from op_log l join op_chain c on c.id = l.chain where c.device <> ?", [site.device]
    )
    assert count == 3

    device = page.evaluate(
        """async () => {
          const { enrolDevice } = await import(`/static/${document.body.dataset.build}/js/lib/device.js`);
          const { id, state, code, site } = await enrolDevice("Tablet 1");
          return { id, state, code, site };
        }"""
    )
    assert device["state"] == "waiting"
    assert device["site"]["device"] == site.device
    devices.approve(site, device["id"], device["code"], SYSTEM)
    assert call(page, "sync/client.js", "sendNow")["ok"]
    assert call(page, "sync/status.js", "summary")["enrolment"] == "enrolled"
    expect(page.locator("[data-strip]")).not_to_contain_text("waits for approval")

    # Enrolled: the same form now signs in on the tablet, and hands over what proves the PIN.
    accounts.set_pin(site, "akello", "246810")
    with site.writing() as db:
        db.execute("delete from local_session")
    page.goto(f"{server}/en/sign-in")
    page.fill("#f-username", "akello")
    page.fill("#f-password", "not the password")
    page.click("form[data-sign-in] button")
    expect(page.locator("[data-sign-in-problem]")).to_be_visible()
    page.fill("#f-password", PASSWORD)
    page.click("form[data-sign-in] button")
    page.wait_for_url(f"{server}/en/")
    assert call(page, "sync/identity.js", "signInHere", "sakello", "246810")["id"] == "sakello"
    [(bound,)] = site.db.execute(
        "select count(*) from rm_device_person where staff_id = 'sakello' and active = 1"
    )
    assert bound == 1
