"""Taking a list into a real site: one op a person, all or nothing, and nothing the second time."""

import json

import pytest

from sync import AdmissionError, Change
from workshop.problems import Problem
from workshop.roster import queries
from workshop.roster.commands import commit_plan, dry_run, make_plan, read_upload, take_file
from workshop.tables.writing import csv_bytes

from .conftest import HEAD, listed

OKOT = ("U-001", "Okot James", "M", "1999", "0772123456", "UTC Elgon", "Local student")
APIO = ("U-002", "Apio", "F", "2001", "", "Tian Tang Group", "")


def planned(site, *rows, answers=None):
    return make_plan(site, read_upload(listed(*rows), "list.xlsx"), "mbale", answers)


def people(site):
    return {person.number: person for person in queries.known(site.db, "mbale")}


def test_new_people_come_with_their_class_in_one_op_each(site, t01):
    plan = planned(site, OKOT, APIO)
    outcome = commit_plan(site, "sakello", plan, t01)
    assert (outcome.new, outcome.enrolled, outcome.ops) == (2, 2, 2)
    okot = people(site)["U-001"]
    assert (okot.name, okot.sex, okot.birth_year, okot.phone, okot.category) == (
        "Okot James",
        "m",
        1999,
        "0772123456",
        "local_student",
    )
    assert people(site)["U-002"].category == "local_student"  # the class says so where the list does not
    trainee_op = site.db.execute("select last_op from rm_trainee where id = ?", (okot.id,)).fetchone()[0]
    enrolment_op = site.db.execute(
        "select last_op from rm_enrolment where trainee_id = ?", (okot.id,)
    ).fetchone()[0]
    assert trainee_op == enrolment_op
    actor = site.db.execute("select actor from rm_trainee where id = ?", (okot.id,)).fetchone()[0]
    assert actor == "sakello"


def test_the_same_list_again_writes_nothing(site, t01):
    commit_plan(site, "sakello", planned(site, OKOT, APIO), t01)
    again = planned(site, OKOT, APIO)
    assert again.counts["same"] == 2
    outcome = commit_plan(site, "sakello", again, t01)
    assert (outcome.same, outcome.enrolled, outcome.ops) == (2, 0, 0)


def test_a_change_replaces_what_it_was_made_in_view_of_and_makes_no_conflict(site):
    commit_plan(site, "sakello", planned(site, OKOT))
    plan = planned(site, ("U-001", "Okot James", "", "1998", "", "", ""))
    assert commit_plan(site, "sadmin", plan).changed == 1
    row = site.db.execute("select birth_year, phone, conflict from rm_trainee").fetchone()
    assert row == (1998, "0772123456", 0)


def test_one_bad_row_and_nobody_is_taken(site):
    plan = planned(site, OKOT, ("U-003", "", "", "", "", "", ""))
    with pytest.raises(Problem) as caught:
        commit_plan(site, "sakello", plan)
    assert caught.value.code == "roster_not_takeable"
    assert people(site) == {}


def test_a_person_without_the_role_takes_nobody(site):
    site.record(
        actor="system",
        intent="staff.add",
        changes=[Change("staff", "snandutu", {"name_en": "Nandutu"})],
        part="mbale",
    )
    with pytest.raises(AdmissionError):
        commit_plan(site, "snandutu", planned(site, OKOT, APIO))
    assert people(site) == {}


def test_a_plan_made_before_somebody_else_changed_the_roster_is_not_taken(site):
    stale = planned(site, OKOT)
    commit_plan(site, "sadmin", planned(site, APIO))
    with pytest.raises(Problem) as caught:
        commit_plan(site, "sakello", stale)
    assert caught.value.code == "roster_changed"
    assert set(people(site)) == {"U-002"}


def test_a_class_of_another_site_is_refused(site):
    with pytest.raises(Problem) as caught:
        commit_plan(site, "sakello", planned(site, OKOT), "T99")
    assert caught.value.code == "roster_class_unknown"


def test_somebody_withdrawn_from_the_class_stays_withdrawn_when_the_list_comes_again(site, t01):
    commit_plan(site, "sakello", planned(site, OKOT), t01)
    person = people(site)["U-001"].id
    heads = json.loads(site.db.execute("select heads from rm_enrolment").fetchone()[0])["state"]
    withdrawn = Change("enrolment", f"T01.{person}", {"state": "withdrawn"}, tuple(heads))
    site.record(actor="sakello", intent="class.withdraw", changes=[withdrawn])
    outcome = commit_plan(site, "sakello", planned(site, OKOT), t01)
    assert (outcome.enrolled, outcome.withdrawn, outcome.ops) == (0, 1, 0)


def test_a_question_answered_once_is_not_asked_again(site):
    bare = ("", "Okot James", "", "", "", "", "")
    commit_plan(site, "sakello", planned(site, OKOT))
    assert planned(site, bare).counts["ask"] == 1
    commit_plan(site, "sakello", planned(site, bare, answers={2: "different"}))
    again = planned(site, bare)
    assert again.counts["same"] == 1
    assert len(queries.known(site.db, "mbale")) == 2


def test_records_found_to_be_one_person_count_once(site):
    commit_plan(site, "sakello", planned(site, OKOT, APIO))
    okot, apio = people(site)["U-001"], people(site)["U-002"]
    merged = Change("trainee", apio.id, {"same_as": okot.id})
    site.record(actor="sakello", intent="trainee.same", changes=[merged])
    assert [person.id for person in queries.known(site.db, "mbale")] == [okot.id]


def test_a_dry_run_tells_every_row_and_writes_nothing(site, tmp_path):
    path = tmp_path / "名册.csv"
    rows = [OKOT, ("U-002", "Apio", "x", "", "", "", ""), ("U-003", "Nandutu", "", "", "2.56772E+11", "", "")]
    path.write_bytes(csv_bytes(HEAD, rows))
    found = dry_run(site, path)
    assert (found["file"], found["encoding"], found["takeable"]) == ("名册.csv", "utf-8-bom", False)
    assert [(row["row"], row["fate"], row["reason"]) for row in found["rows"]] == [
        (2, "new", ""),
        (3, "refused", "sex_unknown"),
        (4, "new", ""),
    ]
    assert found["rows"][1]["detail"]["cell"] == "C3"
    assert found["rows"][2]["detail"]["notes"][0]["code"] == "phone_lost"
    assert found["counts"]["new"] == 2
    assert people(site) == {}
    json.dumps(found)


def test_a_file_is_taken_in_the_name_of_a_user_or_not_at_all(site, tmp_path, t01):
    path = tmp_path / "list.xlsx"
    path.write_bytes(listed(OKOT, APIO))
    with pytest.raises(Problem) as caught:
        take_file(site, path, "mallory")
    assert caught.value.code == "roster_actor_unknown"
    assert take_file(site, path, "akello", t01)["taken"]["enrolled"] == 2
    assert take_file(site, path, "akello", t01)["counts"]["same"] == 2


def test_a_file_that_cannot_be_read_is_a_problem_with_its_code(site, tmp_path):
    path = tmp_path / "list.xlsx"
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(Problem) as caught:
        dry_run(site, path)
    assert caught.value.code == "table_file_damaged"


def test_five_thousand_people_are_taken_in_one_go(site, t01):
    rows = [
        (f"U-{n:05}", f"Person {chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}")
        for n in range(5000)
    ]
    plan = make_plan(site, read_upload(listed(*rows, head=HEAD[:2]), "list.xlsx"), "mbale")
    assert commit_plan(site, "sakello", plan, t01).enrolled == 5000
    assert len(queries.class_people(site.db, "mbale", t01)) == 5000
