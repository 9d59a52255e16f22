"""The campus and the workshop of the certificates' tests: Okot has marks, tests and a certificate; Mukasa administers, Wang reviews."""

from pathlib import Path

import pytest

from tests.integration.certificates.conftest import (  # noqa: F401 - fixtures
    CLASS,
    PART,
    Meet,
    SignIn,
    campus,
    meet,
    record,
    signed_in,
    workshop,
)
from workshop.certificates import commands as certificates
from workshop.site import Site

NUMBER = "UTC/ST/24/oko"


@pytest.fixture
def issued(workshop: Site, campus: Site, meet: Meet) -> str:  # noqa: F811
    """The serial of Okot's certificate, known at both sites."""
    batch = certificates.propose(workshop, PART, "sakello", CLASS)
    meet()
    certificates.approve(workshop, PART, "smukasa", batch, "site")
    meet()
    certificates.approve(campus, PART, "swang", batch, "campus")
    serials = certificates.issue(campus, PART, "souyang", batch)
    meet()
    rows = campus.db.execute("select id from rm_certificate where trainee_id = 'tokot'").fetchall()
    assert rows[0][0] in serials
    return str(rows[0][0])


def file_holds(folder: Path, words: bytes) -> list[str]:
    """The files of a site that hold some words."""
    return [path.name for path in folder.iterdir() if path.is_file() and words in path.read_bytes()]
