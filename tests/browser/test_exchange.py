"""Exchange and receipts: everything arrives, a status rests on what a server signed, and trouble is told."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.fake_workshop import FakeServer, Signer, b64
from tests.browser.tablet_page import call, eventually, mark, send, stored, strip

pytestmark = pytest.mark.browser


@pytest.fixture
def server(fake_server: FakeServer) -> FakeServer:
    return fake_server


@pytest.fixture
def page(core_page: Page) -> Page:
    return core_page


def test_a_record_is_sent_by_itself_and_the_strip_tells_the_truth(page: Page, server: FakeServer) -> None:
    server.workshop.mode = "down"
    mark(page)
    eventually(
        lambda: strip(page) == ("offline", "No connection. Marks are saved on this tablet (1 waiting)")
    )
    assert call(page, "sync/outbox.js", "pending") == 1
    server.workshop.mode = "ours"
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    eventually(lambda: strip(page)[1].startswith("All sent, "))
    mark(page, "p2")
    eventually(lambda: call(page, "sync/outbox.js", "pending") == 0)
    [links] = server.workshop.links.values()
    assert b64(links[-1]) == stored(page)[-1]["link"]


def test_much_goes_in_batches_of_500_and_nothing_new_is_one_small_request(
    page: Page, server: FakeServer
) -> None:
    server.workshop.mode = "portal"
    page.evaluate(
        """async () => {
          const { record } = await import("/static/t/js/sync/outbox.js");
          for (let n = 0; n < 1203; n += 1) await record("attendance.mark", [["attendance", `T01.3.p${n}`, { status: "late" }]]);
        }"""
    )
    assert send(page)["code"] == "stranger"
    assert call(page, "sync/outbox.js", "pending") == 1203
    server.workshop.mode = "ours"
    assert send(page)["ok"]
    assert [run["count"] for request in server.workshop.requests for run in request["runs"]] == [
        500,
        500,
        203,
    ]
    assert call(page, "sync/outbox.js", "pending") == 0
    server.workshop.requests.clear()
    assert send(page)["ok"]
    [nothing] = server.workshop.requests
    assert nothing["runs"] == []
    assert nothing["raw"] < 600
    assert nothing["head"] == {"mbale": [[stored(page)[0]["ep"], 1203, stored(page)[-1]["link"]]]}


def test_a_batch_that_is_too_large_is_halved_until_it_fits(page: Page, server: FakeServer) -> None:
    server.workshop.mode = "down"
    for n in range(7):
        mark(page, f"p{n}")
    page.evaluate("async () => { (await import('/static/t/js/sync/client.js')).LIMITS.ops = 6; }")
    server.workshop.mode, server.workshop.most_ops = "ours", 2
    for _ in range(12):
        if send(page)["ok"]:
            break
    assert call(page, "sync/outbox.js", "pending") == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda receipt: {**receipt, "sig": b64(b"\0" * 64)},
        lambda receipt: {**receipt, "seq": receipt["seq"] + 1},
        lambda receipt: Signer().receipt(tuple(receipt["run"]), 1, b"\1" * 32, receipt["at"]),
        lambda receipt: Signer("campus").receipt(tuple(receipt["run"]), 1, b"\1" * 32, receipt["at"]),
        lambda receipt: {**receipt, "key": Signer().key},
        lambda receipt: {**receipt, "role": "campus"},
        lambda receipt: {**receipt, "run": ["d" + "a" * 19, *receipt["run"][1:]]},
        lambda receipt: {"run": 5},
    ],
    ids=[
        "signature",
        "number",
        "other link",
        "other link of a campus",
        "other key",
        "role",
        "other device",
        "nonsense",
    ],
)
def test_a_forged_receipt_changes_nothing(page: Page, server: FakeServer, spoil: Any) -> None:
    server.workshop.spoil = spoil
    mark(page)
    assert send(page)["ok"]
    assert call(page, "sync/outbox.js", "pending") == 1


def test_a_second_workshop_cannot_speak_for_the_first(page: Page, server: FakeServer) -> None:
    mark(page)
    send(page)
    chain, links = next(iter(server.workshop.links.items()))
    mark(page, "p2")
    send(page)
    stranger = Signer().receipt(chain, 1, links[1], 1)
    taken = page.evaluate(
        """async (receipt) => {
          const { takeReceipts } = await import("/static/t/js/sync/receipts.js");
          const { thisDevice } = await import("/static/t/js/lib/device.js");
          return takeReceipts(await thisDevice(), [receipt], { pin: true });
        }""",
        stranger,
    )
    assert (taken["taken"], taken["refused"]) == (0, 1)


def test_places_follow_receipts_up_to_the_campus(page: Page, server: FakeServer) -> None:
    mark(page)
    send(page)
    state = call(page, "sync/status.js", "summary")
    assert (state["waiting"], state["atWorkshop"], state["atCampus"]) == (0, 1, 0)
    server.workshop.relays_campus = True
    send(page)
    state = call(page, "sync/status.js", "summary")
    assert (state["waiting"], state["atWorkshop"], state["atCampus"]) == (0, 0, 1)


def test_a_server_that_forgot_is_sent_everything_again(page: Page, server: FakeServer) -> None:
    for n in range(3):
        mark(page, f"p{n}")
    send(page)
    server.workshop.links.clear()  # restored to before it knew this tablet
    mark(page, "p9")
    send(page)
    [links] = server.workshop.links.values()
    assert len(links) == 5
    assert call(page, "sync/outbox.js", "pending") == 0


def test_a_server_restored_to_last_week_gets_what_it_lacks(page: Page, server: FakeServer) -> None:
    for n in range(4):
        mark(page, f"p{n}")
    send(page)
    [chain] = server.workshop.links
    server.workshop.links[chain] = server.workshop.links[chain][:3]
    send(page)
    assert call(page, "sync/outbox.js", "pending") == 2
    send(page)
    assert call(page, "sync/outbox.js", "pending") == 0
    assert len(server.workshop.links[chain]) == 5


def test_a_fork_begins_a_new_epoch_and_keeps_what_waits(page: Page, server: FakeServer) -> None:
    first = mark(page)
    server.workshop.extra = {"fork": True}
    send(page)
    second = mark(page, "p2")
    assert second["ep"] != first["ep"]
    assert second["seq"] == 1
    send(page)
    assert call(page, "sync/outbox.js", "pending") == 0
    assert {chain[1] for chain in server.workshop.links} == {first["ep"], second["ep"]}


def test_a_tablet_restored_from_an_old_copy_begins_a_new_epoch(page: Page, server: FakeServer) -> None:
    old = mark(page)
    send(page)
    [chain] = server.workshop.links
    server.workshop.links[chain] += [
        b"\7" * 32
    ]  # the server has an op that this copy of the store never made
    send(page)
    assert mark(page, "p2")["ep"] != old["ep"]


def test_refused_and_quarantined_are_told_and_do_not_stop_the_rest(page: Page, server: FakeServer) -> None:
    made = mark(page)
    server.workshop.extra = {"quarantined": [[made["op"], "role_missing"]]}
    send(page)
    eventually(lambda: strip(page) == ("refused", "1 mark was not accepted. Open"))
    server.workshop.extra = {"quarantined": [[made["op"], "unknown_device"]]}
    mark(page, "p2")
    send(page)
    eventually(lambda: strip(page)[1] == "This tablet waits for approval. Marks are kept (1 so far)")
    assert call(page, "sync/outbox.js", "pending") == 0


def test_a_refused_chain_does_not_hold_up_another(page: Page, server: FakeServer) -> None:
    real = server.workshop.take
    server.workshop.take = lambda run, pairs: (  # type: ignore[method-assign]
        {"run": run["run"], "code": "wrong_site", "data": {}}
        if run["run"][2] == "jinja"
        else real(run, pairs)
    )
    for n in range(3):
        call(page, "sync/outbox.js", "record", "x", [["attendance", f"a{n}", {}]], {"part": "jinja"})
    mark(page)
    page.evaluate("async () => { (await import('/static/t/js/sync/client.js')).LIMITS.ops = 2; }")
    for _ in range(4):
        send(page)
    assert call(page, "sync/outbox.js", "pending") == 3
    assert [chain[2] for chain in server.workshop.ops] == ["mbale"]


def test_waits_double_up_to_a_quarter_of_an_hour(page: Page) -> None:
    waits = [call(page, "sync/client.js", "backOff", n, 1) for n in range(1, 12)]
    assert waits[:4] == [5000, 10000, 20000, 40000]
    assert waits[-1] == 15 * 60 * 1000
    assert call(page, "sync/client.js", "backOff", 3, 0) == 10000


def test_enrolment_is_asked_for_polled_and_pins_the_site(page: Page, server: FakeServer) -> None:
    device = call_enrol(page, "Tablet 3")
    assert (device["state"], device["code"]) == ("waiting", "123456")
    signer = server.workshop.signer
    site = {"device": signer.device, "key": signer.key, "code": "mbale", "name": "Mbale"}
    server.workshop.enrolment = {"state": "enrolled", "site": site}
    mark(page)
    send(page)
    assert call(page, "sync/status.js", "summary")["enrolment"] == "enrolled"
    assert server.workshop.requests[-1]["to"] == signer.device
    server.workshop.signer = Signer()  # another box answers under the same address
    assert send(page)["code"] == "other_server"


def call_enrol(page: Page, name: str) -> dict[str, Any]:
    found = page.evaluate(
        """async (name) => {
          const { state, code, persisted } = await (await import("/static/t/js/lib/device.js")).enrolDevice(name);
          return { state, code, persisted };
        }""",
        name,
    )
    return dict(found)


def test_a_mark_that_falls_into_a_contact_never_waits_for_the_next_turn(
    page: Page, server: FakeServer
) -> None:
    late = page.evaluate(
        """async () => {
          const { sendNow } = await import("/static/t/js/sync/client.js");
          const { record, pending } = await import("/static/t/js/sync/outbox.js");
          const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
          const late = [];
          for (let n = 0; n < 40; n += 1) {
            const contact = sendNow();
            await pause(n);
            await record("attendance.mark", [["attendance", `T01.3.p${n}`, { status: "late" }]]);
            await contact;
            const until = performance.now() + 4000;
            while ((await pending()) && performance.now() < until) await pause(20);
            if (await pending()) late.push(n);
          }
          return late;
        }"""
    )
    assert late == []
