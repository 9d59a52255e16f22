"""Why a list as a whole cannot be taken as a roster. What is wrong with one row is no error: it is that row's fate."""

from typing import Any


class RosterError(Exception):
    """Stable `code` (heading_missing, heading_twice, no_people) and `data` for its words."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code, data)
        self.code = code
        self.data = data
