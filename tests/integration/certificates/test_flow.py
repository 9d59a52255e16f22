"""From a class to paper: propose, approve twice, issue, print, withdraw; and every way in which that must not work."""

import shutil
import stat
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from sync import Change
from tests.integration.certificates.conftest import CLASS, PART, Meet, record
from tests.integration.conftest import Clock
from workshop.certificates import commands, lists, printing, queries
from workshop.certificates.class_file import class_file
from workshop.certificates.code import check_code
from workshop.certificates.facts import ClassFile
from workshop.certificates.pdf import make_pdf
from workshop.certificates.serial import parse_serial
from workshop.folder import ISSUER_KEY
from workshop.problems import Problem
from workshop.site import Site

AKELLO, MUKASA, WANG, OUYANG = "sakello", "smukasa", "swang", "souyang"
DAY_MS = 86_400_000


def the_class(site: Site) -> ClassFile:
    found = class_file(site.db, PART, CLASS)
    assert found
    return found


def approved(workshop: Site, campus: Site, meet: Meet, people: list[str] | None = None) -> str:
    """A batch with both approvals, known at both sites."""
    batch = commands.propose(workshop, PART, AKELLO, CLASS, people)
    commands.approve(workshop, PART, MUKASA, batch, "site")
    meet()
    commands.approve(campus, PART, WANG, batch, "campus")
    return batch


def refused(code: str, act, *given, **named) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Problem) as caught:
        act(*given, **named)
    assert caught.value.code == code


def test_the_rule_judges_everybody_of_the_class(workshop: Site) -> None:
    found = {
        one.id: (one.kind, [reason.code for reason in one.reasons]) for one in the_class(workshop).candidates
    }
    assert found == {
        "tokot": ("certificate", []),
        "tnambozo": ("statement", ["skill_not_yet"]),
        "tkato": ("statement", ["attendance_low", "skill_none"]),
        "twekesa": ("none", ["attendance_low", "skill_none"]),
    }


def test_nobody_gets_anything_while_a_register_is_open(workshop: Site) -> None:
    record(workshop, AKELLO, "attendance.reopen", Change("session", f"{CLASS}.2", {"register": "open"}))
    assert {one.kind for one in the_class(workshop).candidates} == {"none"}
    refused("certificate_nobody", commands.propose, workshop, PART, AKELLO, CLASS)


