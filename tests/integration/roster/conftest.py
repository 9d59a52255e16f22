"""A site that knows rosters, a class of it, and a list as XLSX."""

from collections.abc import Callable, Iterator

import pytest

from sync import Change
from workshop import factory
from workshop import site as site_module
from workshop.admission import SYSTEM
from workshop.roster.schema import migrations
from workshop.site import Site
from workshop.tables.writing import Sheet, xlsx_bytes

HEAD = ("Number", "Name", "Sex", "Year of birth", "Phone", "Organisation", "Category")


@pytest.fixture(autouse=True)
def with_roster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rosters among the features and the local tables, wherever the program's own lists stand."""
    if "roster" not in factory.FEATURES:
        monkeypatch.setattr(factory, "FEATURES", (*factory.FEATURES, "roster"))
    found = site_module.local_migrations()
    if migrations not in found:
        monkeypatch.setattr(site_module, "local_migrations", lambda: [*found, migrations])


@pytest.fixture
def t01(site: Site) -> Iterator[str]:
    """A class for local students."""
    site.record(
        actor=SYSTEM,
        intent="class.add",
        changes=[
            Change(
                "training_class",
                "T01",
                {
                    "name_en": "PLC, batch 3",
                    "name_zh": "PLC 第三期",
                    "category": "local_student",
                    "first_day": "2025-07-01",
                },
            )
        ],
        part="mbale",
    )
    return "T01"


def listed(*rows: tuple[object, ...], head: tuple[str, ...] = HEAD) -> bytes:
    return xlsx_bytes([Sheet("Roster", head, rows)])


Listed = Callable[..., bytes]
