"""The fate of every row, and that taking a list twice changes nothing."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.roster.errors import RosterError
from workshop.roster.matching import COMPARED, Known
from workshop.roster.plan import plan_rows
from workshop.tables.reading import Row

HEAD = ("number", "name", "sex", "birth year", "phone", "organisation", "category")


def known(person_id, name, **fields):
    empty = dict.fromkeys(COMPARED)
    return Known(person_id, **{**empty, "category": "other", "name": name, **fields})


def planned(lines, people=(), answers=None, head=HEAD):
    rows = [Row(number, tuple(line)) for number, line in enumerate([head, *lines], start=1) if any(line)]
    return plan_rows(rows, people, 2025, answers)


def one(line, people=(), answers=None):
    return planned([line], people, answers).fates[0]


AKELLO = known("takello", "Akello Grace", number="U-001", sex="f", birth_year=1999, phone="0772123456")


def test_a_stranger_is_new():
    fate = one(["U-002", "Okot James"], [AKELLO])
    assert (fate.fate, fate.person, fate.blocks) == ("new", None, False)


def test_the_same_number_and_facts_is_the_same_whatever_the_spelling():
    fate = one(["u-001 ", "GRACE AKELLO", "Female", "1999", "+256 772 123 456"], [AKELLO])
    assert (fate.fate, fate.person) == ("same", "takello")


def test_the_same_number_with_other_facts_tells_which():
    fate = one(["U-001", "Akello Grace", "", "1998", "", "Tian Tang Group"], [AKELLO])
    assert fate.fate == "changed"
    assert fate.detail["fields"] == {
        "birth_year": {"old": 1999, "new": 1998},
        "organisation": {"old": None, "new": "Tian Tang Group"},
    }


def test_an_empty_cell_takes_nothing_away():
    assert one(["U-001", "Akello Grace", "", "", ""], [AKELLO]).fate == "same"


def test_a_number_that_belongs_to_somebody_of_another_name_is_never_overwritten():
    fate = one(["U-001", "Okot James"], [AKELLO])
    assert (fate.fate, fate.reason) == ("ask", "number_of_another")
    assert [option["id"] for option in fate.detail["options"]] == ["takello"]
    assert one(["U-001", "Okot James"], [AKELLO], {2: "same:takello"}).detail["fields"]["name"] == {
        "old": "Akello Grace",
        "new": "Okot James",
    }
    refused = one(["U-001", "Okot James"], [AKELLO], {2: "different"})
    assert (refused.fate, refused.reason, refused.detail["cell"]) == ("refused", "number_taken", "A2")


def test_without_a_number_name_and_year_or_phone_make_the_person():
    assert one(["", "Grace Akello", "", "1999"], [AKELLO]).fate == "same"
    assert one(["", "Grace Akello", "", "", "0772123456"], [AKELLO]).fate == "same"
    assert one(["", "Grace Akello", "", "1985"], [AKELLO]).fate == "new"


def test_a_walk_in_without_number_gets_the_number_of_the_list():
    walk_in = dataclasses.replace(AKELLO, number=None)
    fate = one(["U-001", "Akello Grace", "", "1999"], [walk_in])
    assert fate.detail["fields"] == {"number": {"old": None, "new": "U-001"}}


def test_zeros_that_excel_took_from_a_number_do_not_make_a_second_person():
    zeros = dataclasses.replace(AKELLO, number="00017")
    fate = one(["17", "Akello Grace"], [zeros])
    assert (fate.fate, fate.person) == ("same", "takello")


@pytest.mark.parametrize(
    "line",
    [
        ["", "Akello Grace"],  # the name alone
        ["", "Akello Grase", "", "1999"],  # a slip and the same year
        ["U-009", "Akello Grace", "", "1999"],  # another number
        ["", "Akello Grace", "", "1999", "0701999888"],  # same year, another phone
        ["", "Akello Grace", "m", "1999"],  # same year, another sex
        ["", "Akello Grace", "", "1985", "0772123456"],  # same phone, another year
    ],
)
def test_perhaps_the_same_person_is_asked_and_the_answer_decides(line):
    fate = one(line, [AKELLO])
    assert (fate.fate, fate.reason, fate.blocks) == ("ask", "perhaps_known", True)
    assert one(line, [AKELLO], {2: "different"}).fate == "new"
    assert one(line, [AKELLO], {2: "same:takello"}).fate in ("same", "changed")


def test_an_answer_that_names_nobody_of_those_asked_about_counts_as_none():
    assert one(["", "Akello Grace"], [AKELLO], {2: "same:tmallory"}).fate == "ask"


@pytest.mark.parametrize(
    "line",
    [
        ["", "Okello John", "", "1999"],  # a name of its own
        ["U-009", "Akello Grace"],  # a number of her own and nothing else in common
        ["", "Akella Grace", "m", "1999"],  # a near name and another sex
        ["", "Akello Grase"],  # a slip and nothing beside it
    ],
)
def test_people_with_less_in_common_are_new(line):
    assert one(line, [AKELLO]).fate == "new"


def test_a_person_twice_in_the_file_is_taken_once_when_the_rows_agree():
    plan = planned([["U-2", "Okot James", "m"], ["U-2", "James OKOT", "M"]])
    assert [fate.fate for fate in plan.fates] == ["new", "twice_in_file"]
    assert plan.fates[1].detail == {"row": 2, "fields": []}
    assert plan.takeable


def test_a_person_twice_in_the_file_with_other_facts_blocks_the_list():
    plan = planned([["U-001", "Akello Grace", "", "1999"], ["U-001", "Akello Grace", "", "1998"]], [AKELLO])
    assert plan.fates[1].detail == {"row": 2, "fields": ["birth_year"]}
    assert not plan.takeable


def test_one_number_for_two_people_in_the_file_is_asked_about():
    plan = planned([["U-2", "Okot James"], ["U-2", "Akello Grace"]])
    assert (plan.fates[1].fate, plan.fates[1].reason) == ("ask", "number_of_another")
    assert plan.fates[1].detail["options"][0]["id"] == "row.2"


def test_two_rows_of_one_name_and_no_more_are_asked_about_and_can_be_two_people():
    lines = [["", "Okot James", "", "", "", "Mbale Steel"], ["", "Okot James", "", "", "", "UTC Elgon"]]
    assert [fate.fate for fate in planned(lines).fates] == ["new", "ask"]
    assert [fate.fate for fate in planned(lines, answers={3: "different"}).fates] == ["new", "new"]
    assert [fate.fate for fate in planned(lines, answers={3: "same:row.2"}).fates] == ["new", "twice_in_file"]


def test_one_refused_row_holds_back_all():
    plan = planned([["U-2", "Okot James"], ["U-3", ""]])
    assert plan.fates[1].detail == {"field": "name", "cell": "B3", "text": ""}
    assert plan.counts == {"new": 1, "changed": 0, "same": 0, "ask": 0, "twice_in_file": 0, "refused": 1}
    assert not plan.takeable


def test_a_heading_repeated_on_every_page_is_nobody():
    plan = planned([["U-2", "Okot James"], HEAD, ["U-3", "Akello Grace"]])
    assert [fate.row for fate in plan.fates] == [2, 4]


def test_a_line_of_a_form_with_only_its_serial_number_is_nobody():
    plan = planned([["1", "Okot James"], ["2", ""], ["3", ""]], head=("S/N", "Name"))
    assert [fate.row for fate in plan.fates] == [2]


def test_a_heading_with_nothing_below_is_refused():
    with pytest.raises(RosterError) as caught:
        planned([])
    assert caught.value.code == "no_people"


def test_five_thousand_rows_against_a_large_roster_are_planned_in_seconds():
    first, last = ["Okot", "Akello", "Opio", "Nandutu", "Wafula"], ["James", "Grace", "John", "Mary", "Peter"]
    people = [
        known(f"t{n}", f"{first[n % 5]} {last[n // 5 % 5]}", number=f"U-{n}", birth_year=1960 + n % 50)
        for n in range(5_000)
    ]
    lines = [[f"U-{n}", f"{last[n // 5 % 5]} {first[n % 5]}", "", str(1960 + n % 50)] for n in range(5_000)]
    assert planned(lines, people).counts["same"] == 5_000


NAMES = st.sampled_from(
    ["Okot James", "James Okot", "Okot Jmaes", "Akello Grace", "Akello Grase", "Okot", "欧阳修"]
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "", "U-1", "U-2", "007", "7"]),
        NAMES,
        st.sampled_from(["", "f", "m"]),
        st.sampled_from(["", "1999", "1998"]),
        st.sampled_from(["", "0772123456", "+256772123456", "0701234567"]),
        st.sampled_from(["", "UTC Elgon"]),
        st.sampled_from(["", "student", "teacher"]),
    ),
    min_size=1,
    max_size=7,
)


def taken(plan, people, prefix):
    """What the roster holds after a plan was taken."""
    after = {person.id: person for person in people}
    for fate in plan.fates:
        values = {name: getattr(fate.candidate, name) for name in COMPARED if fate.candidate}
        if fate.fate == "new":
            after[f"{prefix}{fate.row}"] = Known(
                f"{prefix}{fate.row}", **{**values, "category": values["category"] or "other"}
            )
        elif fate.fate == "changed":
            new = {name: value["new"] for name, value in fate.detail["fields"].items()}
            after[fate.person] = dataclasses.replace(after[fate.person], **new)
    return list(after.values())


def answered(lines, people, choice):
    """Answer every question: `choice` 0 says different, else one of the people offered."""
    answers = {}
    while True:
        plan = planned(lines, people, answers)
        asked = next((fate for fate in plan.fates if fate.fate == "ask"), None)
        if asked is None:
            return plan, answers
        options = asked.detail["options"]
        pick = choice % (len(options) + 1)
        answers[asked.row] = "different" if pick == 0 else f"same:{options[pick - 1]['id']}"


@settings(max_examples=300, deadline=None)
@given(LINES, LINES, st.integers(0, 3))
def test_a_list_taken_twice_changes_nothing(before, lines, choice):
    people = taken(answered(before, [], 0)[0], [], "told")
    plan, _answers = answered(lines, people, choice)
    if not plan.takeable:
        return
    after = taken(plan, people, prefix := "tnew")
    persons = {
        fate.row: fate.person or f"{prefix}{fate.row}" for fate in plan.fates if fate.fate != "twice_in_file"
    }
    # What the site remembers of a taken row: who it turned out to be.
    remembered = {row: f"same:{person}" for row, person in persons.items()}
    again = planned(lines, after, remembered)
    left_over = {fate.row for fate in plan.fates if fate.fate == "twice_in_file"}
    assert {fate.fate for fate in again.fates if fate.row not in left_over} <= {"same"}
    assert not {fate.fate for fate in again.fates} & {"new", "changed"}


@given(LINES)
def test_every_row_has_exactly_one_fate_and_counts_add_up(lines):
    plan = planned(lines)
    assert [fate.row for fate in plan.fates] == list(range(2, len(lines) + 2))
    assert sum(plan.counts.values()) == len(lines)