def test_both_sides_approve_and_the_campus_issues(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = approved(workshop, campus, meet)
    serials = commands.issue(campus, PART, WANG, batch)
    assert [parse_serial(serial).number for serial in serials] == [1, 2, 3]
    assert all(serial.startswith("LBW-UG-2025-0000") for serial in serials)
    found = {one.trainee_id: one for one in queries.certificates_of(campus.db, PART, batch)}
    okot, kato = found["tokot"].facts, found["tkato"].facts
    assert (okot["kind"], okot["hours"], okot["grade"]) == ("certificate", 16, "competent")
    assert okot["skills"] == [["Wire a start-stop circuit", "连接起保停电路"]]
    assert (kato["kind"], kato["hours"], kato["grade"], kato["skills"]) == ("statement", 8, "", [])
    assert [one.status_index for one in _rows(campus)] == [1, 2, 3]


def test_the_workshop_has_them_after_the_next_exchange_and_can_check_them(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    batch = approved(workshop, campus, meet)
    commands.issue(campus, PART, WANG, batch)
    meet()
    trust = lists.trust_of(workshop)
    assert trust
    for one in queries.certificates_of(workshop.db, PART, batch):
        verdict = check_code(one.code, trust, "2025-11-22")
        assert verdict.state == "valid"
        assert verdict.payload
        assert verdict.payload.name == one.facts["name"]


def test_the_signing_key_is_the_owners_alone_and_not_the_one_of_the_log(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    commands.issue(campus, PART, WANG, approved(workshop, campus, meet))
    key = campus.folder / ISSUER_KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    [(issuer,)] = campus.db.execute("select key from rm_issuer")
    assert issuer != campus.key.public
    assert not (workshop.folder / ISSUER_KEY).exists()


def test_who_proposed_cannot_approve(workshop: Site) -> None:
    batch = commands.propose(workshop, PART, MUKASA, CLASS)
    refused("certificate_own_proposal", commands.approve, workshop, PART, MUKASA, batch, "site")


def test_nobody_speaks_for_the_other_side(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = commands.propose(workshop, PART, AKELLO, CLASS)
    refused("certificate_not_your_side", commands.approve, workshop, PART, MUKASA, batch, "campus")
    meet()
    refused("certificate_not_your_side", commands.approve, campus, PART, WANG, batch, "site")


def test_an_approval_forged_around_the_form_does_not_count(workshop: Site, campus: Site, meet: Meet) -> None:
    """Admission lets staff write approvals; whose word counts for a side is looked at again when certificates are issued."""
    batch = commands.propose(workshop, PART, AKELLO, CLASS)
    commands.approve(workshop, PART, MUKASA, batch, "site")
    facts = queries.one_batch(workshop.db, PART, batch)
    assert facts
    forged = Change("approval", f"{batch}.campus", {"decision": "approved", "facts_hash": facts.facts_hash})
    record(workshop, AKELLO, "certificate.approved", forged)
    meet()
    refused("certificate_not_approved", commands.issue, campus, PART, WANG, batch)


def test_one_approval_is_not_enough(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = commands.propose(workshop, PART, AKELLO, CLASS)
    meet()
    commands.approve(campus, PART, WANG, batch, "campus")
    refused("certificate_not_approved", commands.issue, campus, PART, WANG, batch)


def test_a_workshop_does_not_issue(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = approved(workshop, campus, meet)
    meet()
    refused("certificate_campus_only", commands.issue, workshop, PART, MUKASA, batch)


def test_they_are_issued_once(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = approved(workshop, campus, meet)
    commands.issue(campus, PART, WANG, batch)
    refused("certificate_issued", commands.issue, campus, PART, WANG, batch)
    assert len(_rows(campus)) == 3


def test_late_records_need_a_new_proposal(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = approved(workshop, campus, meet)
    mark = Change("attendance", f"{CLASS}.3.tkato", {"status": "present"})
    record(workshop, AKELLO, "attendance.mark", mark)
    meet()
    refused("certificate_facts_changed", commands.issue, campus, PART, WANG, batch)
    again = approved(workshop, campus, meet)
    assert len(commands.issue(campus, PART, WANG, again)) == 3


def test_what_the_campus_has_not_got_yet_is_not_approved_there(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    record(workshop, AKELLO, "trainee.name", Change("trainee", "tokot", {"name": "Okot Daniel P."}))
    batch = commands.propose(workshop, PART, AKELLO, CLASS)
    row = queries.one_batch(workshop.db, PART, batch)
    assert row
    fields = {
        "class_id": CLASS,
        "rule_id": row.rule_id,
        "people": list(row.people),
        "facts_hash": row.facts_hash,
    }
    record(campus, WANG, "certificate.propose", Change("certificate_batch", "bcarried", fields))
    refused("certificate_facts_changed", commands.approve, campus, PART, OUYANG, "bcarried", "campus")


def test_records_after_issue_change_no_certificate(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = approved(workshop, campus, meet)
    commands.issue(campus, PART, WANG, batch)
    before = queries.certificates_of(campus.db, PART, batch)
    record(
        workshop, AKELLO, "attendance.mark", Change("attendance", f"{CLASS}.3.tokot", {"status": "absent"})
    )
    meet()
    assert queries.certificates_of(campus.db, PART, batch) == before


def test_a_refusal_ends_a_proposal_and_needs_a_reason(workshop: Site) -> None:
    batch = commands.propose(workshop, PART, AKELLO, CLASS)
    refused("certificate_comment", commands.approve, workshop, PART, MUKASA, batch, "site", "refused")
    commands.approve(workshop, PART, MUKASA, batch, "site", "refused", comment="Two names are wrong.")
    refused("certificate_refused", commands.approve, workshop, PART, MUKASA, batch, "site")


def test_a_withdrawn_certificate_is_known_everywhere_after_an_exchange(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    batch = approved(workshop, campus, meet)
    serial = commands.issue(campus, PART, WANG, batch)[0]
    commands.withdraw(campus, PART, WANG, serial, "Wrong person.")
    meet()
    trust = lists.trust_of(workshop)
    assert trust
    code = next(one.code for one in queries.certificates_of(workshop.db, PART, batch) if one.serial == serial)
    assert check_code(code, trust, "2025-11-22").state == "withdrawn"
    refused("certificate_withdrawn", commands.withdraw, campus, PART, WANG, serial, "Again.")
    refused("certificate_reason", commands.withdraw, campus, PART, WANG, serial, " ")


def test_a_corrected_name_replaces_the_certificate_under_the_next_number(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    first = approved(workshop, campus, meet, ["tokot"])
    [old] = commands.issue(campus, PART, WANG, first)
    refused("certificate_nobody", commands.propose, campus, PART, WANG, CLASS, ["tokot"])
    commands.withdraw(campus, PART, WANG, old, "Name misspelt.")
    record(workshop, AKELLO, "trainee.name", Change("trainee", "tokot", {"name": "Okot Danyel"}))
    meet()
    [new] = commands.issue(campus, PART, WANG, approved(workshop, campus, meet, ["tokot"]))
    assert parse_serial(new).number == parse_serial(old).number + 1
    trust = lists.trust_of(campus)
    assert trust
    entry = trust.withdrawn_entry(old)
    assert entry
    assert entry.state == "replaced"


def test_numbers_go_on_without_holes_and_fail_whole_when_none_are_left(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    campus.set_setting("serial_blocks", [[1, 2]])
    batch = approved(workshop, campus, meet)
    refused("serial_exhausted", commands.issue, campus, PART, WANG, batch)
    assert _rows(campus) == []
    campus.set_setting("serial_blocks", [[1, 2], [11, 20]])
    assert [parse_serial(one).number for one in commands.issue(campus, PART, WANG, batch)] == [1, 2, 11]


def test_a_name_that_cannot_be_printed_is_refused_before_anything_is_issued(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    record(workshop, AKELLO, "trainee.name", Change("trainee", "tokot", {"name": "Okot ᚠ"}))
    batch = approved(workshop, campus, meet)
    refused("print_character", commands.issue, campus, PART, WANG, batch)
    assert _rows(campus) == []


def test_two_records_of_one_person_get_one_certificate(workshop: Site) -> None:
    person = {"name": "Okot Danniel", "category": "local_student", "same_as": "tokot"}
    record(workshop, AKELLO, "trainee.add", Change("trainee", "tokottwo", person))
    record(workshop, AKELLO, "enrolment.add", Change("enrolment", f"{CLASS}.tokottwo", {"state": "enrolled"}))
    assert [one.name for one in the_class(workshop).candidates if one.id.startswith("tokot")] == [
        "Okot Daniel"
    ]


def test_printing_counts_copies_and_a_print_comes_out_again_as_it_was(
    workshop: Site, campus: Site, meet: Meet
) -> None:
    batch = approved(workshop, campus, meet)
    serials = commands.issue(campus, PART, WANG, batch)
    meet()
    first = commands.print_batch(workshop, PART, MUKASA, batch)
    commands.print_batch(workshop, PART, MUKASA, batch, serials[0])
    jobs = printing.jobs_of(workshop.db, PART, batch)
    assert [job.copies for job in jobs] == [dict.fromkeys(serials, 0), {serials[0]: 1}]
    certificates = queries.certificates_of(workshop.db, PART, batch)
    once, twice = (make_pdf(printing.pages_of(jobs[0], certificates)) for _ in range(2))
    assert once == twice
    assert jobs[0].id == first
    assert make_pdf(printing.pages_of(jobs[0], queries.certificates_of(campus.db, PART, batch))) == once


def test_only_what_counts_is_printed(workshop: Site, campus: Site, meet: Meet) -> None:
    batch = approved(workshop, campus, meet, ["tokot"])
    [serial] = commands.issue(campus, PART, WANG, batch)
    refused("print_none", commands.print_batch, campus, PART, WANG, batch, "statement")
    commands.withdraw(campus, PART, WANG, serial, "Wrong person.")
    refused("print_none", commands.print_batch, campus, PART, WANG, batch)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_the_paper_says_what_the_record_says(
    workshop: Site, campus: Site, meet: Meet, tmp_path: Path
) -> None:
    campus.set_setting("verify_address", "https://verify.example/en/verify")
    batch = approved(workshop, campus, meet)
    serials = commands.issue(campus, PART, WANG, batch)
    commands.print_batch(campus, PART, WANG, batch)
    certificates = queries.certificates_of(campus.db, PART, batch)
    assert all(one.code.startswith("https://verify.example/en/verify#") for one in certificates)
    file = tmp_path / "class.pdf"
    file.write_bytes(make_pdf(printing.pages_of(printing.jobs_of(campus.db, PART, batch)[0], certificates)))
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, check=True
    ).stdout.decode()
    pages = text.split("\f")
    assert len(pages) == 4
    for serial, page in zip(serials, pages, strict=False):
        assert serial in page
    assert "Okot Daniel" in text
    assert "STATEMENT OF HOURS" in text
    assert "verify.example/en/verify" in text


def test_lists_are_signed_again_after_a_week_and_not_before(
    workshop: Site, campus: Site, meet: Meet, clock: Clock
) -> None:
    assert not lists.publish_lists(campus)
    commands.issue(campus, PART, WANG, approved(workshop, campus, meet))
    assert not lists.publish_lists(campus)
    clock.forward(6 * DAY_MS)
    assert not lists.publish_lists(campus)
    clock.forward(2 * DAY_MS)
    assert lists.publish_lists(campus)
    trust = lists.trust_of(campus)
    assert trust
    assert trust.as_of == "2025-11-29"
    assert not lists.publish_lists(workshop)


def _rows(site: Site) -> list[SimpleNamespace]:
    return [SimpleNamespace(**row) for row in site.db.query("select * from rm_certificate order by id")]
