"""Rules of review: what has changed since a look, clocks that were wrong, the order of a history, who may be one person."""

import itertools
import random
import re
from pathlib import Path

import pytest

from sync.limits import CLOCK_OFF_MS
from workshop.exchange.problems import problems as exchange_problems
from workshop.registry import REGISTRY
from workshop.review import reasons, words
from workshop.review.duplicates import is_year_slip, likely
from workshop.review.rules import (
    SEEN_MAX,
    Made,
    Step,
    digest_of,
    hindrance,
    in_order,
    made_by,
    offset_at,
    pair_id,
    seen_of,
    state_of,
)
from workshop.roster.matching import COMPARED, Known

DAY_MS = 86_400_000


def test_a_record_that_nobody_looked_at_waits() -> None:
    assert state_of(None, None, {"a"}) == "waiting"


def test_a_look_holds_for_exactly_what_was_seen() -> None:
    assert state_of("approved", ["b", "a"], {"a", "b"}) == "approved"
    assert state_of("returned", ["a"], {"a"}) == "returned"
    assert state_of("approved", ["a"], {"a", "b"}) == "changed"
    assert state_of("returned", ["a"], {"b"}) == "changed"
    assert state_of("approved", ["a", "b"], {"a"}) == "changed", "what was seen is gone, for instance revoked"


def test_a_review_that_does_not_say_what_it_saw_goes_by_arrival() -> None:
    assert state_of("approved", None, {"a"}, newer=False) == "approved"
    assert state_of("approved", None, {"a"}, newer=True) == "changed"


def test_a_record_on_very_many_ops_is_named_by_their_digest() -> None:
    many = {f"op{n:014}" for n in range(SEEN_MAX + 1)}
    assert len(seen_of(many)) == 1
    assert state_of("approved", seen_of(many), many) == "approved"
    assert state_of("approved", seen_of(many), many | {"one more"}) == "changed"


def test_a_digest_tells_states_apart_and_knows_no_order() -> None:
    assert digest_of(["a", "b"]) == digest_of({"b", "a"})
    assert digest_of(["a", "b"]) != digest_of(["ab"])


def test_what_needs_a_look_of_its_own_is_not_approved_in_a_row() -> None:
    assert hindrance("waiting", conflict=False, held=False) is None
    assert hindrance("changed", conflict=False, held=False) is None
    assert hindrance("waiting", conflict=True, held=True) == "conflict"
    assert hindrance("waiting", conflict=False, held=True) == "held"
    assert hindrance("returned", conflict=False, held=False) == "returned"


def test_a_noted_offset_corrects_the_time_and_flags_it() -> None:
    slow = Made(wall=1_000_000, offset=-8 * 60_000, received=2_000_000)
    assert slow.corrected == 1_480_000 and slow.off
    assert not Made(wall=1_000_000, offset=-CLOCK_OFF_MS + 1, received=2_000_000).off


def test_an_op_that_says_it_is_younger_than_its_receipt_is_flagged_without_a_note() -> None:
    assert Made(wall=2 * DAY_MS, offset=0, received=DAY_MS).off
    assert not Made(wall=DAY_MS + CLOCK_OFF_MS - 1, offset=0, received=DAY_MS).off


def test_a_note_says_nothing_of_an_op_that_came_with_it_from_before_the_clock_went_wrong() -> None:
    years = [(140, -20_000 * DAY_MS)]
    before = made_by(years, 141, wall=20_045 * DAY_MS, received=20_046 * DAY_MS)
    assert before == Made(20_045 * DAY_MS, 0, 20_046 * DAY_MS) and not before.off
    after = made_by(years, 150, wall=45 * DAY_MS, received=20_046 * DAY_MS)
    assert after.corrected == 20_045 * DAY_MS and after.off and after.noted
    small = made_by([(5, -480_000)], 6, wall=DAY_MS, received=DAY_MS + 480_000)
    assert small.offset == -480_000


def test_the_note_that_holds_is_the_last_one_not_after_the_op() -> None:
    notes = [(5, -480_000), (9, 0)]
    assert [offset_at(notes, seq) for seq in (4, 5, 8, 9, 20)] == [0, -480_000, -480_000, 0, 0]


