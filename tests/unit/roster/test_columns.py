"""Headings: English, Chinese, both at once, titles above, and headings that would mislead."""

import pytest

from workshop.roster.columns import field_of, find_columns
from workshop.roster.errors import RosterError
from workshop.tables.reading import Row


def rows(*lines):
    return [Row(number, tuple(line)) for number, line in enumerate(lines, start=1)]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Number", "number"),
        ("Reg. No.", "number"),
        ("学号", "number"),
        ("编号", "number"),
        (" NAME ", "name"),
        ("Full Name (as on ID)", "name"),
        ("姓名", "name"),
        ("Name 姓名", "name"),
        ("Name / 姓名", "name"),
        ("中文名", "name_zh"),
        ("Chinese name 中文姓名", "name_zh"),
        ("Sex/Gender", "sex"),
        ("性别", "sex"),
        ("Year of Birth", "birth_year"),
        ("出生年份", "birth_year"),
        ("Tel.", "phone"),
        ("联系电话（手机）", "phone"),
        ("籍贯", "home"),
        ("地区", "home"),
        ("Organization", "organisation"),
        ("单位", "organisation"),
        ("企业", "organisation"),
        ("学校", "organisation"),
        ("类别", "category"),
        ("班级", "class_name"),
        ("S/N", "serial"),
        ("序号", "serial"),
        ("Emergency contact (name)", None),
        ("家长姓名", None),
        ("Remarks", None),
        ("", None),
    ],
)
def test_a_heading_means_its_field(heading, field):
    assert field_of(heading) == field


def test_titles_above_the_headings_are_passed_over_and_unknown_headings_are_told():
    columns = find_columns(
        rows(
            ["Uganda Luban Workshop"],
            ["Class T01, names below"],
            ["S/N", "学号", "姓名", "Remarks"],
            ["1", "U1", "王伟"],
        )
    )
    assert columns.heading_row == 3
    assert columns.at == {"number": (1,), "name": (2,)}
    assert columns.ignored == ("S/N", "Remarks")


def test_a_name_column_in_each_language_gives_name_and_chinese_name():
    assert find_columns(rows(["姓名", "Name"])).at == {"name": (1,), "name_zh": (0,)}
    assert find_columns(rows(["姓名", "英文名"])).at == {"name": (1,), "name_zh": (0,)}


def test_a_name_in_two_columns_keeps_the_order_of_the_list():
    assert find_columns(rows(["Surname", "First name", "Phone"])).at == {"name": (0, 1), "phone": (2,)}
    assert find_columns(rows(["givenName", "familyName"])).at == {"name": (0, 1)}


def test_a_list_with_chinese_names_only_uses_them_as_the_name():
    assert find_columns(rows(["中文姓名", "电话"])).at == {"name_zh": (0,), "phone": (1,), "name": (0,)}


def test_a_list_without_names_is_refused_with_the_headings_it_has():
    with pytest.raises(RosterError) as caught:
        find_columns(rows(["S/N", "Amount"], ["1", "20"]))
    assert (caught.value.code, caught.value.data) == ("heading_missing", {"headings": ["S/N", "Amount"]})


def test_two_columns_of_one_meaning_are_refused_rather_than_one_chosen():
    with pytest.raises(RosterError) as caught:
        find_columns(rows(["Name", "Phone", "Mobile"]))
    assert caught.value.code == "heading_twice"
    assert caught.value.data == {"field": "phone", "headings": ["Phone", "Mobile"]}
