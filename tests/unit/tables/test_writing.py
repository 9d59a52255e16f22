"""XLSX and CSV out: text stays text, bytes are the same each time, ready to print."""

import datetime
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.tables.errors import TableError
from workshop.tables.reading import read_table
from workshop.tables.writing import Sheet, csv_bytes, xlsx_bytes

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")', "＝1+1"]


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def test_no_text_is_ever_a_formula_in_xlsx():
    data = xlsx_bytes([Sheet("Roster", ["name"], [[text] for text in FORMULAS])])
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    column = opened(data).active["A"]
    assert [cell.data_type for cell in column] == ["s"] * (len(FORMULAS) + 1)
    assert column[1].value == "=1+1"


def test_no_text_is_ever_a_formula_in_csv_and_numbers_stay_numbers():
    data = csv_bytes(["name", "n"], [["=1+1", -5], ["Okot", None]])
    assert data == b"\xef\xbb\xbfname,n\r\n'=1+1,-5\r\nOkot,\r\n"


def test_codes_keep_their_zeros_and_types_their_kind():
    row = ["007", 7, Decimal("7.50"), datetime.date(2025, 7, 17), None]
    sheet = opened(xlsx_bytes([Sheet("a", ["code", "n", "score", "day", "x"], [row])])).active
    assert [cell.value for cell in sheet[2]] == ["007", 7, 7.5, datetime.datetime(2025, 7, 17), None]  # noqa: DTZ001
    assert sheet["A2"].number_format == "@"
    assert sheet["D2"].number_format == "yyyy-mm-dd"


def test_the_same_rows_give_the_same_bytes():
    sheets = [Sheet("a", ["name"], [["Okot"], ["欧阳修"]], notes=["Rule 1"])]
    assert xlsx_bytes(sheets) == xlsx_bytes(sheets)


def test_a_sheet_is_set_up_for_a4_landscape_with_its_heading_on_every_page():
    sheet = opened(xlsx_bytes([Sheet("a", ["name", "home"], [["Okot", "Mbale"]])])).active
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"


def test_columns_are_as_wide_as_their_text_within_bounds():
    sheet = opened(
        xlsx_bytes([Sheet("a", ["n", "中文名称十个字宽度呢", "long"], [["1", "x", "y" * 300]])])
    ).active
    widths = [round(sheet.column_dimensions[letter].width) for letter in "ABC"]
    assert widths[0] < widths[1] < widths[2] < 50


def test_notes_stand_below_the_table():
    sheet = opened(
        xlsx_bytes([Sheet("a", ["name"], [["Okot"]], notes=["Counted if present in half"])])
    ).active
    assert sheet["A4"].value == "Counted if present in half"


@pytest.mark.parametrize("title", ["a/b:c*d?", "x" * 40, "'quoted'", ""])
def test_any_title_makes_a_sheet_name_that_excel_opens(title):
    name = opened(xlsx_bytes([Sheet(title, ["name"], [])])).sheetnames[0]
    assert 1 <= len(name) <= 31


def test_a_text_that_the_format_cannot_hold_is_refused_and_not_dropped():
    with pytest.raises(TableError) as caught:
        xlsx_bytes([Sheet("a", ["name"], [["x" * 32_768]])])
    assert caught.value.code == "cell_too_long"


PRINTABLE = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=40
).filter(lambda text: text.strip())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(PRINTABLE, PRINTABLE), max_size=8))
def test_what_we_write_as_xlsx_we_read_back_unchanged(rows):
    table = read_table(xlsx_bytes([Sheet("a", ("number", "name"), rows)]))
    assert [row.cells for row in table.rows] == [("number", "name"), *rows]
