"""The demonstration, built by simulated tablets and the real engine: what the plan put in comes out, at both sites alike."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from workshop.cli import main
from workshop.demo.build import build_demo
from workshop.demo.today import ensure_session_today
from workshop.site import Site
from workshop.verify import verify_site

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo")
    build_demo(made, TODAY)
    return made


@pytest.fixture
def sites(folder: Path) -> Iterator[tuple[Site, Site]]:
    workshop, campus = Site(folder / "workshop"), Site(folder / "campus")
    yield workshop, campus
    workshop.close()
    campus.close()


def test_the_year_gives_the_figures_of_the_report(folder: Path) -> None:
    period = ["--from", "2024-09-01", "--to", "2025-08-31", "--format", "json"]
    for site in ("campus", "workshop"):
        answer = CliRunner().invoke(main, ["--data", str(folder / site), "report", "training", *period])
        assert answer.exit_code == 0, answer.output
        found = json.loads(answer.stdout)
        counted = {row["category"]: row["person_times"] for row in found["rows"] if row["person_times"]}
        assert counted == {"local_teacher": 389, "local_student": 636, "employee": 821}
        assert found["total"]["person_times"] == 1846


def test_both_sites_end_with_the_same_state(sites: tuple[Site, Site]) -> None:
    workshop, campus = sites
    assert workshop.node.model.state_hash() == campus.node.model.state_hash()


def test_a_rebuild_changes_nothing(folder: Path) -> None:
    answer = CliRunner().invoke(
        main, ["--data", str(folder / "campus"), "rebuild", "--check", "--format", "json"]
    )
    assert json.loads(answer.stdout)["equal"] is True


def test_every_link_and_signature_holds(sites: tuple[Site, Site]) -> None:
    for site in sites:
        assert verify_site(site.node).faults == []


def test_the_planned_troubles_are_there(sites: tuple[Site, Site]) -> None:
    for site in sites:
        db = site.db
        assert (
            db.execute("select count(distinct id) from rm_conflict where type = 'attendance'").fetchone()[0]
            == 7
        )
        assert db.execute("select code, count(*) from rm_quarantine group by 1").fetchall() == [
            ("device_revoked", 4)
        ]
        assert db.execute("select count(*) from op_chain where parent is not null").fetchone()[0] >= 1
        off = {row[0] for row in db.execute("select distinct device_id from rm_clock where offset_ms <> 0")}
        assert len(off) == 3
        assert db.execute("select decision, count(*) from rm_duplicate group by 1 order by 1").fetchall() == [
            ("different", 1),
            ("same", 4),
        ]


def test_certificates_are_numbered_without_holes_and_one_is_withdrawn(sites: tuple[Site, Site]) -> None:
    for site in sites:
        rows = site.db.execute("select id, status from rm_certificate order by id").fetchall()
        assert [int(serial.split("-")[3]) for serial, _ in rows] == list(range(1, len(rows) + 1))
        assert len(rows) >= 20
        assert sum(status == "withdrawn" for _, status in rows) == 1


def test_the_tour_class_meets_on_whatever_day_it_is_started(folder: Path, tmp_path: Path) -> None:
    """On a copy: the other tests look at the year as it was built, in any order."""
    workshop = Site(Path(shutil.copytree(folder / "workshop", tmp_path / "workshop")))
    first = ensure_session_today(workshop, "D01", TODAY)
    assert ensure_session_today(workshop, "D01", TODAY) == first
    later = ensure_session_today(workshop, "D01", date(2027, 3, 1))
    assert later != first
    assert ensure_session_today(workshop, "D01", date(2027, 3, 1)) == later
    workshop.close()
