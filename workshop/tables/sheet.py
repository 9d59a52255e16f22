"""A spreadsheet (XLSX, XLS) to rows of text. Run as a program of its own: bytes on stdin, JSON on stdout.

Why a process apart: calamine lays a sheet out as one dense block, so a 10 kB file with one cell in A1 and one in
XFD1048576 asks for 549 GB and the whole process is aborted (measured). Here a limit on memory and time ends the
child only; the server (apart.py) answers with a coded refusal, and never loads this reader itself.
"""

import io
import json
import sys
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from workshop.tables import limits
from workshop.tables.archive import checked_xlsx
from workshop.tables.cells import text_of
from workshop.tables.errors import TableError, error_for

if sys.platform != "win32":
    import resource

_ENCRYPTED_XLSX = "EncryptedPackage".encode("utf-16-le")  # the name of the stream in the OLE directory


def main() -> None:
    """The child: limit yourself, read, answer. Memory that runs out ends it with a signal or a non-zero code."""
    _limit_self()
    try:
        answer = read_workbook(sys.stdin.buffer.read())
    except TableError as error:
        answer = {"code": error.code, "data": error.data}
    except MemoryError:
        answer = {"code": "unpacked_too_large", "data": {"memory_max": limits.CHILD_MEMORY_BYTES_MAX}}
    json.dump(answer, sys.stdout)


def _limit_self() -> None:
    if sys.platform != "win32":  # there only the time is limited, by the parent
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (limits.CHILD_MEMORY_BYTES_MAX,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (limits.CHILD_CPU_SECONDS_MAX,) * 2)


def read_workbook(data: bytes) -> dict[str, Any]:
    """What apart.read_apart answers, in this process and so without its guard: call that one."""
    if _ENCRYPTED_XLSX in data:
        raise error_for("file_protected")
    if data.startswith(b"PK"):
        data = checked_xlsx(data)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheets = [book.get_sheet_by_name(meta.name) for meta in _visible_first(book)]
            filled = [sheet for sheet in sheets if sheet.end]
            if not filled:
                raise error_for("file_empty")
            return {
                "sheet": filled[0].name,
                "others": [sheet.name for sheet in filled[1:]],
                "rows": _rows(filled[0]),
            }
    except PasswordError as error:
        raise error_for("file_protected") from error
    except CalamineError as error:
        raise error_for("file_damaged") from error


def _visible_first(book: CalamineWorkbook) -> list[Any]:
    visible = [meta for meta in book.sheets_metadata if meta.visible == SheetVisibleEnum.Visible]
    return visible or book.sheets_metadata


def _rows(sheet: CalamineSheet) -> list[list[str]]:
    bottom_row, right_column = sheet.end or (0, 0)  # counted from 0; total_height is one less for some sheets
    if bottom_row >= limits.HEIGHT_MAX:
        raise error_for("too_many_rows", rows_max=limits.ROWS_MAX)
    if right_column >= limits.COLUMNS_MAX:
        raise error_for("too_many_columns", columns=right_column + 1, columns_max=limits.COLUMNS_MAX)
    rows = [[text_of(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, _right) in sheet.merged_cell_ranges or []:
        # A cell merged over several rows ("Employer" beside ten people) stands for each of them. Merged over
        # columns it is a title: it stays in the first column only.
        for row in rows[top + 1 : bottom + 1]:
            if left < len(row) and not row[left]:
                row[left] = rows[top][left]
    return rows


if __name__ == "__main__":
    main()
