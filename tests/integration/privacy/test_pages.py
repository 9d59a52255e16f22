"""The pages of people's data, and the commands: Wang finds Okot, hands over what is held, erases him in two steps."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.integration.conftest import csrf_of
from tests.integration.privacy.conftest import CLASS, NUMBER, PART, Meet, SignIn
from workshop.cli.main import main
from workshop.privacy import commands, queries
from workshop.site import Site

PERSON = f"/en/people/{PART}/tokot"


def test_wang_erases_okot_in_two_steps(campus: Site, workshop: Site, signed_in: SignIn) -> None:
    wang = signed_in(campus, "wang")
    assert "Okot Daniel" in wang.get("/en/people?words=okot").text
    page = wang.get(f"{PERSON}/erase").text
    assert "What goes, for ever" in page
    assert "What stays, and why" in page
    token = csrf_of(wang, f"{PERSON}/erase")
    wrong = wang.post(f"{PERSON}/erase", data={"csrf": token, "typed": "1", "reason": "", "asked_on": ""})
    assert wrong.status_code == 422
    assert "This is not the number of this person." in wrong.text
    said = {"csrf": token, "typed": NUMBER, "reason": "asked", "asked_on": "2025-11-20"}
    asked = wang.post(f"{PERSON}/erase", data=said)
    assert asked.status_code == 200
    assert "Erase Okot Daniel for ever?" in asked.text
    assert queries.acts(campus.db, [PART]) == []
    done = wang.post(f"{PERSON}/erase", data={**said, "sure": "yes"})
    assert done.status_code == 303
    after = wang.get(done.headers["Location"]).text
    assert "The person is erased here." in after
    assert "Wang Lei" in after
    assert "The person asked for it" in after
    assert "Okot" not in after
    assert "This person was erased." in wang.get(PERSON).text
    assert wang.get(f"{PERSON}/erase").status_code == 409


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_page_breaks_on_somebody_without_a_name(
    campus: Site, workshop: Site, meet: Meet, signed_in: SignIn, issued: str, lang: str
) -> None:
    wang, akello = signed_in(campus, "wang"), signed_in(workshop, "akello")
    commands.erase(campus, PART, "swang", "tokot", typed=NUMBER, reason="asked")
    meet()
    shown = "已删除的人员" if lang == "zh" else "Erased person"
    for page in (
        f"classes/{CLASS}",
        f"register/{CLASS}/1",
        f"classes/{CLASS}/tests/r-plc-1",
        f"certificates/class/{CLASS}",
    ):
        answer = akello.get(f"/{lang}/{page}")
        assert answer.status_code == 200, page
        assert "Okot" not in answer.text, page
        assert shown in answer.text, page
    for page in (
        "review",
        "review/trainee/tokot",
        f"review/register/{CLASS}.1",
        "review/attempt/atokot",
        "reports/training/rows",
        "people",
    ):
        answer = wang.get(f"/{lang}/{page}")
        assert answer.status_code == 200, page
        assert "Okot" not in answer.text, page


def test_the_files_are_not_kept_by_anybody(campus: Site, workshop: Site, signed_in: SignIn) -> None:
    wang = signed_in(campus, "wang")
    found = wang.get(f"{PERSON}/data.json")
    assert found.headers["Cache-Control"] == "no-store"
    assert json.loads(found.data)["person"]["number"] == NUMBER
    paper = wang.get(f"{PERSON}/data.pdf")
    assert paper.data.startswith(b"%PDF-")
    assert wang.get(f"{PERSON}/data.xml").status_code == 404
    assert wang.get(f"/en/people/{PART}/nobody").status_code == 404


def test_a_workshop_hands_over_and_does_not_erase(workshop: Site, signed_in: SignIn) -> None:
    mukasa, akello = signed_in(workshop, "mukasa"), signed_in(workshop, "akello")
    assert "Only the home campus can erase" in mukasa.get(PERSON).text
    assert mukasa.get(f"{PERSON}/erase").status_code == 409
    assert mukasa.get(f"{PERSON}/data.json").status_code == 200
    assert akello.get(PERSON).status_code == 403


def test_the_commands(campus: Site, workshop: Site, tmp_path: Path) -> None:
    run, folder = CliRunner(), str(campus.folder)
    out = tmp_path / "okot.json"
    done = run.invoke(main, ["--data", folder, "person", "export", NUMBER, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["person"]["ids"] == ["tokot"]
    erase = ["--data", folder, "person", "erase", NUMBER, "--reason", "asked", "--by", "wang"]
    wrong = run.invoke(main, erase, input="another\n")
    assert wrong.exit_code == 1
    assert queries.acts(campus.db, [PART]) == []
    done = run.invoke(main, erase, input=f"{NUMBER}\n")
    assert done.exit_code == 0, done.output
    assert "tokot  erased:" in done.output
    assert run.invoke(main, [*erase, "--yes"]).exit_code == 1
    there = run.invoke(
        main,
        [
            "--data",
            str(workshop.folder),
            "person",
            "erase",
            NUMBER,
            "--reason",
            "asked",
            "--by",
            "mukasa",
            "--yes",
        ],
    )
    assert there.exit_code == 1
    assert "erase_campus_only" in there.output
