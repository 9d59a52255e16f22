"""Taking a roster: from a file to a plan, from a plan to ops (one a person, all in one transaction). No Flask."""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from sync import Change, Draft
from sync.limits import BASE_PER_CHANGE
from workshop.ids import new_id
from workshop.problems import Problem
from workshop.roster import queries
from workshop.roster.errors import RosterError
from workshop.roster.matching import COMPARED
from workshop.roster.plan import FATES, SAME, Fate, Plan, plan_rows
from workshop.roster.rules import Candidate
from workshop.site import Site
from workshop.tables.errors import TableError
from workshop.tables.limits import FILE_BYTES_MAX
from workshop.tables.reading import Table, read_table

INTENT = "roster.import"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What taking a list did, in people. `withdrawn`: in the list, but withdrawn from the class before; they stay so."""

    new: int
    changed: int
    same: int
    enrolled: int
    withdrawn: int
    ops: int


def read_upload(data: bytes, filename: str, encoding: str | None = None) -> Table:
    """The table of a file. Raises Problem table_* (422) with the numbers that its words need."""
    try:
        return read_table(data, filename, encoding)
    except TableError as error:
        told = {**error.data, "megabytes": FILE_BYTES_MAX // (1024 * 1024)}
        raise Problem(f"table_{error.code}", 422, **told) from error


def make_plan(site: Site, table: Table, part: str, answers: Mapping[int, str] | None = None) -> Plan:
    """Plan a table against the roster as it is now. Rows taken before in the very same form are not asked about again.

    Raises Problem roster_* (422).
    """
    people = queries.known(site.db, part)
    this_year = datetime.fromtimestamp(site.now() // 1000, UTC).year
    try:
        plan = plan_rows(table.rows, people, this_year, answers)
        before = _answers_of_before(site, part, plan)
        if before:
            plan = plan_rows(table.rows, people, this_year, {**before, **(answers or {})})
    except RosterError as error:
        headings = ", ".join(error.data.get("headings", []))
        raise Problem(f"roster_{error.code}", 422, headings=headings) from error
    return plan


def commit_plan(
    site: Site,
    actor: str,
    plan: Plan,
    class_id: str | None = None,
    part: str | None = None,
    choose: Callable[[str], str] = secrets.choice,
) -> Outcome:
    """Take a plan: one op a person (trainee, and enrolment where a class is given), all of them or none.

    Raises Problem roster_not_takeable, roster_changed (409), roster_class_unknown (422); AdmissionError when `actor` may not.
    """
    part = part or part_of(site)
    if not plan.takeable:
        raise Problem("roster_not_takeable", 409)
    with site.writing() as db:
        if tuple(queries.known(db, part)) != plan.basis:
            raise Problem("roster_changed", 409)
        training_class = next((one for one in queries.classes(db, part) if one.id == class_id), None)
        if class_id is not None and training_class is None:
            raise Problem("roster_class_unknown", 422)
        enrolled = queries.enrolments(db, part, class_id) if class_id else {}
        default = training_class.category if training_class else None
        drafts = []
        people = {}
        for fate in plan.fates:
            if fate.candidate is None or fate.fate not in ("new", "changed", "same"):
                continue
            person = fate.person or new_id("t", choose)
            people[row_hash(fate.candidate)] = person
            changes = _trainee_changes(db, part, fate, person, default)
            if class_id and person not in enrolled:
                category = fate.candidate.category or default or "other"
                fields = {"state": "enrolled", "category": category}
                changes.append(Change("enrolment", f"{class_id}.{person}", fields))
            if changes:
                drafts.append(Draft(actor, INTENT, changes, part, "form"))
        site.record_many(drafts)
        _remember(db, part, people)
    counts = plan.counts
    withdrawn = sum(enrolled.get(fate.person or "") == "withdrawn" for fate in plan.fates)
    enrolments = sum(change.type == "enrolment" for draft in drafts for change in draft.changes)
    return Outcome(counts["new"], counts["changed"], counts["same"], enrolments, withdrawn, len(drafts))


def _trainee_changes(db: Database, part: str, fate: Fate, person: str, category: str | None) -> list[Change]:
    if fate.fate == "new" and fate.candidate is not None:
        said = {name: getattr(fate.candidate, name) for name in COMPARED}
        fields = {name: value for name, value in said.items() if value is not None}
        return [Change("trainee", person, {"category": category or "other", **fields})]
    if fate.fate == "changed":
        fields = {name: value["new"] for name, value in fate.detail["fields"].items()}
        heads = queries.bases(db, part, person)
        base = sorted({op for name in fields for op in heads.get(name, [])})[:BASE_PER_CHANGE]
        return [Change("trainee", person, fields, tuple(base))]
    return []


def row_hash(candidate: Candidate) -> str:
    """What a row says, as a hash: two rows of one hash say the same about a person."""
    said = [getattr(candidate, name) for name in COMPARED]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _remember(db: Database, part: str, people: Mapping[str, str]) -> None:
    for said, person in people.items():
        db.execute("insert or replace into local_roster_row values (?, ?, ?)", (part, said, person))


def _answers_of_before(site: Site, part: str, plan: Plan) -> dict[int, str]:
    asked = {
        fate.row: row_hash(fate.candidate) for fate in plan.fates if fate.fate == "ask" and fate.candidate
    }
    found = queries.remembered(site.db, part, asked.values())
    return {row: SAME + found[said] for row, said in asked.items() if said in found}


# -- the command line


def dry_run(site: Site, path: Path) -> dict[str, Any]:
    """{"file", "encoding", "takeable", "rows": [{"row", "fate", "name", "reason", "detail"}], "counts"}. Writes nothing."""
    table = read_upload(path.read_bytes(), path.name)
    return report(path.name, table, make_plan(site, table, part_of(site)))


def take_file(site: Site, path: Path, username: str, class_id: str | None = None) -> dict[str, Any]:
    """Take a file in the name of a user. The report as of `dry_run`, and "taken": the outcome, when it could be taken."""
    person = queries.person_id(site.db, username)
    if person is None:
        raise Problem("roster_actor_unknown", 422, username=username)
    table = read_upload(path.read_bytes(), path.name)
    plan = make_plan(site, table, part_of(site))
    found = report(path.name, table, plan)
    if plan.takeable:
        found["taken"] = asdict(commit_plan(site, person, plan, class_id))
    return found


def report(filename: str, table: Table, plan: Plan) -> dict[str, Any]:
    rows = [
        {
            "row": fate.row,
            "fate": fate.fate,
            "name": fate.name,
            "reason": fate.reason,
            "detail": {**fate.detail, "notes": [asdict(note) for note in fate.notes]},
        }
        for fate in plan.fates
    ]
    counts = {name: plan.counts[name] for name in FATES}
    return {
        "file": filename,
        "encoding": table.encoding,
        "takeable": plan.takeable,
        "rows": rows,
        "counts": counts,
    }


def part_of(site: Site, chosen: str | None = None) -> str:
    """The site whose people these are: a workshop's own; at the campus the one chosen, or the only one there is.

    Raises Problem roster_which_site (422).
    """
    parts = site.site_parts
    if chosen in parts:
        return chosen or parts[0]
    if len(parts) == 1 and not chosen:
        return parts[0]
    raise Problem("roster_which_site", 422, sites=", ".join(parts))
