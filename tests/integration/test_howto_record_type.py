"""docs/how-to/add-a-record-type.md does what it says: its code blocks become a feature beside ours, on a real site and in the real shell."""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from types import ModuleType

import pytest
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, FileSystemLoader

import workshop
from sync import AdmissionError, Change, Registry
from tests.integration.conftest import PASSWORD, Clock, add_staff, csrf_of
from workshop import factory
from workshop.accounts.commands import create_account
from workshop.demo.tablet import Tablet
from workshop.registry import REGISTRY
from workshop.site import Site

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-record-type.md"
BLOCK = re.compile(r"^`([\w/.]+)`\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DRILL = "q234567abc"


def blocks(kind: str) -> dict[str, str]:
    """The files of the page: path -> text."""
    return {path: text for path, found, text in BLOCK.findall(PAGE.read_text("utf-8")) if found == kind}


@pytest.fixture
def feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's files in a folder of their own, importable as `workshop.equipment`; the shell knows one more feature."""
    root = tmp_path / "written"
    for path, text in {**blocks("python"), **blocks("jinja")}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    monkeypatch.setattr(workshop, "__path__", [*workshop.__path__, str(root / "workshop")])
    monkeypatch.setattr(factory, "FEATURES", (*factory.FEATURES, "equipment"))
    importlib.invalidate_caches()
    yield root
    for name in [name for name in sys.modules if name.startswith("workshop.equipment")]:
        del sys.modules[name]
    if hasattr(workshop, "equipment"):
        del workshop.equipment


@pytest.fixture
def records(feature: Path) -> ModuleType:
    return importlib.import_module("workshop.equipment.records")


@pytest.fixture
def registry(records: ModuleType) -> Registry:
    return Registry((*REGISTRY.types, *records.RECORDS))


@pytest.fixture
def site(tmp_path: Path, clock: Clock, registry: Registry) -> Iterator[Site]:
    made = open_site(tmp_path / "mbale", clock, registry)
    yield made
    made.close()


def open_site(folder: Path, clock: Clock, registry: Registry) -> Site:
    made = Site.create(folder, "mbale", "workshop", tz_minutes=180, clock=clock, registry=registry)
    add_staff(made, "sakello", "Akello Grace", "", "instructor")
    add_staff(made, "snandutu", "Nandutu Esther", "", "assessor")
    return made


def say(site: Site, state: str, *base: str, fault: str | None = None, intent: str = "equipment.state") -> str:
    change = Change("equipment", DRILL, {"state": state, "fault": fault}, base)
    return site.record(actor="sakello", intent=intent, changes=[change])


def new_drill(site: Site) -> str:
    change = Change("equipment", DRILL, {"name_en": "Drill press", "state": "in_use", "fault": None})
    return site.record(actor="sakello", intent="equipment.add", changes=[change])


def drill(site: Site) -> dict[str, object]:
    [row] = site.db.query("select * from rm_equipment where id = ?", (DRILL,))
    return row


def test_the_page_has_all_the_files_of_a_feature() -> None:
    names = {Path(path).name for path in {**blocks("python"), **blocks("jinja")}}
    assert names == {
        *("records.py", "rules.py", "queries.py", "commands.py", "problems.py", "views.py"),
        "list.html",
    }
    assert set(blocks("diff")) == {"workshop/registry.py", "workshop/factory.py"}


@pytest.mark.parametrize("path", sorted(blocks("diff")))
def test_the_lines_around_an_edit_stand_in_our_files(path: str) -> None:
    """What the page shows as present is present, in that order, so that the edit can be made."""
    lines = (ROOT / path).read_text("utf-8").splitlines()
    at = 0
    for line in blocks("diff")[path].splitlines():
        if line.startswith(" ") and line.strip():
            at = lines.index(line[1:], at) + 1


def test_a_declaration_makes_a_table_that_an_op_fills(site: Site) -> None:
    op = new_drill(site)
    row = drill(site)
    assert (row["part"], row["name_en"], row["state"], row["conflict"]) == (
        "mbale",
        "Drill press",
        "in_use",
        0,
    )
    assert json.loads(str(row["heads"])) == {"condition": [op], "name_en": [op]}
    assert (row["actor"], row["last_op"]) == ("sakello", op)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": "broken"}, "bad_fields"),
        ({"colour": "green"}, "bad_fields"),
        ({"state": "under_repair"}, "rule_broken"),
        ({"state": "in_use", "fault": "belt"}, "rule_broken"),
    ],
)
def test_what_the_declaration_forbids_is_refused_and_leaves_nothing(
    site: Site, fields: dict[str, object], code: str
) -> None:
    before = site.db.execute("select count(*) from op_log").fetchone()
    with pytest.raises(AdmissionError) as refused:
        site.record(actor="sakello", intent="equipment.state", changes=[Change("equipment", DRILL, fields)])
    assert refused.value.code == code
    assert site.db.execute("select count(*) from op_log").fetchone() == before


