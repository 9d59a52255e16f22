"""XLSX and XLS in: values, merged cells, several sheets; and files made to harm."""

import datetime
import io
import zipfile

import openpyxl
import pytest

from workshop.tables.archive import checked_xlsx
from workshop.tables.errors import TableError
from workshop.tables.limits import UNPACKED_BYTES_MAX
from workshop.tables.reading import read_table


def book(fill):
    made = openpyxl.Workbook()
    fill(made)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def zipped(parts, method=zipfile.ZIP_DEFLATED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return target.getvalue()


def refused(data, filename="list.xlsx"):
    with pytest.raises(TableError) as caught:
        read_table(data, filename)
    return caught.value.code


def cells(table):
    return [row.cells for row in table.rows]


def test_values_come_as_the_text_that_was_typed_and_a_formula_as_its_value():
    def fill(made):
        sheet = made.active
        sheet.append(["number", "name", "phone", "born"])
        sheet.append(["007", "Okot James", 772123456.0, datetime.date(1999, 4, 3)])
        sheet.append([8, "欧阳修", 256772123456, 2001])
        sheet["E2"] = "=1+1"

    table = read_table(book(fill))
    assert table.encoding == "xlsx"
    assert cells(table) == [
        ("number", "name", "phone", "born"),
        ("007", "Okot James", "772123456", "1999-04-03"),
        ("8", "欧阳修", "256772123456", "2001"),
    ]


def test_a_cell_merged_over_rows_stands_for_each_and_a_merged_title_stays_one():
    def fill(made):
        sheet = made.active
        sheet.append(["Roster of class T01"])
        sheet.append(["name", "organisation"])
        for name in ("Okot", "Akello", "Wang"):
            sheet.append([name])
        sheet["B3"] = "Tian Tang Group"
        sheet.merge_cells("B3:B4")
        sheet.merge_cells("A1:D1")

    assert cells(read_table(book(fill))) == [
        ("Roster of class T01",),
        ("name", "organisation"),
        ("Okot", "Tian Tang Group"),
        ("Akello", "Tian Tang Group"),
        ("Wang",),
    ]


def test_the_first_visible_sheet_with_something_is_read_and_the_others_are_named():
    def fill(made):
        made.active.title = "Empty"
        hidden = made.create_sheet("Hidden")
        hidden["A1"] = "secret"
        hidden.sheet_state = "hidden"
        made.create_sheet("Teachers")["A3"] = "name"
        made.create_sheet("Students")["A1"] = "name"

    table = read_table(book(fill))
    assert (table.sheet, table.other_sheets) == ("Teachers", ("Students",))
    assert [row.number for row in table.rows] == [3]


def test_cells_that_are_only_coloured_do_not_make_a_sheet_large():
    def fill(made):
        made.active["A1"] = "name"
        made.active["XFD9000"].fill = openpyxl.styles.PatternFill("solid", fgColor="FF0000")

    assert cells(read_table(book(fill))) == [("name",)]


def test_one_cell_in_the_last_corner_ends_the_reader_and_not_the_server():
    # Laid out densely this sheet would need 549 GB: calamine aborts its whole process.
    def fill(made):
        made.active["A1"] = "name"
        made.active["XFD1048576"] = "boom"

    assert refused(book(fill)) == "unpacked_too_large"


def test_a_zip_bomb_is_counted_while_it_unpacks():
    bomb = zipped(
        [("[Content_Types].xml", b"<x/>"), ("xl/worksheets/sheet1.xml", b" " * (UNPACKED_BYTES_MAX + 1))]
    )
    assert len(bomb) < 100_000
    assert refused(bomb) == "unpacked_too_large"


def test_a_size_that_the_zip_states_about_itself_is_not_believed():
    bomb = bytearray(
        zipped([("[Content_Types].xml", b"<x/>"), ("xl/a.xml", b" " * (UNPACKED_BYTES_MAX + 1))])
    )
    lie = (10).to_bytes(4, "little")
    true_size = (UNPACKED_BYTES_MAX + 1).to_bytes(4, "little")
    assert bomb.count(true_size) == 2
    with pytest.raises(TableError) as caught:
        checked_xlsx(bytes(bomb).replace(true_size, lie))
    assert caught.value.code == "file_damaged"


def test_thousands_of_entries_are_refused_before_they_are_listed():
    crowd = zipped([(f"xl/{number}.xml", b"") for number in range(1_100)])
    assert refused(crowd) == "unpacked_too_large"


def test_two_entries_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        double = zipped([("[Content_Types].xml", b"<x/>"), ("xl/a.xml", b"1"), ("xl/a.xml", b"2")])
    assert refused(double) == "file_damaged"


def test_the_reader_gets_our_own_copy_without_macros_and_pictures():
    source = zipped(
        [("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<w/>"), ("xl/vbaProject.bin", b"macro")]
    )
    with zipfile.ZipFile(io.BytesIO(checked_xlsx(source))) as copy:
        assert copy.namelist() == ["[Content_Types].xml", "xl/workbook.xml"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped([("hello.txt", b"hello")]), "kind_unknown"),
        (zipped([("mimetype", b"ods"), ("content.xml", b"<x/>")]), "kind_ods"),
        (zipped([("xl/workbook.bin", b"x")]), "kind_xlsb"),
        (zipped([("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"not xml")]), "file_damaged"),
        (b"PK\x03\x04 and then nothing", "file_damaged"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 4096, "file_damaged"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le") + b"\0" * 4096,
            "file_protected",
        ),
        (book(lambda made: None), "file_empty"),
    ],
)
def test_other_and_damaged_files_are_refused_with_their_code(data, code):
    assert refused(data) == code


def test_a_truncated_workbook_is_refused_whole():
    whole = book(lambda made: made.active.append(["name"]))
    assert refused(whole[: len(whole) * 2 // 3]) == "file_damaged"


def test_one_row_above_the_limit_is_refused():
    def fill(made):
        for number in range(5_002):
            made.active.append([f"name {number}"])

    assert refused(book(fill)) == "too_many_rows"


def test_a_wide_sheet_is_refused():
    assert refused(book(lambda made: made.active.append(["x"] * 61))) == "too_many_columns"
