"""Runs the spreadsheet reader (sheet.py) in a process of its own, with limits: a file made to harm ends that process only."""

import json
import subprocess
import sys
from typing import Any

from workshop.tables import limits
from workshop.tables.errors import error_for


def read_apart(data: bytes) -> dict[str, Any]:
    """{"sheet": name, "others": [names], "rows": [[text]]} of the first visible sheet that holds something.

    The first row is row 1 of the sheet; empty rows and cells are there as "". Raises TableError.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", "workshop.tables.sheet"],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.CHILD_WALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise error_for("unpacked_too_large", seconds_max=limits.CHILD_WALL_SECONDS_MAX) from error
    if child.returncode > 0:
        raise error_for("file_damaged")
    if child.returncode < 0:  # ended by a signal: it ran into one of its limits
        raise error_for("unpacked_too_large", memory_max=limits.CHILD_MEMORY_BYTES_MAX)
    answer: dict[str, Any] = json.loads(child.stdout)
    if "code" in answer:
        raise error_for(answer["code"], **answer["data"])
    return answer
