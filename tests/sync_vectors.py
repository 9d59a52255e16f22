"""Reads the worked cases; `cases` makes pytest parameters named after them."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "vectors"


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def cases(found: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in found]
