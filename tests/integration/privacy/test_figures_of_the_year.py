"""Twenty people of the demonstration's year are erased: each figure that was published is what it was."""

from tests.integration.privacy.test_erase import YEAR
from tests.integration.reports.conftest import MakeCampus, make_campus, recorded, year  # noqa: F401 - fixtures
from workshop.admission import SYSTEM
from workshop.certificates.class_file import class_file
from workshop.privacy import commands
from workshop.reports.queries import training_report
from workshop.review.standing import standings
from workshop.site import Site

PART = "mbale"
PEOPLE = 20


def counted(site: Site) -> dict[str, object]:
    report = training_report(site, [PART], YEAR)
    classes = sorted({one.person.class_id for one in report.details})[:6]
    return {
        "times": {row.key: row.figures for row in report.by_category},
        "total": report.total,
        "batches": {row.key: row.figures for row in report.by_batch},
        "people": sorted(
            (d.person.class_id, d.person.id, d.person.state, d.person.attended, d.reason)
            for d in report.details
        ),
        "shares": {
            (one, each.id): (each.kind, each.eligibility.share, each.eligibility.skills)
            for one in classes
            for each in (class_file(site.db, PART, one) or _none()).candidates
        },
        "review": {(one.kind, one.id): one.state for one in standings(site.db, PART)},
    }


def _none() -> object:
    raise AssertionError("no such class")


def test_the_published_figures_stay(make_campus: MakeCampus) -> None:  # noqa: F811
    site = make_campus(None)
    before = counted(site)
    total = training_report(site, [PART], YEAR).total.person_times
    assert total == 1846
    noted = "select trainee_id from rm_attendance where note is not null or conflict = 1 union select id from rm_trainee where same_as is not null"
    tested = "select trainee_id from rm_attempt where conflict = 1 or void is not null or instr(result, '\"\"]') = 0"
    rows = site.db.execute(f"select * from ({noted}) union select * from ({tested}) order by 1").fetchall()
    chosen = [row[0] for row in rows if row[0]][:PEOPLE]
    assert len(chosen) == PEOPLE
    names = [row[0] for row in site.db.execute("select name from rm_trainee").fetchall()]
    gone = 0
    for person in chosen:
        found = commands.queries.one_person(site.db, PART, person)
        assert found
        if not found.erased:
            gone += commands.erase(
                site, PART, SYSTEM, person, typed=found.number or found.id, reason="period_over"
            )
    assert gone > PEOPLE
    after = counted(site)
    assert {name for name in before if after[name] != before[name]} == set()
    left = {
        row[0] for row in site.db.execute("select name from rm_trainee where name is not null").fetchall()
    }
    assert len(left) < len(set(names))
    assert site.node.rebuild()[0] == site.node.model.state_hash()
