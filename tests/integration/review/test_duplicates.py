"""Two records with nearly the same name: asked about, answered, and answered anew."""

import re

import pytest

from sync import Change

from .conftest import PART, World, words

LIST = "/en/review/duplicates"
PAIR = "tbabirie.tbabirye"


@pytest.fixture
def twice(world: World) -> World:
    """Babirye Judith was registered a second time, as Babirie Judith, with a mark of her own."""
    world.state(
        world.workshop,
        Change("trainee", "tbabirye", {"birth_year": 2005, "sex": "f"}),
        Change(
            "trainee",
            "tbabirie",
            {"name": "Babirie Judith", "birth_year": 2005, "sex": "f", "number": "UTC/099"},
        ),
        Change("enrolment", "T01.tbabirie", {"state": "enrolled"}),
        Change("attendance", "T01.1.tbabirie", {"status": "present"}),
    )
    world.exchange()
    return world


def same_as(world: World, trainee: str) -> str | None:
    value: str | None = world.one(
        world.workshop, "select same_as from rm_trainee where part = ? and id = ?", PART, trainee
    )
    return value


def test_near_equal_names_are_asked_about_with_what_tells_them_apart(twice: World) -> None:
    text = twice.wang.text(LIST)
    assert "Babirie Judith · Babirye Judith" in text
    assert "Year of birth 2005 the same" in text and "UTC/099" in text
    assert "Okot James" not in text


def test_the_same_person_keeps_the_chosen_record_and_both_histories(twice: World) -> None:
    mukasa = twice.mukasa
    answer = mukasa.post("/en/review/duplicates", LIST, pair=PAIR, stays="tbabirye", decision="same")
    assert answer.status_code == 303
    assert (same_as(twice, "tbabirie"), same_as(twice, "tbabirye")) == ("tbabirye", None)
    assert twice.one(twice.workshop, "select count(*) from rm_attendance where trainee_id = 'tbabirie'") == 1
    text = mukasa.text(LIST)
    assert "No question is open" in text and "Counted as Babirye Judith." in text
    assert (
        twice.one(twice.workshop, "select json_array_length(body) from op_log order by n desc limit 1") == 2
    ), "one op"


def test_an_answer_can_be_taken_back(twice: World) -> None:
    mukasa = twice.mukasa
    mukasa.post("/en/review/duplicates", LIST, pair=PAIR, stays="tbabirye", decision="same")
    mukasa.post("/en/review/duplicates", LIST, pair=PAIR, decision="different")
    assert same_as(twice, "tbabirie") is None
    assert "Two different people." in mukasa.text(LIST)
    mukasa.post("/en/review/duplicates", LIST, pair=PAIR, stays="tbabirie", decision="same")
    assert same_as(twice, "tbabirye") == "tbabirie"
    text = mukasa.text(f"/en/review/duplicate/{PAIR}")
    assert len(re.findall(r"Said whether two records are one person", text)) == 3


def test_different_people_are_not_asked_about_again(twice: World) -> None:
    twice.wang.post("/en/review/duplicates", LIST, pair=PAIR, decision="different")
    twice.exchange()
    assert "No question is open" in twice.mukasa.text(LIST)


def test_an_answer_needs_to_say_which_record_stays(twice: World) -> None:
    answer = twice.mukasa.post("/en/review/duplicates", LIST, pair=PAIR, stays="tokot", decision="same")
    assert answer.status_code == 422 and "which of the two records stays" in words(answer)
    assert (
        twice.mukasa.post(
            "/en/review/duplicates", LIST, pair="tokot.nobody", stays="tokot", decision="same"
        ).status_code
        == 404
    )
    assert (
        twice.mukasa.post(
            "/en/review/duplicates", LIST, pair="tokot.tokot", stays="tokot", decision="same"
        ).status_code
        == 404
    )


def test_a_record_that_stands_for_another_already_cannot_be_the_one_that_stays(twice: World) -> None:
    mukasa = twice.mukasa
    mukasa.post("/en/review/duplicates", LIST, pair=PAIR, stays="tbabirye", decision="same")
    answer = mukasa.post(
        "/en/review/duplicates", LIST, pair="tbabirie.tokot", stays="tbabirie", decision="same"
    )
    assert answer.status_code == 409
    assert same_as(twice, "tokot") is None


def test_two_who_answered_differently_are_asked_again(twice: World) -> None:
    twice.mukasa.post("/en/review/duplicates", LIST, pair=PAIR, decision="different")
    twice.wang.post("/en/review/duplicates", LIST, pair=PAIR, stays="tbabirye", decision="same")
    twice.exchange()
    assert twice.one(twice.workshop, "select conflict from rm_duplicate") == 1
    assert "Two people answered differently." in twice.mukasa.text(LIST)
    conflicts = twice.mukasa.get("/en/review/conflicts")
    assert "“Decision” was entered differently" in words(conflicts)
    assert f'href="{LIST}"' in conflicts.text, "answered in one place only"
    twice.mukasa.post("/en/review/duplicates", LIST, pair=PAIR, decision="different")
    assert twice.one(twice.workshop, "select conflict from rm_duplicate") == 0
    assert same_as(twice, "tbabirie") is None
