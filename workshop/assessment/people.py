"""The people of a class in one practical test: where each stands, where the records are, what the reviewer said. Reads only."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from workshop.assessment import queries
from workshop.assessment.queries import AttemptRow, Rubric
from workshop.assessment.rules import Standing, standing_of
from workshop.courses import queries as courses
from workshop.privacy.queries import originals, seen_as
from workshop.receipts import at_campus
from workshop.site import Site


@dataclass(frozen=True)
class Review:
    """What the home campus said of an attempt. `stale`: the attempt has changed since."""

    decision: str
    comment: str
    who: str
    stale: bool


@dataclass(frozen=True)
class Shown:
    """An attempt with the words of its acts. `at` is "workshop" or "campus"; `when` the site's own time."""

    row: AttemptRow
    at: str
    who: str
    when: str
    review: Review | None

    @property
    def state(self) -> str:
        """What its tag says."""
        if self.row.void:
            return "void"
        if not self.row.signed:
            return "running"
        return "disputed" if self.row.fact().disputed else self.row.outcome or "open"


@dataclass(frozen=True)
class Person:
    """A trainee in this test; attempts in the order of their start."""

    id: str
    number: str
    name: str
    name_zh: str
    withdrawn: bool
    state: Standing
    attempts: tuple[Shown, ...]

    @property
    def running(self) -> AttemptRow | None:
        """The attempt that is under way; the latest where two tablets began one each."""
        return next((one.row for one in reversed(self.attempts) if one.row.running), None)

    @property
    def returned(self) -> bool:
        return any(one.review and one.review.decision == "returned" for one in self.attempts)


def people_tested(site: Site, part: str, class_id: str, rubric: Rubric, lang: str) -> list[Person]:
    """Everybody enrolled, and who was tested and has left since."""
    attempts = show(site, part, queries.attempt_rows(site.db, part, class_id, rubric.id), lang)
    found = []
    for row in courses.people_of(site.db, part, class_id):
        own = tuple(one for one in attempts if one.row.trainee_id == row["id"])
        withdrawn = row["state"] == "withdrawn"
        if own or not withdrawn:
            state = standing_of(one.row.fact() for one in own)
            found.append(Person(row["id"], row["number"], row["name"], row["name_zh"], withdrawn, state, own))
    return found


def show(site: Site, part: str, rows: list[AttemptRow], lang: str) -> list[Shown]:
    """Attempts with names, times, places and reviews."""
    names, tz = courses.staff_names(site.db, part), tz_minutes(site, part)
    again = originals(site.db)
    reviews = reviews_of(site.db, part, [row.id for row in rows], lang == "zh")
    home = at_campus(site, part, "attempt", [row.id for row in rows])
    found = []
    for row in rows:
        act = row.ops.signed or row.ops.started
        who = names.get(act.actor, (act.actor, act.actor))[lang == "zh"] if act else ""
        # An attempt under way also rests on its steps, which may not have travelled yet.
        steps = [f"{row.id}.{step}" for step in row.steps]
        whole = row.id in home and len(at_campus(site, part, "attempt_step", steps)) == len(steps)
        when = local_time(act.wall if row.signed and act else row.started_at, tz)
        found.append(
            Shown(row, "campus" if whole else "workshop", who, when, _judged(row, reviews.get(row.id), again))
        )
    return found


def reviews_of(db: Database, part: str, ids: list[str], zh: bool) -> dict[str, tuple[Review, frozenset[str]]]:
    """{attempt id: (what the reviewer said, the ops that were in view)}."""
    names = courses.staff_names(db, part)
    found: dict[str, tuple[Review, frozenset[str]]] = {}
    for start in range(0, len(ids), 400):
        chunk = [f"attempt.{one}" for one in ids[start : start + 400]]
        rows = db.query(
            "select id, decision, comment, seen, actor from rm_review where part = ? and decision is not null"
            f" and id in ({', '.join('?' * len(chunk))})",
            (part, *chunk),
        )
        for row in rows:
            who = names.get(row["actor"], (row["actor"],) * 2)[zh]
            review = Review(row["decision"], row["comment"] or "", who, False)
            found[row["id"].split(".", 1)[1]] = (review, frozenset(json.loads(row["seen"] or "[]")))
    return found


def tz_minutes(site: Site, part: str) -> int:
    """The site's own time, also when its pages are read at the campus."""
    row = site.db.execute("select tz_minutes from rm_site where id = ?", (part,)).fetchone()
    return int(row[0]) if row and row[0] is not None else site.tz_minutes


def local_time(at_ms: int, tz: int) -> str:
    """`2025-07-17 14:05` on the site's clock."""
    return (datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=tz)).strftime("%Y-%m-%d %H:%M")


def _judged(
    row: AttemptRow, said: tuple[Review, frozenset[str]] | None, again: dict[str, set[str]]
) -> Review | None:
    if said is None:
        return None
    review, seen = said
    return replace(review, stale=bool(seen) and not seen_as(again, row.heads) <= seen)