def test_only_the_declared_roles_may_write(site: Site) -> None:
    with pytest.raises(AdmissionError) as refused:
        site.record(
            actor="snandutu",
            intent="equipment.state",
            changes=[Change("equipment", DRILL, {"state": "in_use"})],
        )
    assert refused.value.code == "role_missing"


def test_an_edit_that_names_its_base_replaces_and_the_history_stays(site: Site) -> None:
    first = new_drill(site)
    second = say(site, "under_repair", first, fault="belt torn")
    row = drill(site)
    assert (row["state"], row["fault"], row["conflict"]) == ("under_repair", "belt torn", 0)
    touched = site.db.execute(
        "select count(*) from rm_change where part = 'mbale' and type = 'equipment' and id = ?", (DRILL,)
    ).fetchone()
    assert touched == (2,)
    assert second == row["last_op"]


def two_tablets(site: Site) -> list[Tablet]:
    """Two enrolled tablets on which Akello has signed in."""
    made = [Tablet(name, "howto", "mbale", 180) for name in ("one", "two")]
    for one in made:
        fields = {
            "name": one.name,
            "key": one.key.public,
            "kind": "tablet",
            "site": "mbale",
            "enrolled": True,
        }
        person = Change("device_person", f"{one.device}.sakello", {"active": True})
        site.record(
            actor="system", intent="device.enrol", changes=[Change("device", one.device, fields), person]
        )
    return made


def two_words(site: Site, clock: Clock) -> tuple[str, str]:
    """Two tablets say different things about the drill; the ops."""
    base = new_drill(site)
    one, two = two_tablets(site)
    change = Change("equipment", DRILL, {"state": "withdrawn", "fault": None}, (base,))
    first = one.act(clock.now, "sakello", "equipment.state", [change])
    change = Change("equipment", DRILL, {"state": "under_repair", "fault": "belt"}, (base,))
    second = two.act(clock.now + 1, "sakello", "equipment.state", [change])
    for tablet in (two, one):
        site.node.take(tablet.unsent())
    return first, second


def test_two_tablets_that_differ_make_a_conflict_that_a_person_settles(site: Site, clock: Clock) -> None:
    first, second = two_words(site, clock)
    assert drill(site)["conflict"] == 1
    held = site.db.execute(
        "select op, winner from rm_conflict where type = 'equipment' order by winner"
    ).fetchall()
    assert {op for op, _ in held} == {first, second}
    assert [winner for _, winner in held] == [0, 1]
    say(site, "under_repair", first, second, fault="belt", intent="conflict.decide")
    row = drill(site)
    assert (row["state"], row["conflict"]) == ("under_repair", 0)


def test_its_history_and_its_conflicts_have_pages_of_themselves(
    akello: FlaskClient, site: Site, clock: Clock
) -> None:
    two_words(site, clock)
    page = akello.get(f"/en/review/equipment/{DRILL}")
    assert page.status_code == 200 and "Drill press" in page.text and "under_repair" in page.text
    assert "Drill press" not in akello.get("/en/review/nonsense/x1").text
    conflicts = akello.get("/en/review/conflicts")
    assert conflicts.status_code == 200 and f"/en/review/equipment/{DRILL}" in conflicts.text


