"""A role can be limited to one class: an enterprise assessor signs off there, and nowhere else."""

import pytest

from sync import AdmissionError, Change
from workshop.admission import SYSTEM
from workshop.site import Site


@pytest.fixture
def nandutu(site: Site) -> str:
    """Nandutu, assessor from an enterprise, for the class T01 only."""
    changes = [
        Change("staff", "snandutu", {"name_en": "Nandutu Rose"}),
        Change("grant", "snandutu.assessor.T01", {"active": True}),
    ]
    site.record(actor=SYSTEM, intent="staff.add", changes=changes)
    return "snandutu"


def sign(site: Site, who: str, **fields: object) -> str:
    named = {
        "rubric_id": "plc-1",
        "trainee_id": "tokot",
        "result": {"steps": [], "outcome": "open"},
        **fields,
    }
    return site.record(actor=who, intent="attempt.sign_off", changes=[Change("attempt", "a1", named)])


def test_the_assessor_signs_off_in_her_class(site: Site, nandutu: str) -> None:
    sign(site, nandutu, class_id="T01")
    assert site.db.execute("select count(*) from rm_attempt").fetchone()[0] == 1


@pytest.mark.parametrize("fields", [{"class_id": "T02"}, {}])
def test_another_class_or_none_is_refused(site: Site, nandutu: str, fields: dict[str, object]) -> None:
    with pytest.raises(AdmissionError) as refused:
        sign(site, nandutu, **fields)
    assert refused.value.code == "role_missing"


def test_an_instructor_of_all_classes_is_not_limited(site: Site) -> None:
    sign(site, "sakello", class_id="T02")
