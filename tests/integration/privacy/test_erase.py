"""Wang erases Okot at the campus: the words go at both sites, every figure and every paper stays what it was."""

import json
from typing import Any

import pytest

from sync import Change
from tests.integration.privacy.conftest import CLASS, NUMBER, PART, Meet, file_holds, record
from workshop.assessment import queries as tests
from workshop.assessment.rules import standing_of
from workshop.attendance.queries import day_sheet
from workshop.certificates import commands as certificates
from workshop.certificates import lists
from workshop.certificates.class_file import class_file
from workshop.certificates.code import check_code
from workshop.courses.queries import people_of
from workshop.privacy import commands, export, queries
from workshop.problems import Problem
from workshop.reports.model import Period
from workshop.reports.queries import training_report
from workshop.review.queries import one_item
from workshop.review.standing import standings
from workshop.roster.queries import known
from workshop.site import Site

YEAR = Period("2024-09-01", "2025-08-31", "school-2024")


def erase(
    campus: Site, person: str = "tokot", typed: str = NUMBER, reason: str = "asked", **more: str
) -> int:
    return commands.erase(campus, PART, "swang", person, typed=typed, reason=reason, **more)


def figures(site: Site) -> dict[str, Any]:
    """All that is counted anywhere, by person but without a name."""
    report = training_report(site, [PART], YEAR)
    found = class_file(site.db, PART, CLASS)
    assert found
    attempts = tests.attempts_of_class(site.db, PART, CLASS)
    return {
        "times": [(row.key, row.figures) for row in report.by_category],
        "total": report.total,
        "people": sorted(
            (one.person.id, one.person.category, one.person.state, one.person.attended, one.reason)
            for one in report.details
        ),
        "shares": {one.id: (one.kind, one.eligibility) for one in found.candidates},
        "standing": {who: standing_of(ones) for who, ones in attempts.items()},
        "review": {(one.kind, one.id): one.state for one in standings(site.db, PART)},
    }


def test_the_figures_keep_their_counts_and_no_file_holds_a_word(
    campus: Site, workshop: Site, meet: Meet, issued: str
) -> None:
    remark = {
        "class_id": CLASS,
        "trainee_id": "tokot",
        "rubric_id": "r-plc-1",
        "started_at": campus.now() + 5,
    }
    result = {
        "steps": [["prove-dead", "yes", "Okot, slow"], ["start-stop", "yes", ""]],
        "outcome": "competent",
    }
    record(
        workshop,
        "sakello",
        "attempt.sign_off",
        Change("attempt", "a2", remark | {"result": result, "replaces": "atokot"}),
    )
    record(
        workshop,
        "sakello",
        "attendance.mark",
        Change("attendance", f"{CLASS}.1.tokot", {"status": "late", "minutes": 5, "note": "Okot"}),
    )
    meet()
    approve = one_item(campus, PART, "register", f"{CLASS}.1")
    assert approve is not None
    record(
        campus,
        "swang",
        "review.approve",
        Change(
            "review", approve.key, {"decision": "approved", "comment": None, "seen": sorted(approve.heads)}
        ),
    )
    meet()
    before = figures(workshop)
    assert before["review"]["register", f"{CLASS}.1"] == "approved"
    assert erase(campus) > 0
    assert figures(campus) == before
    meet()
    assert figures(workshop) == before
    meet()
    assert campus.node.model.state_hash() == workshop.node.model.state_hash()
    for site in (campus, workshop):
        assert site.node.rebuild()[0] == site.node.model.state_hash()
        site.node.db.conn.execute("pragma wal_checkpoint(truncate)")
        for words in (b"Okot", b"UTC/ST/24/oko", "欧阔".encode()):
            assert file_holds(site.folder, words) == []


def test_the_paper_can_still_be_checked_and_the_register_names_nobody(
    campus: Site, workshop: Site, meet: Meet, issued: str
) -> None:
    [(code,)] = campus.db.execute("select code from rm_certificate where id = ?", (issued,)).fetchall()
    erase(campus)
    meet()
    [(status, kept, index, facts)] = workshop.db.execute(
        "select status, code, status_index, facts from rm_certificate where id = ?", (issued,)
    ).fetchall()
    assert (status, kept, index is None) == ("issued", "", False)
    assert json.loads(facts)["name"] == ""
    assert json.loads(facts)["hours"] == 16
    assert check_code(code, lists.trust_of(workshop), "2025-11-22").state == "valid"
    certificates.withdraw(campus, PART, "swang", issued, "printed by mistake")
    meet()
    assert check_code(code, lists.trust_of(workshop), "2025-11-22").state == "withdrawn"


def test_an_erased_person_is_not_printed(campus: Site, workshop: Site, meet: Meet, issued: str) -> None:
    erase(campus)
    [(batch,)] = campus.db.execute("select batch_id from rm_certificate where id = ?", (issued,)).fetchall()
    with pytest.raises(Problem) as refused:
        certificates.print_batch(campus, PART, "swang", batch, issued)
    assert refused.value.code == "print_none"


