"""No answer of a server takes an op from a tablet's store: refused, held back, forked, answered with nonsense, it all stays and goes again."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.fake_workshop import FakeServer
from tests.browser.tablet_page import call, mark, send, stored
from workshop.review.reasons import HELD, NOT_TAKEN

pytestmark = pytest.mark.browser

MARKS = 3
ODD: list[dict[str, Any]] = [
    {"refused": "all of it"},
    {"refused": [{"run": None, "code": "bad_message"}, 7, {"code": "chain_gap"}]},
    {"quarantined": {"every": "thing"}},
    {"receipts": [{"run": ["x", "y", "z"], "seq": 10**12}]},
    {"delete": ["*"], "erase": ["*"], "drop": True},
    {"fork": True},
    {"fork": True, "quarantined": [["AAAAAAAAAAAAAAAA", "device_revoked"]]},
]


def bytes_of(page: Page) -> list[tuple[Any, ...]]:
    """Every op in the store, to the byte."""
    return [
        tuple(row[name] for name in ("ep", "part", "seq", "op", "header", "body", "link"))
        for row in stored(page)
    ]


def test_whatever_a_server_answers_the_store_keeps_every_op(core_page: Page, fake_server: FakeServer) -> None:
    page, workshop = core_page, fake_server.workshop
    workshop.mode = "down"
    made = [mark(page, f"p{n}") for n in range(MARKS)]
    before = bytes_of(page)
    assert len(before) == MARKS
    run = [call(page, "lib/device.js", "thisDevice")["id"], made[0]["ep"], made[0]["part"]]
    workshop.mode = "ours"
    take = workshop.take
    for code in NOT_TAKEN:  # nothing is taken: every run is refused, as often as it comes
        answer = {"run": run, "code": code, "data": {"have": 0}}
        workshop.take = lambda *_, answer=answer: answer  # type: ignore[method-assign,misc]
        send(page)
        assert bytes_of(page) == before, code
        assert call(page, "sync/outbox.js", "pending") == MARKS, code
    workshop.take = take  # type: ignore[method-assign]
    for code in HELD:  # taken, but not applied
        workshop.extra = {"quarantined": [[each["op"], code] for each in made]}
        assert send(page)["ok"]
        assert bytes_of(page) == before, code
    for odd in ODD:
        workshop.extra = odd
        send(page)
        assert bytes_of(page) == before, odd
    for mode in ("portal", "down"):
        workshop.mode = mode
        assert not send(page)["ok"]
        assert bytes_of(page) == before, mode
    workshop.mode = "ours"
    late = mark(page, "p9")
    assert late["ep"] != made[0]["ep"], "after a fork a new life of the store begins, beside the old one"
    assert send(page)["ok"]
    assert bytes_of(page)[:MARKS] == before or set(before) <= set(bytes_of(page))
    assert call(page, "sync/outbox.js", "pending") == 0


def test_a_server_that_lost_everything_gets_it_all_again(core_page: Page, fake_server: FakeServer) -> None:
    page, workshop = core_page, fake_server.workshop
    for n in range(MARKS):
        mark(page, f"p{n}")
    assert send(page)["ok"]
    before = bytes_of(page)
    workshop.links.clear()
    workshop.ops.clear()
    [(ep, part)] = {(row[0], row[1]) for row in before}
    device = call(page, "lib/device.js", "thisDevice")["id"]
    workshop.extra = {"refused": [{"run": [device, ep, part], "code": "chain_gap", "data": {"have": 0}}]}
    send(page)
    assert send(page)["ok"]
    assert bytes_of(page) == before
    assert [len(pairs) for pairs in workshop.ops.values()] == [MARKS]
