"""Testing a class with plain forms: begin, record steps, look, sign. Every op is made and signed by the server."""

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient

from sync import Change
from tests.integration.assessment.conftest import URL
from tests.integration.conftest import SignIn, csrf_of
from workshop.assessment import queries
from workshop.site import Site

Post = Callable[..., str]


def begin(post: Post, trainee: str = "tokot") -> str:
    """A new attempt's id."""
    return parse_qs(urlsplit(post("start", trainee=trainee)).query)["attempt"][0]


def step(
    post: Post, attempt: str, name: str, result: str, remark: str = "", base: str = "[]", status: int = 303
) -> str:
    return post("step", status, attempt=attempt, step=name, result=result, remark=remark, base=base)


def confirmation(client: FlaskClient, trainee: str = "tokot") -> tuple[str, str]:
    """The page that asks before signing, and what it would sign."""
    text = client.get(f"{URL}?trainee={trainee}&confirm=1").text
    found = re.search(r'name="seen" value="([^"]*)"', text)
    assert found
    return text, html.unescape(found[1])


def sign(client: FlaskClient, post: Post, attempt: str, trainee: str = "tokot") -> None:
    post("sign", attempt=attempt, seen=confirmation(client, trainee)[1])


def record_of(site: Site, attempt: str) -> dict[str, Any]:
    return next(iter(site.db.query("select * from rm_attempt where id = ?", (attempt,))))