def test_nobody_is_brought_back(campus: Site, workshop: Site, meet: Meet) -> None:
    erase(campus)
    meet()
    assert "tokot" not in [one.id for one in known(workshop.db, PART)]
    late = Change("trainee", "tokot", {"name": "Okot Daniel", "phone": "+256 700 000000"})
    record(workshop, "sakello", "trainee.edit", late)
    workshop.settle_erasures()
    meet()
    for site in (campus, workshop):
        assert site.db.execute("select name, phone from rm_trainee where id = 'tokot'").fetchall() == [
            (None, None)
        ]
    assert campus.node.model.state_hash() == workshop.node.model.state_hash()


def test_lists_show_an_erased_person(campus: Site, workshop: Site, meet: Meet) -> None:
    erase(campus)
    meet()
    shown = next(row for row in people_of(workshop.db, PART, CLASS) if row["id"] == "tokot")
    assert (shown["name"], shown["name_zh"], shown["number"]) == (
        "Erased person tokot",
        "已删除的人员 tokot",
        "",
    )
    sheet = next(row for row in day_sheet(workshop, PART, CLASS, "1") if row.name.startswith("Erased"))
    assert sheet.value == {"status": "present", "minutes": None}


def test_somebody_of_the_staff_is_erased_and_what_they_did_stays(
    campus: Site, workshop: Site, meet: Meet
) -> None:
    before = figures(workshop)
    assert commands.erase(campus, PART, "swang", "sakello", typed="sakello", reason="asked") == 1
    meet()
    meet()
    for site in (campus, workshop):
        assert site.db.execute("select name_en from rm_staff where id = 'sakello'").fetchall() == [(None,)]
        assert figures(site) == before
        assert site.db.execute("select count(*) from rm_quarantine").fetchone()[0] == 0
    assert workshop.db.execute("select 1 from local_account where person_id = 'sakello'").fetchone() is None
    assert campus.node.model.state_hash() == workshop.node.model.state_hash()


def test_an_erasure_tells_which_sites_have_it(campus: Site, workshop: Site, meet: Meet) -> None:
    erase(campus)
    assert queries.acts(campus.db, [PART])[0].sites == ()
    meet()
    meet()
    assert queries.acts(campus.db, [PART])[0].sites == (PART,)


def test_an_erasure_is_listed_and_names_nobody(campus: Site, workshop: Site) -> None:
    erase(campus, asked_on="2025-11-01", reason="period_over")
    [act] = queries.acts(campus.db, [PART])
    assert (act.id, act.kind, act.reason, act.asked_on, act.actor) == (
        "tokot",
        "trainee",
        "period_over",
        "2025-11-01",
        "swang",
    )


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("erase_typed", {"typed": "UTC/ST/24/kat"}),
        ("erase_reason", {"reason": "because"}),
        ("erase_day", {"asked_on": "2999-01-01"}),
        ("erase_no_person", {"person": "tnobody"}),
    ],
)
def test_what_must_not_be(campus: Site, workshop: Site, code: str, given: dict[str, str]) -> None:
    with pytest.raises(Problem) as refused:
        erase(campus, **given)
    assert refused.value.code == code
    assert queries.acts(campus.db, [PART]) == []


def test_a_workshop_cannot_and_nobody_twice(campus: Site, workshop: Site) -> None:
    with pytest.raises(Problem) as refused:
        erase(workshop)
    assert refused.value.code == "erase_campus_only"
    erase(campus)
    with pytest.raises(Problem) as refused:
        erase(campus, typed="tokot")
    assert refused.value.code == "erase_done"


def test_the_export_holds_all_of_one_person_and_nothing_of_others(campus: Site, issued: str) -> None:
    person = queries.one_person(campus.db, PART, "tokot")
    assert person
    data = export.as_data(campus, person)
    assert data["person"]["name"] == "Okot Daniel"
    assert {"trainee", "enrolment", "attendance", "attempt", "certificate", "certificate_batch"} <= {
        one["type"] for one in data["said"]
    }
    assert len(data["now"]["attendance"]) == 4
    assert data["now"]["certificate"][0]["id"] == issued
    assert {one["by_name"] for one in data["said"]} >= {"Akello Grace"}
    assert all(other not in str(data) for other in ("tnambozo", "tkato", "twekesa", "Nambozo"))


def test_a_reviewer_who_is_erased_keeps_what_she_did(campus: Site, workshop: Site, meet: Meet) -> None:
    """Her name and her roles stand in one op, and on her roles rests the very act by which she is erased."""
    erase(campus)
    assert commands.erase(campus, "common", "swang", "swang", typed="swang", reason="asked") == 1
    meet()
    meet()
    for site in (campus, workshop):
        assert site.db.execute("select name_en from rm_staff where id = 'swang'").fetchall() == [(None,)]
        assert site.db.execute("select count(*) from rm_quarantine").fetchone()[0] == 0
        assert {act.id for act in queries.acts(site.db, [PART])} == {"swang", "tokot"}
        assert site.node.rebuild()[0] == site.node.model.state_hash()
    assert campus.node.model.state_hash() == workshop.node.model.state_hash()
    late = Change("trainee", "tokot", {"name": "Okot Daniel"})
    record(workshop, "sakello", "trainee.edit", late)
    meet()
    assert campus.db.execute("select name from rm_trainee where id = 'tokot'").fetchall() == [(None,)]
