"""A cell: what a spreadsheet did to it is mended where every digit is there, told where digits are lost."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.tables.cells import guarded, mended_digits, text_of, unguarded


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("0772", "0772"),
        (772123456.0, "772123456"),
        (256772123456.0, "256772123456"),
        (1.10101199001011e17, "1.10101199001011E+17"),
        (0.5, "0.5"),
        (True, "TRUE"),
        (datetime.date(1999, 4, 3), "1999-04-03"),
        (datetime.datetime(1999, 4, 3), "1999-04-03"),  # noqa: DTZ001 - a spreadsheet knows no zone
        (datetime.datetime(1999, 4, 3, 8, 30), "1999-04-03 08:30:00"),  # noqa: DTZ001
        (datetime.time(8, 30), "08:30:00"),
    ],
)
def test_a_stored_value_becomes_the_text_that_was_typed(stored, text):
    assert text_of(stored) == text


@pytest.mark.parametrize(
    ("text", "mended", "lost"),
    [
        ("772123456.0", "772123456", False),
        ("2.56772123456E+11", "256772123456", False),
        ("2.56772123456e11", "256772123456", False),
        ("2.56772E+11", "2.56772E+11", True),
        ("1.10101199001011E+17", "1.10101199001011E+17", True),
        ("0772123456", "0772123456", False),
        ("U-017", "U-017", False),
        ("1.5", "1.5", False),
        ("", "", False),
        ("1E999", "1E999", True),
    ],
)
def test_digits_are_mended_or_said_to_be_lost(text, mended, lost):
    assert mended_digits(text) == (mended, lost)


@given(st.integers(10**8, 10**15 - 1))
def test_every_long_number_survives_the_way_through_a_float_and_its_e_form(number):
    assert mended_digits(text_of(float(number))) == (str(number), False)
    digits = str(number)
    e_form = f"{digits[0]}.{digits[1:]}E+{len(digits) - 1}"
    assert mended_digits(e_form) == (digits, False)


@given(st.text())
def test_the_guard_can_be_taken_off_without_loss_and_leaves_no_formula(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("name", ["'Ogwang", "Ng'ang'a", "''"])
def test_an_apostrophe_that_guards_nothing_stays(name):
    assert unguarded(name) == name
    assert guarded(name) == name