def test_the_order_of_arrival_changes_nothing_and_a_rebuild_gives_the_same_hash(
    tmp_path: Path, clock: Clock, registry: Registry
) -> None:
    """Four runs of two tablets, one of them refused by the rule on arrival, in all 24 orders at a fresh site each."""
    found = set()
    for number, order in enumerate(permutations(range(4))):
        here = open_site(tmp_path / f"site{number}", clock, registry)
        tablets = two_tablets(here)
        runs = []
        for one, state, fault in (
            (tablets[0], "in_use", None),
            (tablets[1], "under_repair", "belt"),
            (tablets[0], "withdrawn", None),
            (tablets[1], "under_repair", None),
        ):
            one.act(
                clock.now,
                "sakello",
                "equipment.state",
                [Change("equipment", DRILL, {"state": state, "fault": fault})],
            )
            runs += one.unsent()
            one.receipt()
        waiting = [runs[place] for place in order]
        while waiting:  # a run before its predecessor is refused with chain_gap, and comes again
            _, refused = here.node.take(waiting)
            assert all(error.code == "chain_gap" for _, error in refused)
            waiting = [run for run, _ in refused]
        before, after = here.node.rebuild()
        assert before == after
        assert here.db.execute("select code from rm_quarantine").fetchall() == [("rule_broken",)]
        found.add(json.dumps({k: v for k, v in drill(here).items() if k != "received_at"}))
        here.close()
    assert len(found) == 1


def test_the_rule_of_the_safety_check(feature: Path) -> None:
    rules = importlib.import_module("workshop.equipment.rules")
    assert rules.check_is_due(None, "2025-11-21")
    assert rules.check_is_due("2025-01-31", "2025-11-21")
    assert not rules.check_is_due("2025-11-01", "2025-11-21")


@pytest.fixture
def akello(site: Site, feature: Path, clock: Clock) -> FlaskClient:
    """Signed in, in front of the application with the new feature's pages and templates."""
    with site.writing() as db:
        create_account(db, "akello", "sakello", PASSWORD, clock.now)
    app = factory.create_app(site, TESTING=True)
    written = FileSystemLoader(str(feature / "workshop" / "templates"))
    assert app.jinja_loader is not None
    app.jinja_env.loader = ChoiceLoader([app.jinja_loader, written])
    client = app.test_client()
    form = {"csrf": csrf_of(client, "/en/sign-in"), "username": "akello", "password": PASSWORD}
    assert client.post("/en/sign-in", data=form).status_code == 303
    return client


def test_the_page_adds_equipment_and_changes_its_state(akello: FlaskClient, site: Site) -> None:
    token = csrf_of(akello, "/en/equipment")
    added = akello.post("/en/equipment", data={"csrf": token, "name_en": "Drill press", "name_zh": "钻床"})
    assert added.status_code == 303
    [row] = site.db.query("select id, heads from rm_equipment")
    base = json.dumps(json.loads(row["heads"])["condition"])
    form = {"csrf": token, "state": "under_repair", "fault": "belt torn", "base": base}
    assert akello.post(f"/en/equipment/{row['id']}/state", data=form).status_code == 303
    page = akello.get("/en/equipment").text
    assert "belt torn" in page
    assert "The safety check is due." in page
    assert 'value="under_repair" selected' in page
    assert "钻床" in akello.get("/zh/equipment").text
    assert site.db.execute("select conflict from rm_equipment").fetchone() == (0,)


def test_the_page_says_in_words_what_is_refused(akello: FlaskClient) -> None:
    refused = akello.post("/en/equipment", data={"csrf": csrf_of(akello, "/en/equipment"), "name_en": " "})
    assert refused.status_code == 422
    assert "The equipment has no name." in refused.text
