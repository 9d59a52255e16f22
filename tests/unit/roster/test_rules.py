"""One row -> a candidate or a refusal with code and cell."""

import pytest

from workshop.roster.columns import find_columns
from workshop.roster.rules import Candidate, Note, Refusal, parse, phone_keys, place_of
from workshop.tables.reading import Row

HEADINGS = {
    "number": "学号",
    "name": "姓名",
    "name_zh": "中文名",
    "sex": "性别",
    "birth_year": "出生年份",
    "phone": "电话",
    "home": "籍贯",
    "organisation": "单位",
    "category": "类别",
    "class_name": "班级",
}


def parsed(**cells):
    cells = {"name": "Okot James", **cells}
    heading = Row(1, tuple(HEADINGS[field] for field in cells))
    return parse(Row(7, tuple(cells.values())), find_columns([heading]), 2025)


def test_a_full_row_becomes_a_candidate():
    assert parsed(
        number="UTC/EL/24/00017",
        name_zh="奥科特",
        sex="男",
        birth_year="1999-04-03",
        phone="+256 772 123-456",
        home="Mbale",
        organisation="UTC Elgon",
        category="本地学生",
        class_name="T01",
    ) == Candidate(
        row=7,
        number="UTC/EL/24/00017",
        name="Okot James",
        name_zh="奥科特",
        sex="m",
        birth_year=1999,
        phone="+256772123456",
        home="Mbale",
        organisation="UTC Elgon",
        category="local_student",
        class_name="T01",
    )


def test_what_the_list_does_not_say_is_none_in_all_its_spellings():
    for nothing in ("", " ", "-", "N/A", "无", "nil"):
        assert parsed(
            number=nothing, phone=nothing, sex=nothing, birth_year=nothing, home=nothing
        ) == Candidate(row=7, name="Okot James")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("sex", "FEMALE", "f"),
        ("sex", "女", "f"),
        ("sex", "M", "m"),
        ("birth_year", "1999", 1999),
        ("birth_year", "1999.0", 1999),
        ("birth_year", "3/4/1999", 1999),
        ("birth_year", "1999年4月", 1999),
        ("birth_year", "19990403", 1999),
        ("birth_year", "03-Apr-1999", 1999),
        ("category", "Lecturer", "local_teacher"),
        ("category", "当地教师", "local_teacher"),
        ("category", "企业员工", "employee"),
        ("category", "Local_Student", "local_student"),
        ("category", "其他", "other"),
        ("number", "U-017", "U-017"),
        ("number", "007", "007"),
        ("number", "１２３", "123"),
        ("phone", "0772 123 456", "0772123456"),
        ("phone", "0772123456 / 0701234567", "0772123456 / 0701234567"),
        ("phone", "0772123456\n0701234567", "0772123456 / 0701234567"),
        ("phone", "Tel: (022) 1234-5678", "02212345678"),
        ("phone", "13812345678", "13812345678"),
    ],
)
def test_values_are_understood(field, text, value):
    found = parsed(**{field: text})
    assert getattr(found, field) == value
    assert found.notes == ()


@pytest.mark.parametrize(
    ("field", "text", "value", "note"),
    [
        ("phone", "772123456.0", "0772123456", "phone_zero"),
        ("phone", "772123456", "0772123456", "phone_zero"),
        ("phone", "2.56772123456E+11", "256772123456", "digits_mended"),
        ("phone", "2.56772E+11", None, "phone_lost"),
        ("number", "2024001.0", "2024001", "digits_mended"),
    ],
)
def test_what_excel_broke_is_mended_or_left_out_and_told_either_way(field, text, value, note):
    found = parsed(**{field: text})
    assert getattr(found, field) == value
    assert found.notes == (Note(note, field, text),)


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("name", "", "name_missing"),
        ("name", "12345", "name_not_a_name"),
        ("name", "okot@example.org", "name_not_a_name"),
        ("name", "=HYPERLINK(1)", "name_not_a_name"),
        ("name", "...", "name_not_a_name"),
        ("name", "N" * 121, "name_too_long"),
        ("number", "1.10101199001011E+17", "number_lost"),
        ("number", "=1+1", "number_bad"),
        ("number", "x" * 41, "number_bad"),
        ("birth_year", "99", "birth_year_bad"),
        ("birth_year", "2024", "birth_year_bad"),
        ("birth_year", "1899", "birth_year_bad"),
        ("birth_year", "1999 or 2000", "birth_year_bad"),
        ("birth_year", "36253", "birth_year_bad"),
        ("sex", "yes", "sex_unknown"),
        ("category", "visitor", "category_unknown"),
        ("phone", "call my brother", "phone_bad"),
        ("phone", "12345", "phone_bad"),
        ("home", "x" * 201, "text_too_long"),
    ],
)
def test_a_row_that_cannot_be_taken_names_code_and_cell(field, text, code):
    found = parsed(**{field: text})
    assert isinstance(found, Refusal)
    assert (found.row, found.code, found.field) == (7, code, field)
    assert found.cell == ("A7" if field == "name" else "B7")
    assert found.text == text[:200]


def test_a_chinese_name_alone_is_name_and_chinese_name():
    assert (parsed(name="欧阳修").name, parsed(name="欧阳修").name_zh) == ("欧阳修", "欧阳修")
    assert parsed(name="", name_zh="欧阳修").name == "欧阳修"
    assert parsed(name="Okot").name_zh is None


@pytest.mark.parametrize(("column", "place"), [(0, "A7"), (25, "Z7"), (26, "AA7"), (59, "BH7")])
def test_a_cell_is_named_as_the_spreadsheet_names_it(column, place):
    assert place_of(column, 7) == place


def test_two_spellings_of_one_phone_number_are_one():
    assert phone_keys("0772123456") == phone_keys("+256 772 123456") == {"772123456"}
    assert phone_keys(None) == frozenset()
