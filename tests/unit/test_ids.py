"""Opaque ids: their form, and that a seeded chooser gives them again."""

import random
import re

from workshop.ids import new_id


def test_an_id_is_a_letter_and_nine_unambiguous_characters():
    assert all(re.fullmatch(r"t[a-z2-7]{9}", new_id("t")) for _ in range(200))


def test_ids_differ_unless_the_chooser_is_seeded():
    assert new_id("t") != new_id("t")
    assert new_id("t", random.Random(7).choice) == new_id("t", random.Random(7).choice)
