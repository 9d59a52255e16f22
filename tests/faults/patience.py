"""Waiting on a machine that is busy with killing and starting browsers: longer than elsewhere, and not longer than needed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser import at_work

PATIENCE_S = 40.0


def eventually(
    check: Callable[[], Any], seconds: float = PATIENCE_S, what: str = "it did not happen in time"
) -> Any:
    """The first true value of `check`."""
    return at_work.eventually(check, seconds, what)


def removed(folder: Path) -> None:
    """Take a browser's profile away, also while its last processes still write into it."""

    def gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    eventually(gone, what=f"{folder} is still being written")
