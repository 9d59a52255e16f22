"""`workshop bundle export`: what a campus writes for one workshop holds nothing of another's."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync import Change
from workshop.cli import main
from workshop.setup import join_workshop
from workshop.site import Site


def export(site: Site, file: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(site.folder), "bundle", "export", str(file), *more])


def first_line(file: Path) -> dict[str, object]:
    return dict(json.loads(gzip.decompress(file.read_bytes()).splitlines()[0]))


@pytest.fixture
def jinja(campus: Site, mbale: Site) -> str:
    """A second workshop, with somebody in it."""
    join_workshop(campus, "ed25519:" + "A" * 43, "jinja", "Jinja", "金贾", 180)
    change = Change("trainee", "tj1", {"name": "Stranger of Jinja", "category": "local_student"})
    campus.record(actor="swang", intent="roster.add", changes=[change], part="jinja")
    return "jinja"


@pytest.mark.parametrize("everything", [[], ["--all"]])
def test_a_campus_writes_for_one_workshop(
    campus: Site, jinja: str, tmp_path: Path, everything: list[str]
) -> None:
    for name, there in (("mbale", False), ("jinja", True)):
        file = tmp_path / f"{name}.luban"
        assert export(campus, file, "--site", name, *everything).exit_code == 0
        assert first_line(file)["parts"] == ["common", name]
        assert (b"Stranger of Jinja" in gzip.decompress(file.read_bytes())) is there


def test_it_holds_what_that_workshop_lacks(campus: Site, mbale: Site, jinja: str, tmp_path: Path) -> None:
    """Not what another workshop lacks: each has its own receipts."""
    ops = []
    for more in ([], ["--all"]):
        told = export(campus, tmp_path / "x.luban", "--site", "mbale", "--format", "json", *more)
        ops.append(json.loads(told.output)["ops"])
    assert ops[0] <= ops[1]
    answer = CliRunner().invoke(
        main, ["--data", str(mbale.folder), "bundle", "import", str(tmp_path / "x.luban")]
    )
    assert answer.exit_code == 0 and "refused" not in answer.output
    export(mbale, tmp_path / "back.luban")
    CliRunner().invoke(main, ["--data", str(campus.folder), "bundle", "import", str(tmp_path / "back.luban")])
    again = export(campus, tmp_path / "x.luban", "--site", "mbale", "--format", "json")
    assert json.loads(again.output)["ops"] == 0


def test_a_campus_with_several_workshops_is_asked_for_which(campus: Site, jinja: str, tmp_path: Path) -> None:
    for words in ([], ["--site", "kampala"], ["--site", "common"]):
        told = export(campus, tmp_path / "x.luban", *words)
        assert told.exit_code == 2 and "jinja, mbale" in told.output
    assert list(tmp_path.glob("*.luban")) == []


def test_with_one_workshop_there_is_nothing_to_ask(campus: Site, mbale: Site, tmp_path: Path) -> None:
    assert export(campus, tmp_path / "x.luban").exit_code == 0
    assert first_line(tmp_path / "x.luban")["parts"] == ["common", "mbale"]


def test_without_any_workshop_there_is_nobody_to_write_for(campus: Site, tmp_path: Path) -> None:
    told = export(campus, tmp_path / "x.luban")
    assert told.exit_code == 1 and "No workshop has joined this campus yet." in told.output


def test_a_workshop_writes_its_own(mbale: Site, tmp_path: Path) -> None:
    for words in ([], ["--site", "mbale"]):
        assert export(mbale, tmp_path / "x.luban", *words).exit_code == 0
        assert first_line(tmp_path / "x.luban")["parts"] == ["common", "mbale"]
    told = export(mbale, tmp_path / "y.luban", "--site", "jinja")
    assert told.exit_code == 2 and not (tmp_path / "y.luban").exists()
