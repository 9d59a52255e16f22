"""A signed attempt is never edited: it is declared void with a reason, and a new one may replace it."""

import json

from flask.testing import FlaskClient

from tests.integration.assessment.conftest import URL
from tests.integration.assessment.test_class_test import Post, begin, record_of, sign, step
from tests.integration.conftest import SignIn
from workshop.assessment import queries
from workshop.certificates.rules import skill_state
from workshop.site import Site


def signed(client: FlaskClient, post: Post, dead: str = "yes") -> str:
    attempt = begin(post)
    step(post, attempt, "dead", dead, "first look")
    step(post, attempt, "wire", "yes")
    sign(client, post, attempt)
    return attempt


def test_a_correction_replaces_and_begins_with_the_same_steps(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    old = signed(client, post, "no")
    post("void", attempt=old, reason="I ticked the line below by mistake.", then="correct")
    assert json.loads(record_of(site, old)["void"]) == {"reason": "I ticked the line below by mistake."}
    assert json.loads(record_of(site, old)["result"])["outcome"] == "not_yet"
    [new] = [row for row in queries.attempt_rows(site.db, "mbale", "T01") if row.id != old]
    assert (new.replaces, new.signed, new.trainee_id) == (old, False, "tokot")
    assert {key: (row.mark.result, row.mark.remark) for key, row in new.steps.items()} == {
        "dead": ("no", "first look"),
        "wire": ("yes", ""),
        "ladder": ("not_seen", ""),
    }
    base = json.dumps(list(new.steps["dead"].base))
    step(post, new.id, "dead", "yes", base=base)
    sign(client, post, new.id)
    facts = queries.attempts_of_class(site.db, "mbale", "T01")["tokot"]
    assert skill_state(facts) == "competent"
    text = client.get(f"/en/attempts/{old}").text
    assert "I ticked the line below by mistake." in text and f"/en/attempts/{new.id}" in text


def test_void_needs_a_reason_and_happens_once(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    attempt = signed(client, post)
    assert "A reason is missing." in post("void", 422, attempt=attempt, reason="  ", then="void")
    post("void", attempt=attempt, reason="Written under the wrong person.", then="void")
    assert "It cannot be changed any more." in post("void", 409, attempt=attempt, reason="again", then="void")
    assert skill_state(queries.attempts_of_class(site.db, "mbale", "T01")["tokot"]) == "none"
    text = client.get(f"{URL}?trainee=tokot").text
    assert "Written under the wrong person." in text and "Begin the test" in text


def test_an_attempt_begun_by_mistake_is_withdrawn(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    attempt = begin(post)
    post("void", attempt=attempt, reason="Wrong person.", then="void")
    assert "It cannot be changed any more." in step(post, attempt, "dead", "yes", status=409)
    [row] = queries.attempt_rows(site.db, "mbale", "T01")
    assert row.void and not row.signed
