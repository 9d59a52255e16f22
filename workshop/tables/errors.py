"""Why a table file was refused. One tree; each error has a stable code and data, its words are added at the edge.

TableError
+-- WrongKind     another sort of file: the person has to save it anew as XLSX or CSV
+-- Unreadable    the right sort, but damaged, locked with a password, or in an encoding that cannot be told
+-- TooBig        one of the limits in limits.py
"""

from typing import Any


class TableError(Exception):
    """A file that is refused whole. `code` is stable, `data` holds what the words need (numbers, a cell's place)."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code, data)
        self.code = code
        self.data = data


class WrongKind(TableError):
    pass


class Unreadable(TableError):
    pass


class TooBig(TableError):
    pass


CODES: dict[str, type[TableError]] = {
    "kind_unknown": WrongKind,
    "kind_wps": WrongKind,
    "kind_ods": WrongKind,
    "kind_xlsb": WrongKind,
    "kind_html": WrongKind,
    "file_empty": Unreadable,
    "file_damaged": Unreadable,
    "file_protected": Unreadable,
    "encoding_unknown": Unreadable,
    "encoding_doubtful": Unreadable,
    "file_too_large": TooBig,
    "unpacked_too_large": TooBig,
    "too_many_rows": TooBig,
    "too_many_columns": TooBig,
    "cell_too_long": TooBig,
}


def error_for(code: str, **data: Any) -> TableError:
    """The error of that code; a code outside the list is a mistake in the program and shows as KeyError."""
    return CODES[code](code, **data)
