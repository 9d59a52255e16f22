"""Every page that a person can open, with who opens it where and sample addresses from the demonstration. A new page belongs in here:
test_axe.py fails while one is missing. No assertions."""

import contextlib
import io
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook

NOT_PAGES = {
    "root.choose_language": "leads on to a start page",
    "root.healthz": "for machines",
    "static.asset": "files",
    "pwa.worker": "script",
    "pwa.manifest": "file",
    "syncapi.enrolment": "for devices",
    "courses.offline": "list for the worker",
    "lessons.offline": "list for the worker",
    "lessons.figure": "picture",
    "reports.training_file": "file",
    "roster.template": "file",
    "roster.trainees": "file",
    "roster.report": "file",
    "exchange.download": "file",
    "exchange.receipts": "file",
    "certificates.pdf": "file",
    "privacy.data": "file",
}


@dataclass(frozen=True)
class Visit:
    """One page as one person sees it; `path` after the language, with `{facts}` in it. `who` is None for a stranger."""

    endpoint: str
    site: str
    who: str | None
    path: str
    status: int = 200

    @property
    def id(self) -> str:
        return (
            f"{self.endpoint}-{self.site}-{self.who or 'stranger'}-{self.path.partition('?')[2] or 'plain'}"
        )


VISITS = (
    Visit("home.home", "workshop", None, "/"),
    Visit("home.home", "workshop", "akello", "/"),
    Visit("home.home", "campus", "wang", "/"),
    Visit("accounts.sign_in", "workshop", None, "/sign-in"),
    Visit("accounts.account", "workshop", "akello", "/account"),
    Visit("devices.tablet", "workshop", None, "/tablet"),
    Visit("devices.device_list", "workshop", "wandera", "/devices"),
    Visit("devices.device_list", "campus", "wang", "/devices"),
    Visit("devices.device_page", "workshop", "wandera", "/devices/{tablet}"),
    Visit("devices.device_page", "campus", "wang", "/devices/{tablet}"),
    Visit("devices.revoke_choice", "workshop", "wandera", "/devices/{tablet}/revoke?until=arrived"),
    Visit("devices.missing", "workshop", "wandera", "/devices/missing"),
    Visit("courses.class_list", "workshop", "akello", "/classes"),
    Visit("courses.class_list", "campus", "wang", "/classes?show=all"),
    Visit("courses.class_page", "workshop", "akello", "/classes/{tour_class}"),
    Visit("courses.class_page", "campus", "wang", "/classes/{tour_class}?site=mbale"),
    Visit("courses.new_class", "workshop", "wandera", "/classes/new"),
    Visit("courses.course_list", "campus", "li", "/courses"),
    Visit("attendance.register", "workshop", "akello", "/register/{session}"),
    Visit("attendance.register", "workshop", "akello", "/register/{disputed_session}"),
    Visit("attendance.register", "campus", "wang", "/register/{disputed_session}?site=mbale"),
    Visit("assessment.class_test", "workshop", "nandutu", "/classes/{tested_class}/tests/{rubric}"),
    Visit("assessment.class_test", "workshop", "akello", "/classes/{open_test}"),
    Visit("assessment.attempt", "workshop", "nandutu", "/attempts/{attempt}"),
    Visit("assessment.attempt", "campus", "wang", "/attempts/{attempt}?site=mbale"),
    Visit("lessons.index", "workshop", None, "/lessons/"),
    Visit("lessons.lesson", "workshop", "okot", "/lessons/{lesson}/"),
    Visit("lessons.lesson", "workshop", None, "/lessons/{lesson}/?pinyin=on"),
    Visit("review.worklist", "campus", "wang", "/review"),
    Visit("review.worklist", "workshop", "akello", "/review"),
    Visit("review.record", "campus", "wang", "/review/attendance/{disputed}?site=mbale"),
    Visit("review.record", "campus", "wang", "/review/register/{disputed_register}?site=mbale"),
    Visit("review.record", "campus", "wang", "/review/attempt/{attempt}?site=mbale"),
    Visit("review.record", "workshop", "akello", "/review/attendance/{disputed}"),
    Visit("review.conflicts", "campus", "wang", "/review/conflicts"),
    Visit("review.conflicts", "workshop", "akello", "/review/conflicts"),
    Visit("review.conflicts", "campus", "wang", "/review/conflicts?show=done"),
    Visit("review.duplicates", "campus", "wang", "/review/duplicates"),
    Visit("review.duplicates", "workshop", "wandera", "/review/duplicates"),
    Visit("review.quarantine", "campus", "wang", "/review/held"),
    Visit("review.quarantine", "workshop", "wandera", "/review/held"),
    Visit("review.quarantine", "workshop", "akello", "/review/held?show=done"),
    Visit("review.held_op", "campus", "wang", "/review/held/{held}?site=mbale"),
    Visit("review.held_op", "workshop", "wandera", "/review/held/{held}"),
    Visit("reports.training", "workshop", "wandera", "/reports/training"),
    Visit("reports.training", "campus", "ouyang", "/reports/training"),
    Visit("reports.training_rows", "campus", "ouyang", "/reports/training/rows"),
    Visit("reports.training_rows", "campus", "ouyang", "/reports/training/rows?show=people"),
    Visit("reports.training_rows", "campus", "ouyang", "/reports/training/rows?show=classes"),
    Visit("certificates.batches", "campus", "ouyang", "/certificates"),
    Visit("certificates.batches", "workshop", "akello", "/certificates"),
    Visit("certificates.class_page", "workshop", "akello", "/certificates/class/{tested_class}"),
    Visit("certificates.batch", "workshop", "akello", "/certificates/{batch}"),
    Visit("certificates.verify", "campus", None, "/verify"),
    Visit("privacy.people", "campus", "wang", "/people?words=okot"),
    Visit("privacy.people", "workshop", "wandera", "/people"),
    Visit("privacy.person", "campus", "wang", "/people/mbale/{person}"),
    Visit("privacy.person", "workshop", "wandera", "/people/mbale/{person}"),
    Visit("privacy.erasing", "campus", "wang", "/people/mbale/{person}/erase"),
    Visit("exchange.status", "workshop", "wandera", "/exchange"),
    Visit("exchange.status", "campus", "wang", "/exchange"),
    Visit("exchange.brought", "workshop", "wandera", "/exchange/file/{brought}"),
    Visit("exchange.brought", "workshop", "wandera", "/exchange/file/nobody", 404),
    Visit("roster.index", "workshop", "wandera", "/roster"),
    Visit("roster.index", "campus", "li", "/roster"),
    Visit("roster.preview", "workshop", "wandera", "/roster/upload/{upload}"),
    Visit("problem", "workshop", "okot", "/reports/training", 403),
    Visit("problem", "workshop", "akello", "/classes/nowhere", 404),
)


