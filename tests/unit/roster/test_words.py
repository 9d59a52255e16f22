"""Every code has its words, and the words ask for nothing that the code does not bring."""

import re

import pytest

from tests.unit.roster.test_plan import AKELLO, planned
from workshop.roster import words
from workshop.roster.matching import COMPARED
from workshop.roster.plan import FATES
from workshop.roster.problems import problems
from workshop.tables.errors import CODES


def names_in(text):
    return set(re.findall(r"%\((\w+)\)s", text))


def test_every_refused_file_has_words():
    assert {f"table_{code}" for code in CODES} <= set(problems)


def test_every_fate_and_field_has_a_word():
    assert set(words.FATES) == set(FATES)
    assert set(COMPARED) <= set(words.FIELDS)


BAD = {
    "name_missing": ["U-9", ""],
    "name_too_long": ["", "N" * 121],
    "name_not_a_name": ["", "=1"],
    "number_lost": ["1.1E+17", "Okot"],
    "number_bad": ["=1", "Okot"],
    "sex_unknown": ["", "Okot", "yes"],
    "birth_year_bad": ["", "Okot", "", "99"],
    "phone_bad": ["", "Okot", "", "", "x"],
    "text_too_long": ["", "Okot", "", "", "", "x" * 201],
    "category_unknown": ["", "Okot", "", "", "", "", "visitor"],
    "perhaps_known": ["", "Akello Grace"],
    "number_of_another": ["U-001", "Okot James"],
}


@pytest.mark.parametrize("code", sorted(BAD))
def test_a_row_that_holds_the_list_back_is_told_in_words_that_it_can_fill(code):
    fate = planned([BAD[code]], [AKELLO]).fates[0]
    assert fate.reason == code
    assert names_in(words.REASONS[code]) <= set(fate.detail)


def test_no_reason_is_worded_that_cannot_happen():
    assert set(words.REASONS) == {*BAD, "number_taken", "twice", "twice_differs"}


def test_every_note_is_worded():
    lines = [["2024.0", "Okot", "", "", "772123456"], ["", "Apio", "", "", "2.5E+11"]]
    notes = {note.code for fate in planned(lines).fates for note in fate.notes}
    assert notes == set(words.NOTES)
