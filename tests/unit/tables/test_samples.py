"""Real files that we did not write: Chinese XLSX and CSV with and without mark, and a published roster standard."""

from pathlib import Path

import pytest

from workshop.roster.columns import find_columns
from workshop.roster.plan import plan_rows
from workshop.tables.reading import read_table

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample files are not beside this repository"
)


def read(name):
    path = SAMPLES / name
    return read_table(path.read_bytes(), path.name)


@pytest.mark.parametrize(
    ("name", "encoding", "rows", "first"),
    [
        ("office/xlsx/bom-no_bom.csv", "utf-8", 11, ("姓名", "年纪")),
        ("office/xlsx/bom-office_bom.csv", "utf-8-bom", 11, ("姓名", "年纪")),
        ("office/xlsx/demo-demo.csv", "utf-8-bom", 11, ("字符串标题", "日期标题", "数字标题")),
        ("office/xlsx/demo-demo.xlsx", "xlsx", 11, ("字符串标题", "日期标题", "数字标题")),
        ("office/xlsx/compatibility-t02.xlsx", "xlsx", 3, ("测试配方1027",)),
        ("names/chinese-family-names.xlsx", "xlsx", 1075, ("NameB", "TF")),
        ("oneroster/sds-v2/users.csv", "utf-8", None, ("sourcedId", "orgSourcedIds", "givenName")),
    ],
)
def test_a_real_file_is_read(name, encoding, rows, first):
    table = read(name)
    assert table.encoding == encoding
    assert table.rows[0].cells[: len(first)] == first
    assert rows is None or len(table.rows) == rows


def test_sheets_not_read_are_named():
    assert read("office/xlsx/demo-demo.xlsx").other_sheets == ("Sheet2",)


def test_a_published_roster_standard_gives_names_roles_and_sex_columns():
    table = read("oneroster/sds-v2/users.csv")
    columns = find_columns(table.rows)
    assert columns.at["name"] == (2, 3)
    plan = plan_rows(table.rows, [], 2025)
    assert plan.fates[0].name == "Ora Klein"
    assert plan.counts["new"] > 0


def test_a_chinese_list_whose_names_end_in_figures_is_refused_row_by_row_and_not_guessed():
    plan = plan_rows(read("office/xlsx/bom-no_bom.csv").rows, [], 2025)
    assert plan.counts["refused"] == 10
    assert {fate.reason for fate in plan.fates} == {"name_not_a_name"}
    assert plan.columns.ignored == ("年纪",)
