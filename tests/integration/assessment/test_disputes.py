"""Two assessors on two tablets who do not know of each other; a result that does not follow; what the campus returned."""

import json

from flask.testing import FlaskClient

from sync import Change, PrivateKey, exchange, ops, wire
from sync.ops import Header
from tests.integration.assessment.conftest import URL
from tests.integration.assessment.test_class_test import Post, begin, sign, step
from tests.integration.conftest import Clock, SignIn
from workshop.admission import SYSTEM
from workshop.assessment import queries
from workshop.certificates.rules import skill_state
from workshop.site import Site

ONE, TWO = PrivateKey(b"\x01" * 32), PrivateKey(b"\x02" * 32)
SCOPE = {"class_id": "T01", "trainee_id": "tokot", "rubric_id": "plc-1"}
YES = [["dead", "yes", ""], ["wire", "yes", ""], ["ladder", "yes", ""]]
NO = [["dead", "no", ""], ["wire", "yes", ""], ["ladder", "yes", ""]]


class Tablet:
    """A tablet as its ops arrive: they are written elsewhere and come in one run."""

    def __init__(self, site: Site, key: PrivateKey, actor: str) -> None:
        self.site, self.key, self.actor = site, key, actor
        self.chain = (key.device, "abcdefgh", "mbale")
        self.link, self.seq = ops.first_link(self.chain), 0
        fields = {
            "name": f"Tablet of {actor}",
            "key": key.public,
            "kind": "tablet",
            "site": "mbale",
            "enrolled": True,
        }
        person = Change("device_person", f"{key.device}.{actor}", {"active": True})
        changes = [Change("device", key.device, fields), person]
        site.record(actor=SYSTEM, intent="device.enrol", changes=changes, part="mbale")

    def send(self, wall: int, *drafts: tuple[str, list[Change]]) -> list[str]:
        """Ops, all at once; their ids."""
        start, pairs, ids = self.seq + 1, [], []
        for intent, changes in drafts:
            self.seq += 1
            header = Header(
                v=1, dev=self.key.device, ep="abcdefgh", part="mbale", seq=self.seq, wall=wall + self.seq, tz=180,
                actor=self.actor, intent=intent,
            )  # fmt: skip
            line, body = ops.encode_header(header), ops.encode_body(changes)
            self.link = ops.next_link(self.link, line, ops.body_hash(body))
            pairs.append((line, body))
            ids.append(ops.op_id(self.link))
        head = self.key.sign(ops.head_statement(self.chain, self.seq, self.link))
        run = wire.Run(self.chain, start, self.link, head, self.key.public, pairs)
        hello = {
            "luban": 1, "device": self.key.device, "epoch": "abcdefgh", "key": self.key.public, "role": "tablet",
            "to": self.site.device, "now": wall, "head": {"mbale": [["abcdefgh", self.seq, ops.b64(self.link)]]},
        }  # fmt: skip
        raw = wire.pack(hello, [run])
        signature = ops.b64(self.key.sign(exchange.request_statement(raw)))
        with self.site.locked() as node:
            exchange.answer(node, exchange.open_request(wire.compress(raw), signature, self.site.device), [])
        return ids

    def attempt(
        self, attempt: str, at: int, steps: list[list[str]], outcome: str, base: tuple[str, ...] = ()
    ) -> str:
        """An attempt from start to signature; the op that signed it."""
        opened = Change("attempt", attempt, {**SCOPE, "started_at": at}, base)
        result = Change("attempt", attempt, {**SCOPE, "result": {"steps": steps, "outcome": outcome}})
        return self.send(at, ("attempt.start", [opened]), ("attempt.sign_off", [result]))[-1]


def state(site: Site) -> str:
    return skill_state(queries.attempts_of_class(site.db, "mbale", "T01")["tokot"])


def test_two_tablets_that_differ_show_as_a_dispute_until_somebody_decides(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site, clock: Clock
) -> None:
    Tablet(site, ONE, "sakello").attempt("aaaaaaaaa2", clock.now, YES, "competent")
    Tablet(site, TWO, "snandutu").attempt("aaaaaaaaa3", clock.now + 3_600_000, NO, "not_yet")
    assert state(site) == "disputed"
    sign_in()
    text = client.get(f"{URL}?trainee=tokot").text
    assert "Two results differ" in text and "Results differ" in text
    assert "Another attempt near this one ended differently" in client.get("/en/attempts/aaaaaaaaa2").text
    post("void", attempt="aaaaaaaaa2", reason="It was another person's work.", then="void")
    assert state(site) == "not_yet"


