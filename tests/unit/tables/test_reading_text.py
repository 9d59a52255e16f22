"""CSV in: encodings in our own strict order, delimiters, limits."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.tables.errors import TableError
from workshop.tables.limits import CELL_CHARS_MAX, COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX
from workshop.tables.reading import read_table
from workshop.tables.writing import csv_bytes

HEAD = ("number", "姓名")
ENCODINGS = {
    "utf-8": b"",
    "utf-8-bom": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "gb18030": b"",
}


def cells(table):
    return [row.cells for row in table.rows]


def refused(data, filename="list.csv", encoding=None):
    with pytest.raises(TableError) as caught:
        read_table(data, filename, encoding)
    return caught.value


TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x00"), min_size=1, max_size=30
).filter(lambda text: text.strip())


@given(
    st.lists(st.tuples(TEXT, TEXT), max_size=12), st.sampled_from(sorted(ENCODINGS)), st.sampled_from(",;\t")
)
def test_rows_come_back_the_same_in_every_encoding_and_delimiter(rows, encoding, delimiter):
    written = [HEAD, *rows]
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(written)
    codec = "utf-8" if encoding == "utf-8-bom" else encoding
    data = ENCODINGS[encoding] + target.getvalue().encode(codec)
    # Named, because by chance bytes of GB18030 can also be UTF-8 or look like Windows-1252; a mark in the file wins.
    table = read_table(data, "list.csv", "gb18030" if encoding == "gb18030" else None)
    expected = [tuple(text[1:] if _guards(text) else text for text in row) for row in written]
    assert cells(table) == expected
    assert table.encoding == encoding


def _guards(text):
    return text.startswith("'") and text.lstrip("'").startswith(tuple("=+-@＝＋－＠"))


@given(st.lists(st.tuples(TEXT, TEXT), max_size=12))
def test_what_we_write_as_csv_we_read_back_unchanged(rows):
    assert cells(read_table(csv_bytes(HEAD, rows))) == [HEAD, *rows]


def test_a_list_from_chinese_excel_is_read_as_gb18030_without_asking():
    data = "学号,姓名,班级\r\nU001,欧阳修,数控A班\r\nU002,王镕基,PLC班\r\n".encode("gb18030")
    table = read_table(data, "名册.csv")
    assert table.encoding == "gb18030"
    assert cells(table)[1:] == [("U001", "欧阳修", "数控A班"), ("U002", "王镕基", "PLC班")]


@pytest.mark.parametrize("name", ["Ng’ang’a Peter", "Renée Akello", "Élodie Okot"])
def test_windows_1252_is_never_taken_for_chinese_but_asked_about(name):
    data = f"number,name\r\n1,{name}\r\n".encode("windows-1252")
    assert refused(data).code == "encoding_doubtful"
    assert cells(read_table(data, "list.csv", "windows-1252"))[1] == ("1", name)


def test_bytes_that_no_encoding_fits_are_refused_and_nothing_is_replaced():
    assert refused(b"name\nAndr\xe9\n").code == "encoding_unknown"
    assert refused("number,name\n1,Okot\n".encode("utf-16-le")).code == "encoding_unknown"
    assert refused(b"\xef\xbb\xbfname\nAndr\xe9\n").code == "encoding_unknown"
    assert refused(b"name\nAndr\xe9\n", encoding="koi8-r").code == "encoding_unknown"


def test_semicolons_tabs_and_excels_own_first_line_are_understood():
    assert cells(read_table(b"number;name\n1;Okot, James\n2;Akello, Grace\n"))[1] == ("1", "Okot, James")
    assert cells(read_table(b"number\tname\n1\tOkot; James\n"))[1] == ("1", "Okot; James")
    table = read_table(b"sep=;\r\nnumber;name\r\n1;Okot\r\n")
    assert [row.number for row in table.rows] == [2, 3]
    assert cells(table)[0] == ("number", "name")


def test_rows_keep_the_number_that_the_spreadsheet_shows():
    table = read_table(b'name,home\n\n"Okot\nJames",Mbale\n\n\nAkello,Soroti\n')
    assert [(row.number, row.cells[0]) for row in table.rows] == [
        (1, "name"),
        (3, "Okot\nJames"),
        (6, "Akello"),
    ]


def test_a_quotation_mark_left_open_is_refused_instead_of_swallowing_the_list():
    assert refused(b'name,home\n"Okot,Mbale\nAkello,Soroti\n').code == "file_damaged"


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (b"", "a.csv", "file_empty"),
        (b" \r\n \r\n", "a.csv", "file_empty"),
        (b",,\n,,\n", "a.csv", "file_empty"),
        (b"x" * (FILE_BYTES_MAX + 1), "a.csv", "file_too_large"),
        (b"<html><table>", "roster.xls", "kind_html"),
        (b"%PDF-1.7", "roster.pdf", "kind_unknown"),
        (b"\x89PNG\r\n", "roster.png", "kind_unknown"),
        (b"name\nOkot\n", "roster.et", "kind_wps"),
        (b"n\n" * (ROWS_MAX + 2), "a.csv", "too_many_rows"),
        (b"n\n" + b"\n" * 30_000 + b"n\n", "a.csv", "too_many_rows"),
        (b",".join([b"x"] * (COLUMNS_MAX + 1)), "a.csv", "too_many_columns"),
        (b"name\n" + b"x" * (CELL_CHARS_MAX + 1), "a.csv", "cell_too_long"),
    ],
)
def test_files_beyond_kind_or_limit_are_refused_with_their_code(data, filename, code):
    assert refused(data, filename).code == code


def test_the_longest_list_that_is_allowed_is_read():
    table = read_table(b"n\n" * (ROWS_MAX + 1))
    assert len(table.rows) == ROWS_MAX + 1
    assert cells(read_table(b"name\n" + b"x" * CELL_CHARS_MAX))[1] == ("x" * CELL_CHARS_MAX,)


def test_a_cell_too_long_is_told_with_its_place():
    assert refused(b"name,home\nOkot," + b"x" * 1001).data == {
        "row": 2,
        "column": 2,
        "chars": 1001,
        "chars_max": 1000,
    }
