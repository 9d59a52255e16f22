"""Rows -> XLSX or CSV bytes. What is text stays text: no cell of ours is ever run as a formula.

The same rows give the same bytes (the created date is an argument or fixed), so files can be hashed and compared.
"""

import csv
import datetime
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workshop.tables.cells import guarded, text_of
from workshop.tables.errors import error_for

if TYPE_CHECKING:
    import xlsxwriter

Cell = str | int | Decimal | datetime.date | None

CREATED = datetime.datetime(2024, 9, 1, tzinfo=datetime.UTC)  # any fixed day: the content tells its own date
_CELL_CHARS_MAX = 32_767  # XLSX; xlsxwriter would drop a longer text without a word
_WIDTH_MIN, _WIDTH_MAX = 8, 44
_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_A4 = 9


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. A str is written as text (so codes keep their zeros), int and Decimal as numbers, a date as a date."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()  # whole lines below the table, for example the rule that a figure rests on
    text_columns: bool = (
        False  # for a list to be filled in: every cell is set as text, so Excel leaves zeros alone
    )


def xlsx_bytes(sheets: Iterable[Sheet], created: datetime.datetime = CREATED) -> bytes:
    """An XLSX, A4 landscape, one page wide, heading row frozen and repeated on each printed page.

    Raises TableError cell_too_long for a text above the 32,767 characters that the format holds.
    """
    sheets = list(sheets)
    for sheet in sheets:
        _check_lengths(sheet)  # before the book is opened: one given up halfway leaves a temporary file open
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": created.replace(tzinfo=None)})
    formats = {
        "head": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "num_format": "@"}
        ),
        "text": book.add_format({"num_format": "@", "valign": "top"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
        "number": book.add_format({"valign": "top"}),
    }
    for sheet in sheets:
        _write_sheet(book.add_worksheet(_sheet_name(sheet.title)), sheet, formats)
    book.close()
    return target.getvalue()


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV as Excel opens it: UTF-8 with its mark, comma, CRLF. Text that a spreadsheet would run gets an
    apostrophe in front, which `read_table` takes off again.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_MINIMAL)
    for row in itertools.chain((headings,), rows):
        # A row of one empty cell has to be told from an empty line: csv quotes it by itself.
        writer.writerow([_csv_cell(value) for value in row])
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def _csv_cell(value: Cell) -> str:
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else text_of(value)


def _check_lengths(sheet: Sheet) -> None:
    for number, row in enumerate(sheet.rows, start=2):
        for column, value in enumerate(row, start=1):
            if isinstance(value, str) and len(value) > _CELL_CHARS_MAX:
                raise error_for(
                    "cell_too_long", row=number, column=column, chars=len(value), chars_max=_CELL_CHARS_MAX
                )


def _write_sheet(page: "xlsxwriter.worksheet.Worksheet", sheet: Sheet, formats: dict[str, object]) -> None:
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    page.repeat_rows(0)
    page.freeze_panes(1, 0)
    page.set_footer("&L&A&R&P / &N")
    for column, width in enumerate(_widths(sheet)):
        page.set_column(column, column, width, formats["text"] if sheet.text_columns else None)
    _write_row(page, 0, sheet.headings, dict.fromkeys(formats, formats["head"]))
    for number, row in enumerate(sheet.rows, start=1):
        _write_row(page, number, row, formats)
    for number, note in enumerate(sheet.notes, start=len(sheet.rows) + 2):
        _write_row(page, number, [note], formats)


def _write_row(
    page: "xlsxwriter.worksheet.Worksheet", number: int, row: Sequence[Cell], formats: dict[str, object]
) -> None:
    for column, value in enumerate(row):
        if value is None or value == "":
            continue
        if isinstance(value, str):
            page.write_string(number, column, value, formats["text"])
        elif isinstance(value, datetime.date):
            page.write_datetime(number, column, value, formats["date"])
        else:
            page.write_number(number, column, value, formats["number"])


def _widths(sheet: Sheet) -> list[int]:
    """Characters each column needs in its first 200 rows; a Chinese character takes two."""
    columns = zip(
        *([sheet.headings] + [_padded(row, len(sheet.headings)) for row in sheet.rows[:200]]), strict=True
    )
    return [
        min(_WIDTH_MAX, max(_WIDTH_MIN, *(_shown_width(value) for value in column)) + 2) for column in columns
    ]


def _padded(row: Sequence[Cell], width: int) -> list[Cell]:
    return [*row[:width], *[None] * (width - len(row))]


def _shown_width(value: Cell) -> int:
    text = "" if value is None else text_of(value)
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _sheet_name(title: str) -> str:
    """Excel allows 31 characters and none of []:*?/\\ nor an apostrophe at an end."""
    return _SHEET_NAME.sub(" ", title)[:31].strip(" '") or "Sheet1"
