"""A file as it was uploaded -> a table of text cells with the row numbers that the person sees in the file.

The kind is told by the first bytes, not by the name. No cleaning of names or numbers here: that is for the rules of
the feature that knows what a column means.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from workshop.tables.apart import read_apart
from workshop.tables.cells import unguarded
from workshop.tables.decoding import decoded
from workshop.tables.errors import error_for
from workshop.tables.limits import CELL_CHARS_MAX, COLUMNS_MAX, FILE_BYTES_MAX, HEIGHT_MAX, ROWS_MAX

DELIMITERS = (",", ";", "\t")
_SAMPLE_ROWS = 20
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BINARY = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b", b"{\\rtf")
_WPS = (".et", ".ett", ".wps", ".numbers")

# The stdlib's own limit is a global; one known number, a little above ours so that our error is the one told.
csv.field_size_limit(FILE_BYTES_MAX)


@dataclass(frozen=True, slots=True)
class Row:
    number: int  # as the spreadsheet shows it, from 1
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that hold something, in the order of the file. `encoding` is "xlsx", "xls" or the text encoding."""

    rows: tuple[Row, ...]
    encoding: str
    delimiter: str = ""
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()


def read_table(data: bytes, filename: str = "", encoding: str | None = None) -> Table:
    """Read XLSX, XLS or CSV (comma, semicolon, tab). `encoding`: see decoding.NAMED. Raises TableError."""
    if len(data) > FILE_BYTES_MAX:
        raise error_for("file_too_large", bytes=len(data), bytes_max=FILE_BYTES_MAX)
    if not data.strip():
        raise error_for("file_empty")
    if filename.lower().endswith(_WPS):
        raise error_for("kind_wps")
    if data.startswith((b"PK\x03\x04", _OLE)):
        answer = read_apart(data)
        kind = "xlsx" if data.startswith(b"PK") else "xls"
        rows = _checked(answer["rows"])
        return Table(rows, kind, sheet=answer["sheet"], other_sheets=tuple(answer["others"]))
    return _read_text(data, encoding)


def _read_text(data: bytes, encoding: str | None) -> Table:
    if data.startswith(_BINARY):
        raise error_for("kind_unknown")
    if (
        data.lstrip(b"\xef\xbb\xbf \t\r\n")[:9]
        .lower()
        .startswith((b"<html", b"<!doctype", b"<table", b"<?xml"))
    ):
        # Many Chinese systems export an HTML page under the name .xls.
        raise error_for("kind_html")
    text, label = decoded(data, encoding)
    first, _, rest = text.partition("\n")
    told = first.strip().lower()
    skipped = 0
    if told.startswith("sep=") and told[4:] in DELIMITERS:  # what Excel itself writes and reads
        delimiter, text, skipped = told[4:], rest, 1
    else:
        delimiter = _delimiter(text)
    found = ([unguarded(cell) for cell in row] for row in _parsed(text, delimiter))
    return Table(_checked(chain([[]] * skipped, found)), label, delimiter=delimiter)


def _delimiter(text: str) -> str:
    """The one under which most of the first rows have one and the same width above 1; the comma when none has."""

    def fitness(delimiter: str) -> tuple[int, int]:
        widths: Counter[int] = Counter()
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                widths[len(row)] += 1
            if widths.total() >= _SAMPLE_ROWS:
                break
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return (rows, width) if width > 1 else (0, 0)

    try:
        return max(DELIMITERS, key=fitness)
    except csv.Error as error:
        raise error_for("file_damaged") from error


def _parsed(text: str, delimiter: str) -> Iterator[list[str]]:
    """Row after row, so that a file of five million line ends is refused before it fills the memory."""
    try:
        # strict: a quotation mark that is never closed would else swallow the rest of the list into one cell.
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise error_for("file_damaged") from error


def _checked(rows: Iterable[list[str]]) -> tuple[Row, ...]:
    """The rows that hold something, within the limits; cells after the last filled one are cut off."""
    kept: list[Row] = []
    for number, cells in enumerate(rows, start=1):
        if len(kept) > ROWS_MAX + 1 or number > HEIGHT_MAX:
            raise error_for("too_many_rows", rows_max=ROWS_MAX)
        width = max((at for at, cell in enumerate(cells, start=1) if cell.strip()), default=0)
        if not width:
            continue
        if width > COLUMNS_MAX:
            raise error_for("too_many_columns", columns=width, columns_max=COLUMNS_MAX)
        for column, cell in enumerate(cells, start=1):
            if len(cell) > CELL_CHARS_MAX:
                raise error_for(
                    "cell_too_long", row=number, column=column, chars=len(cell), chars_max=CELL_CHARS_MAX
                )
        kept.append(Row(number, tuple(cells[:width])))
    if not kept:
        raise error_for("file_empty")
    if len(kept) > ROWS_MAX + 1:
        raise error_for("too_many_rows", rows_max=ROWS_MAX)
    return tuple(kept)
