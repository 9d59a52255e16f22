"""`workshop user`: a role for one class only, closing and opening an account, and a name that nobody has."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync import AdmissionError, Change
from tests.integration.conftest import PASSWORD, SignIn
from workshop.cli import main
from workshop.site import Site


@pytest.fixture
def classes(site: Site) -> None:
    for class_id in ("T01", "T02"):
        fields = {
            "course_id": "plc",
            "name_en": class_id,
            "category": "local_student",
            "kind": "training",
            "instructor_id": "sakello",
        }
        change = Change("training_class", class_id, fields)
        site.record(actor="sadmin", intent="class.add", changes=[change])


def user(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(folder), "user", *words])


def add(site: Site, *more: str) -> Result:
    names = ("nandutu", "--name-en", "Nandutu Rose", "--password", PASSWORD, "--role", "assessor")
    return user(site.folder, "add", *names, *more)


def grants(site: Site) -> list[tuple[str, str]]:
    rows = site.db.execute(
        "select role, scope from rm_grant where staff_id not in ('sakello', 'sadmin') order by 1, 2"
    )
    return [(role, scope) for role, scope in rows]


def sign_off(site: Site, class_id: str) -> None:
    [(person,)] = site.db.execute("select person_id from local_account where username = 'nandutu'").fetchall()
    fields = {
        "class_id": class_id,
        "rubric_id": "plc-1",
        "trainee_id": "tokot",
        "result": {"steps": [], "outcome": "open"},
    }
    site.record(actor=person, intent="attempt.sign_off", changes=[Change("attempt", "a" + class_id, fields)])


def test_a_role_holds_in_the_classes_that_are_named(site: Site, classes: None) -> None:
    assert add(site, "--class", "T01").exit_code == 0
    assert grants(site) == [("assessor", "T01")]
    sign_off(site, "T01")
    with pytest.raises(AdmissionError) as refused:
        sign_off(site, "T02")
    assert refused.value.code == "role_missing"


def test_several_roles_and_classes(site: Site, classes: None) -> None:
    add(site, "--role", "instructor", "--class", "T01", "--class", "T02")
    assert grants(site) == [(role, scope) for role in ("assessor", "instructor") for scope in ("T01", "T02")]


def test_without_a_class_it_holds_in_all(site: Site) -> None:
    add(site)
    assert grants(site) == [("assessor", "all")]


def test_a_class_that_is_not_there_is_a_slip_of_the_pen(site: Site, classes: None) -> None:
    told = add(site, "--class", "T1")
    assert told.exit_code == 1 and "There is no class of this number at this site." in told.output
    assert grants(site) == []
    assert "nandutu" not in user(site.folder, "list").output


def test_an_account_is_closed_and_opened_again(site: Site, sign_in: SignIn) -> None:
    assert sign_in().status_code == 303
    assert user(site.folder, "close", "Akello ").exit_code == 0
    assert "akello  sakello  (closed)" in user(site.folder, "list").output
    assert site.db.execute("select count(*) from local_session").fetchone() == (0,)
    assert sign_in().status_code == 422
    assert user(site.folder, "open", "akello").exit_code == 0
    assert sign_in().status_code == 303


@pytest.mark.parametrize("words", [("close",), ("open",), ("password", "--password", "five red lorries")])
def test_a_name_that_nobody_has_is_told(site: Site, words: tuple[str, ...]) -> None:
    told = user(site.folder, words[0], "akelo", *words[1:])
    assert told.exit_code == 1 and "There is no account with this user name." in told.output


def test_a_new_password_goes_by_the_name_however_it_is_typed(site: Site, sign_in: SignIn) -> None:
    assert user(site.folder, "password", "AKELLO", "--password", "five red lorries").exit_code == 0
    assert sign_in(password="five red lorries").status_code == 303
