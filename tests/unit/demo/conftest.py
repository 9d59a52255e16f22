"""One year for all tests of the demonstration: it is frozen, so nobody can spoil it."""

import pytest

from workshop.demo.year import Year, make_year


@pytest.fixture(scope="session")
def year() -> Year:
    return make_year()