def step(op: str, chain: int, seq: int, n: int, time: int, *base: str) -> Step:
    return Step(op, chain, seq, n, time, frozenset(base))


def test_a_history_keeps_chain_and_base_whatever_the_clocks_say() -> None:
    steps = [
        step("timetable", 1, 1, 1, 1_000),
        step("mark", 2, 1, 4, 5_000, "timetable"),
        step("correction", 2, 2, 5, 0),  # the tablet's clock fell back to 1970
        step("other", 3, 1, 2, 3_000, "timetable"),
        step("decision", 1, 2, 6, 4_000, "correction", "other"),
    ]
    expected = ["timetable", "other", "mark", "correction", "decision"]
    for shuffled in itertools.permutations(steps):
        assert in_order(shuffled) == expected


def test_a_base_that_arrived_later_still_stands_before() -> None:
    assert in_order([step("answer", 2, 1, 1, 10, "question"), step("question", 1, 1, 2, 99)]) == [
        "question",
        "answer",
    ]


def test_long_histories_need_no_deep_stack() -> None:
    steps = [step(f"o{n}", n, 1, 5000 - n, 0, *([f"o{n - 1}"] if n else [])) for n in range(5000)]
    random.Random(7).shuffle(steps)  # seed 7
    assert in_order(steps) == [f"o{n}" for n in range(5000)]


def test_a_pair_has_one_name() -> None:
    assert pair_id("tb", "ta") == pair_id("ta", "tb") == "ta.tb"


def person(id_: str, name: str, **known: object) -> Known:
    return Known(id_, **{**dict.fromkeys(COMPARED), "name": name, **known})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "asked"),
    [
        (("Babirye Judith", {"birth_year": 2005}), ("Judith Babirie", {"birth_year": 2005}), True),
        (("Okot James", {"phone": "0772123456"}), ("Okot J", {"phone": "+256 772 123456"}), True),
        (("Wabwire Hasan", {"birth_year": 1989}), ("Wabwire Hassan", {"birth_year": 1998}), True),
        (("Wabwire Hasan", {"birth_year": 1989, "sex": "m"}), ("Wabwire Hassan", {"birth_year": 1998, "sex": "f"}), False),
        (("Okot James", {"birth_year": 1990}), ("Okello James", {"birth_year": 1990}), False),
        (("Okot James", {"birth_year": 1990}), ("Okot James", {"birth_year": 1960}), False),
        (("Barigye David", {"birth_year": 1988, "name_zh": "大卫"}), ("Mafabi Ronald", {"birth_year": 1988, "name_zh": "大卫"}), False),
    ],
)  # fmt: skip
def test_who_may_be_one_person(
    one: tuple[str, dict[str, object]], other: tuple[str, dict[str, object]], asked: bool
) -> None:
    people = [person("ta", one[0], **one[1]), person("tb", other[0], **other[1])]
    assert bool(likely(people)) is asked
    assert bool(likely(people[::-1])) is asked


def test_slips_in_a_year_of_birth() -> None:
    assert is_year_slip(1989, 1998) and is_year_slip(1999, 2000)
    assert not is_year_slip(1989, 1989) and not is_year_slip(1980, 1995) and not is_year_slip(None, 1990)


def test_every_code_of_the_wire_format_has_words() -> None:
    text = (Path(__file__).parents[2] / "docs/reference/wire-format.md").read_text("utf-8")
    section = text.split("## 9. Refusals", 1)[1].split("\n## ", 1)[0]
    codes = set(re.findall(r"`([a-z_]+)`", section))
    assert len(codes) > 15
    assert codes <= reasons.REASONS.keys() | exchange_problems.keys()


def test_every_type_that_has_a_word_is_declared_and_has_labels_for_all_its_fields() -> None:
    """A new type is shown by its own name until its words are written in words.py; a known one must be complete."""
    declared = {each.name: each for each in REGISTRY.types if each.name in words.KINDS}
    assert words.KINDS.keys() - declared.keys() == {"register"}
    unnamed = {
        f"{name}.{group}"
        for name, each in declared.items()
        for group, members in each.members.items()
        if f"{name}.{group}" not in words.GROUPS and members[0] not in words.FIELDS
    }
    assert unnamed == set()
