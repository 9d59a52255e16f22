"""The worked cases of the wire format in a browser: the tablet's own code gives what `tests/vectors` says, as the Python code does.

Merging is the servers' part: a tablet lays its own marks over a page and merges nothing, so `merge.json` and `runs.json` are not here.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
VECTORS = Path(__file__).parent.parent / "vectors"
IMPORTS = """
const [ops, canonical, signing, device] = await Promise.all(
  ["sync/ops.js", "lib/canonical.js", "lib/signing.js", "lib/device.js"].map((file) => import(`/static/t/js/${file}`)));
"""


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def run(page: Page, body: str, given: Any) -> Any:
    """What the tablet's own functions make of the cases."""
    return page.evaluate(f"async (given) => {{ {IMPORTS} {body} }}", given)


def test_headers_and_bodies_are_the_same_bytes(core_page: Page) -> None:
    cases = [case for case in vectors("ops")["good"] if "via" not in case["header_object"]]
    assert len(cases) >= 2
    made = run(
        core_page,
        """return given.map(({ header_object: h, changes }) => {
             const body = ops.bodyText(changes);
             return [ops.headerText({ hlc: h.wall * 1000, ...h }), body, canonical.b64url(canonical.sha256(body))];
           });""",
        cases,
    )
    assert made == [[case["header"], case["body"], case["body_hash"]] for case in cases]


def test_links_and_ids_follow(core_page: Page) -> None:
    cases = [case for case in vectors("chains") if all(body.startswith("[") for _, body in case["lines"])]
    assert len(cases) >= 3
    made = run(
        core_page,
        """return given.map(({ chain, lines }) => {
             let link = ops.firstLink(...chain);
             const first = link;
             const links = lines.map(([header, body]) => (link = ops.nextLink(link, header, body)));
             return [[first, ...links].map(canonical.b64url), links.map(ops.opName), ops.headStatement(chain, lines.length, link)];
           });""",
        cases,
    )
    assert [ids for _, ids, _ in made] == [case["op_ids"] for case in cases]
    assert [statement for _, _, statement in made] == [case["head_statement"] for case in cases]
    assert [links for links, _, _ in made] == [case["links"] for case in cases]


def test_ids_of_devices_come_from_their_keys(core_page: Page) -> None:
    devices = vectors("signatures")["devices"]
    assert run(core_page, "return given.map(({ key }) => device.deviceId(key));", devices) == [
        one["device"] for one in devices
    ]


def test_good_signatures_hold_and_no_other(core_page: Page) -> None:
    cases = vectors("signatures")["cases"]
    made = run(
        core_page,
        "return Promise.all(given.map((c) => signing.verifyText(c.key, c.statement, c.signature)));",
        cases,
    )
    assert dict(zip([case["name"] for case in cases], made, strict=True)) == {
        case["name"]: case["valid"] for case in cases
    }


def test_hybrid_time_never_goes_back(core_page: Page) -> None:
    cases = vectors("hybrid")
    made = run(core_page, "return given.map(({ previous, wall }) => ops.hybridTime(previous, wall));", cases)
    assert made == [case["hybrid"] for case in cases]


def test_a_receipt_is_kept_when_it_is_genuine_and_no_other(core_page: Page) -> None:
    cases = vectors("receipts")
    made = run(
        core_page,
        """const { takeReceipts } = await import("/static/t/js/sync/receipts.js");
           const { transact } = await import("/static/t/js/lib/db.js");
           const good = given[0].receipt;
           const [dev, ep, part] = good.run;
           const link = canonical.fromB64url(good.link);
           await transact(["chains"], "readwrite", async (tx) => tx.objectStore("chains").put({ ep, part, seq: good.seq, link, hlc: 1 }));
           const here = { id: dev, site: { device: good.by } };
           const taken = [];
           for (const { receipt } of given) taken.push((await takeReceipts(here, [receipt], { direct: good.by, pin: true })).taken);
           return [taken, ops.receiptStatement(good, link)];""",
        cases,
    )
    assert made[1] == cases[0]["statement"]
    assert made[0] == [1 if case["code"] is None else 0 for case in cases]