def test_the_page_names_everybody_and_how_they_stand(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    text = client.get(URL).text
    for name in ("Okot David", "Nambi Ruth", "Opio Sam"):
        assert name in text
    assert text.count("Not tested yet") >= 3
    assert "作业前验电" in text and "Prove dead before work" in text
    assert "未考核" in client.get(URL.replace("/en/", "/zh/")).text


def test_an_attempt_from_the_first_step_to_the_signature(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in("nandutu")
    attempt = begin(post)
    assert re.fullmatch("a[a-z2-7]{9}", attempt)
    step(post, attempt, "dead", "yes")
    step(post, attempt, "wire", "yes", "Right at the second try")
    step(post, attempt, "ladder", "no")
    text, seen = confirmation(client)
    assert json.loads(seen) == [
        ["dead", "yes", ""],
        ["wire", "yes", "Right at the second try"],
        ["ladder", "no", ""],
    ]
    assert '<dialog class="sheet" id="sign" aria-labelledby="sign-title" open>' in text
    post("sign", attempt=attempt, seen=seen)
    row = record_of(site, attempt)
    assert json.loads(row["result"]) == {"steps": json.loads(seen), "outcome": "competent"}
    assert (row["class_id"], row["trainee_id"], row["rubric_id"], row["actor"]) == (
        "T01",
        "tokot",
        "plc-1",
        "snandutu",
    )
    assert "Competent" in client.get(f"{URL}?trainee=tokot").text
    header = site.db.execute(
        "select header from op_log where header ->> 'intent' = 'attempt.sign_off'"
    ).fetchone()[0]
    assert json.loads(header)["via"] == "form"


def test_a_critical_no_fails_the_whole_and_the_page_says_so(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    attempt = begin(post)
    step(post, attempt, "dead", "no", "Did not test the tester")
    step(post, attempt, "wire", "yes")
    text, _seen = confirmation(client)
    assert "One such step fails the whole test." in text
    sign(client, post, attempt)
    assert json.loads(record_of(site, attempt)["result"])["outcome"] == "not_yet"
    assert queries.attempts_of_class(site.db, "mbale", "T01")["tokot"][0].outcome == "not_yet"


def test_what_was_not_recorded_is_signed_as_not_seen(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    attempt = begin(post)
    step(post, attempt, "dead", "yes")
    assert "2 steps not recorded" in client.get(f"{URL}?trainee=tokot").text
    sign(client, post, attempt)
    result = json.loads(record_of(site, attempt)["result"])
    assert (result["outcome"], result["steps"][1]) == ("open", ["wire", "not_seen", ""])


def test_nothing_is_signed_that_the_assessor_did_not_see(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    attempt = begin(post)
    step(post, attempt, "dead", "yes")
    _text, seen = confirmation(client)
    step(post, attempt, "wire", "no")
    assert "The steps have changed since you looked at them." in post("sign", 409, attempt=attempt, seen=seen)
    assert record_of(site, attempt)["result"] is None


def test_a_later_mark_of_a_step_replaces_the_one_it_names(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    attempt = begin(post)
    step(post, attempt, "dead", "no")
    text = client.get(f"{URL}?trainee=tokot").text
    base = re.findall(r'name="step" value="dead"><input type="hidden" name="base" value="([^"]*)"', text)[0]
    assert len(json.loads(html.unescape(base))) == 1
    step(post, attempt, "dead", "yes", base=html.unescape(base))
    row = next(
        iter(site.db.query("select result, conflict from rm_attempt_step where attempt_id = ?", (attempt,)))
    )
    assert row == {"result": "yes", "conflict": 0}


def test_a_signed_attempt_takes_no_more_steps(
    client: FlaskClient, sign_in: SignIn, post: Post, site: Site
) -> None:
    sign_in()
    attempt = begin(post)
    step(post, attempt, "dead", "yes")
    _text, seen = confirmation(client)
    post("sign", attempt=attempt, seen=seen)
    assert "It cannot be changed any more." in step(post, attempt, "wire", "yes", status=409)
    assert "It cannot be changed any more." in post("sign", 409, attempt=attempt, seen=seen)
    assert [len(row.frozen) for row in queries.attempt_rows(site.db, "mbale", "T01")] == [3]


def test_what_is_no_mark_is_refused(client: FlaskClient, sign_in: SignIn, post: Post) -> None:
    sign_in()
    attempt = begin(post)
    for name, result, remark, base in [
        ("dead", "perhaps", "", "[]"),
        ("nostep", "yes", "", "[]"),
        ("dead", "yes", "x" * 301, "[]"),
        ("dead", "yes", "", "{"),
        ("dead", "yes", "", '{"a": 1}'),
    ]:
        assert "This step could not be recorded." in step(post, attempt, name, result, remark, base, 422)
    assert "There is no such attempt." in step(post, "aaaaaaaaaa", "dead", "yes", status=404)


def test_only_people_of_the_class_are_tested(sign_in: SignIn, post: Post, site: Site) -> None:
    sign_in()
    site.record(
        actor="sadmin",
        intent="enrolment.withdraw",
        changes=[Change("enrolment", "T01.topio", {"state": "withdrawn", "category": "employee"})],
    )
    for stranger in ("topio", "tmallory"):
        assert "This person is not enrolled in the class." in post("start", 422, trainee=stranger)


def test_a_test_of_another_course_is_not_there(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    for address in ("/en/classes/T01/tests/cnc-1", "/en/classes/T99/tests/plc-1", "/en/attempts/aaaaaaaaaa"):
        assert client.get(address).status_code == 404


def test_readers_see_and_do_not_write(client: FlaskClient, sign_in: SignIn, post: Post) -> None:
    sign_in()
    attempt = begin(post)
    token = csrf_of(client, f"{URL}?trainee=tokot")
    client.post("/en/sign-out", data={"csrf": token})
    sign_in("wang")
    text = client.get(f"{URL}?trainee=tokot").text
    assert "Okot David" in text and "data-readonly" in text
    assert 'data-act="step"' not in text and 'data-act="start"' not in text
    assert client.get(f"/en/attempts/{attempt}").status_code == 200
    token = csrf_of(client, "/en/account")
    assert client.post(f"{URL}/start", data={"csrf": token, "trainee": "tokot"}).status_code == 403


def test_a_stranger_sees_nothing(client: FlaskClient) -> None:
    for address in (URL, "/en/attempts/aaaaaaaaaa"):
        assert client.get(address).status_code == 303


def test_a_class_holds_its_tests_for_the_road(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in()
    listed = client.get("/en/classes/T01/offline.json").json
    assert listed is not None
    assert {URL, URL.replace("/en/", "/zh/")} <= set(listed["urls"])
