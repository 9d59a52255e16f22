"""The same work through the pages, as Akello, Mukasa and Wang do it; and the page on which Mallory checks a certificate."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.integration.certificates.conftest import CLASS, PART, Meet, SignIn
from tests.integration.conftest import csrf_of
from workshop.certificates import commands, queries
from workshop.factory import create_app
from workshop.site import Site


def post(client: FlaskClient, page: str, to: str, **fields: object) -> TestResponse:
    return client.post(to, data={"csrf": csrf_of(client, page), "site": PART, **fields})


@pytest.fixture
def issued(workshop: Site, campus: Site, meet: Meet) -> str:
    """A batch of three, issued and known at both sites."""
    batch = commands.propose(workshop, PART, "sakello", CLASS)
    commands.approve(workshop, PART, "smukasa", batch, "site")
    meet()
    commands.approve(campus, PART, "swang", batch, "campus")
    commands.issue(campus, PART, "swang", batch)
    meet()
    return batch


def test_from_the_class_to_the_paper_by_forms_alone(
    workshop: Site, campus: Site, meet: Meet, signed_in: SignIn
) -> None:
    akello, mukasa, wang = (
        signed_in(workshop, "akello"),
        signed_in(workshop, "mukasa"),
        signed_in(campus, "wang"),
    )
    assert f"/en/certificates/class/{CLASS}" in akello.get("/en/certificates").text
    form = f"/en/certificates/class/{CLASS}"
    people = re.findall(r'name="person" value="(\w+)" checked', akello.get(form).text)
    assert sorted(people) == ["tkato", "tnambozo", "tokot"]
    page = post(akello, form, f"{form}/propose", person=people).headers["Location"]
    batch = page.split("/")[3]
    assert 'value="approved"' not in akello.get(page).text

    facts = re.search(r'name="facts" value="([0-9a-f]{64})"', mukasa.get(page).text)
    assert facts
    given = {"side": "site", "decision": "approved", "facts": facts[1]}
    assert post(mukasa, page, f"/en/certificates/{batch}/approve", **given).status_code == 303
    meet()

    there = f"/zh/certificates/{batch}?site={PART}"
    given["side"] = "campus"
    assert post(wang, there, f"/zh/certificates/{batch}/approve", **given).status_code == 303
    assert "双方均已审批" in wang.get(there).text
    assert post(wang, there, f"/zh/certificates/{batch}/issue").status_code == 303
    assert "LBW-UG-2025-00003" in wang.get(there).text
    meet()

    printed = post(mukasa, page, f"/en/certificates/{batch}/print", scope="certificate")
    assert printed.status_code == 303
    file = mukasa.get(printed.headers["Location"])
    assert file.mimetype == "application/pdf"
    assert file.data.startswith(b"%PDF-")
    assert mukasa.get(printed.headers["Location"]).data == file.data
    assert "1 print at this site" in mukasa.get(page).text


def test_the_page_says_in_words_why_somebody_gets_no_certificate(workshop: Site, signed_in: SignIn) -> None:
    akello = signed_in(workshop, "akello")
    en = unescape(akello.get(f"/en/certificates/class/{CLASS}").text)
    assert "Attended 50 %; the rule asks for 80 %. 216 minutes are missing." in en
    assert "“Wire a start-stop circuit”: not yet competent." in en
    zh = unescape(akello.get(f"/zh/certificates/class/{CLASS}").text)
    assert "出勤 50%，规则要求 80%，还差 216 分钟。" in zh
    assert "“连接起保停电路”：未考核。" in zh


def test_a_wrong_step_is_refused_in_words(workshop: Site, signed_in: SignIn) -> None:
    akello = signed_in(workshop, "akello")
    batch = commands.propose(workshop, PART, "sakello", CLASS)
    page = f"/en/certificates/{batch}"
    answer = post(akello, page, f"{page}/approve", side="site", decision="approved", facts="")
    assert answer.status_code == 403
    assert "Two people besides the one who proposed must approve" in answer.text
    assert post(akello, page, f"{page}/issue").status_code == 403
    assert post(akello, page, f"{page}/print").status_code == 404
    nobody = post(akello, page, f"/en/certificates/class/{CLASS}/propose", person=["twekesa"])
    assert nobody.status_code == 422
    assert "Nothing was changed" in nobody.text


def test_withdrawing_by_form(issued: str, campus: Site, signed_in: SignIn) -> None:
    wang = signed_in(campus, "wang")
    serial = queries.certificates_of(campus.db, PART, issued)[0].serial
    page = f"/en/certificates/{issued}?site={PART}"
    assert (
        post(wang, page, f"/en/certificates/{issued}/withdraw", serial=serial, reason="").status_code == 422
    )
    done = post(wang, page, f"/en/certificates/{issued}/withdraw", serial=serial, reason="Wrong name.")
    assert done.status_code == 303
    assert "No longer valid" in wang.get(page).text


def test_strangers_do_not_see_the_work(workshop: Site, issued: str) -> None:
    mallory = create_app(workshop, TESTING=True).test_client()
    for path in ("", f"/class/{CLASS}", f"/{issued}", f"/{issued}/pdf"):
        assert mallory.get(f"/en/certificates{path}").status_code == 303


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_anybody_checks_a_certificate_at_the_workshop_without_an_account(
    workshop: Site, issued: str, lang: str
) -> None:
    mallory = create_app(workshop, TESTING=True).test_client()
    okot = next(
        one for one in queries.certificates_of(workshop.db, PART, issued) if one.trainee_id == "tokot"
    )
    page = post(mallory, f"/{lang}/verify", f"/{lang}/verify", code=okot.code)
    assert page.status_code == 200
    assert "This certificate is genuine." in _verdict(page)
    assert "证书真实有效。" in _verdict(page)
    assert "Okot Daniel" in _verdict(page)
    assert okot.serial in _verdict(page)
    changed = post(mallory, f"/{lang}/verify", f"/{lang}/verify", code=okot.code[:-6] + "000000")
    assert "This certificate is genuine." not in _verdict(changed)
    assert "Okot Daniel" not in _verdict(changed)


def test_the_checking_page_holds_both_signed_lists_for_work_without_a_network(
    workshop: Site, issued: str
) -> None:
    page = create_app(workshop, TESTING=True).test_client().get("/en/verify").text
    lists = re.search(r'id="certificate-lists">(.*?)</script>', page, re.DOTALL)
    assert lists
    assert '\\"kind\\":\\"trust\\"' in lists[1]
    assert '\\"kind\\":\\"withdrawn\\"' in lists[1]


def test_before_the_first_issue_the_page_says_that_nothing_can_be_checked(workshop: Site) -> None:
    mallory = create_app(workshop, TESTING=True).test_client()
    page = post(mallory, "/en/verify", "/en/verify", code="LBW1:ABC")
    assert page.status_code == 200
    assert 'data-state="no_list"' in _verdict(page)


def _verdict(page: TestResponse) -> str:
    """What stands in the result, without the templates for the script."""
    return page.text.split("data-result", 1)[1].split("<form", 1)[0]