def test_testing_once_more_in_view_of_both_ends_the_dispute(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site, clock: Clock
) -> None:
    Tablet(site, ONE, "sakello").attempt("aaaaaaaaa2", clock.now, YES, "competent")
    Tablet(site, TWO, "snandutu").attempt("aaaaaaaaa3", clock.now + 60_000, NO, "not_yet")
    sign_in()
    attempt = begin(post)
    for name in ("dead", "wire", "ladder"):
        step(post, attempt, name, "yes")
    sign(client, post, attempt)
    assert state(site) == "competent"


def test_a_retest_by_somebody_who_knew_the_first_result_is_no_dispute(site: Site, clock: Clock) -> None:
    first = Tablet(site, ONE, "sakello").attempt("aaaaaaaaa2", clock.now, NO, "not_yet")
    Tablet(site, TWO, "snandutu").attempt("aaaaaaaaa3", clock.now + 60_000, YES, "competent", (first,))
    assert state(site) == "competent"


def test_a_retest_on_the_same_tablet_is_no_dispute(site: Site, clock: Clock) -> None:
    tablet = Tablet(site, ONE, "sakello")
    tablet.attempt("aaaaaaaaa2", clock.now, NO, "not_yet")
    tablet.attempt("aaaaaaaaa3", clock.now + 1_800_000, YES, "competent")
    assert state(site) == "competent"


def test_a_result_that_does_not_follow_from_its_steps_is_not_believed(
    client: FlaskClient, sign_in: SignIn, site: Site, clock: Clock
) -> None:
    Tablet(site, ONE, "sakello").attempt("aaaaaaaaa2", clock.now, NO, "competent")
    assert state(site) == "disputed"
    sign_in()
    assert "The result does not follow from the steps." in client.get("/en/attempts/aaaaaaaaa2").text


def test_the_campus_reviewers_comment_stands_beside_the_attempt(
    client: FlaskClient, sign_in: SignIn, site: Site, clock: Clock
) -> None:
    signed = Tablet(site, ONE, "sakello").attempt("aaaaaaaaa2", clock.now, YES, "competent")
    [row] = queries.attempt_rows(site.db, "mbale", "T01")
    assert signed in row.heads
    verdict = {"decision": "returned", "comment": "Who tested the tester?", "seen": list(row.heads)}
    site.record(
        actor="swang", intent="review.return", changes=[Change("review", "attempt.aaaaaaaaa2", verdict)]
    )
    sign_in()
    for address in (URL, "/en/attempts/aaaaaaaaa2"):
        text = client.get(address).text
        assert "Who tested the tester?" in text and "Returned by the home campus" in text
        assert "The attempt has changed since." not in text
    void = Change(
        "attempt", "aaaaaaaaa2", {**SCOPE, "void": {"reason": "Right, we did not look."}}, row.heads
    )
    site.record(actor="sakello", intent="attempt.void", changes=[void])
    assert "The attempt has changed since." in client.get(URL).text


def test_the_history_says_who_when_and_on_which_device(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site, clock: Clock
) -> None:
    tablet = Tablet(site, ONE, "snandutu")
    opened = Change("attempt", "aaaaaaaaa2", {**SCOPE, "started_at": clock.now})
    seen = Change("attempt_step", "aaaaaaaaa2.dead", {"result": "no", "remark": "Forgot the tester"})
    tablet.send(clock.now, ("attempt.start", [opened]), ("attempt.step", [seen]))
    sign_in()
    clock.forward(3_600_000)
    post("void", attempt="aaaaaaaaa2", reason="Stopped by the rain.", then="void")
    text = client.get("/en/attempts/aaaaaaaaa2").text
    order = [
        "Test begun",
        "Prove dead before work: No – Forgot the tester",
        "Declared void: Stopped by the rain.",
    ]
    places = [text.rindex(words) for words in order]
    assert places == sorted(places)
    assert "Tablet of snandutu" in text and "Nandutu Joy" in text and "Akello Grace" in text
    assert "2025-11-21 13:00" in text and "2025-11-21 14:00" in text
    zh = client.get("/zh/attempts/aaaaaaaaa2").text
    assert "作业前验电" in zh and json.dumps(order[0]) not in zh