def facts_of(folder: Path, told: dict[str, Any]) -> dict[str, str]:
    """What the addresses above need, from the workshop's database and from what the demonstration wrote."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'site.db'}?mode=ro", uri=True)) as db:

        def one(sql: str) -> tuple[str, ...]:
            return tuple(str(value) for value in db.execute(sql).fetchone())

        [held] = one("select op from rm_quarantine order by n limit 1")
        [disputed] = one("select id from rm_conflict where type = 'attendance' order by id limit 1")
        attempt, tested_class, rubric = one(
            "select id, class_id, rubric_id from rm_attempt where json_extract(result, '$.outcome') = 'competent'"
            " order by class_id, id limit 1"
        )
        open_class, open_rubric, trainee = one(
            "select class_id, rubric_id, trainee_id from rm_attempt order by (result is null) desc, id limit 1"
        )
        [tablet] = one(
            "select c.device from op_chain c join rm_device d on d.id = c.device where c.parent is not null limit 1"
        )
        lessons = sorted(path.stem for path in (folder / "lessons").glob("*.json"))
    disputed_class, number, _ = disputed.split(".")
    return {
        "tour_class": told["tour_class"],
        "person": trainee,
        "session": told["tour_session"].replace(".", "/"),
        "disputed": disputed,
        "held": held,
        "disputed_session": f"{disputed_class}/{number}",
        "disputed_register": f"{disputed_class}.{number}",
        "attempt": attempt,
        "tested_class": tested_class,
        "rubric": rubric,
        "open_test": f"{open_class}/tests/{open_rubric}?trainee={trainee}",
        "lesson": lessons[0],
        "tablet": tablet,
    }


def roster_file() -> bytes:
    """A list with a good row, one without a name, and one twice."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["name", "organisation"],
        ["Okot Daniel", "UTC"],
        ["", "UTC"],
        ["Apio Rose", "UTC"],
        ["Apio Rose", "UTC"],
    ):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def vendored(folder: Path) -> str:
    """The text of axe-core."""
    [found] = folder.glob("axe-core@*/axe.min.js")
    return found.read_text("utf-8")


def words_of(violations: list[dict[str, Any]]) -> list[str]:
    return [
        json.dumps(
            {
                "rule": one["id"],
                "impact": one["impact"],
                "nodes": [(node["target"], node["html"][:160]) for node in one["nodes"][:3]],
            },
            ensure_ascii=False,
        )
        for one in violations
    ]
