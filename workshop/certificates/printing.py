"""From issued certificates to paper: what the campus adds to a page when it issues, pages made again from records, the print log."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from workshop.certificates import queries
from workshop.certificates.pdf import Certificate as Page
from workshop.certificates.pdf import Signer, Text, Words
from workshop.certificates.queries import Certificate
from workshop.site import Site

TEMPLATE = "1"
WORKSHOP = ("Luban Workshop", "鲁班工坊")
ROLES = (("For the workshop", "工坊负责人"), ("For the home campus", "国内院校负责人"))
GRADES = {"competent": Text("Competent", "合格")}
STATEMENT_WORDS = {
    "completed": Text("has attended the training course", "参加了以下课程的培训"),
    "hours": Text("Hours attended", "出勤学时"),
    "issued": Text("Date of issue", "开具日期"),
    "serial": Text("Statement No.", "证明编号"),
    "check": Text("Scan to check this statement", "扫码核验真伪"),
}


@dataclass(frozen=True)
class Job:
    """One run of the printer. `copies`: for each serial how often it had been printed before."""

    id: int
    serials: tuple[str, ...]
    copies: dict[str, int]
    at: int
    actor: str


def printed_facts(site: Site, db: Database, part: str) -> dict[str, Any]:
    """What a page needs beside the certificate's own facts, frozen at issue: settings of the campus may change later.

    Settings: `certificate_workshop` [en, zh], `certificate_signers` [[institution en, zh, role en, zh, name], twice], `verify_address`.
    """
    ours, theirs = queries.site_names(db, part), queries.campus_names(db)
    signers = [[*ours, *ROLES[0], ""], [*theirs, *ROLES[1], ""]]
    return {
        "template": TEMPLATE,
        "workshop": site.setting("certificate_workshop", list(WORKSHOP)),
        "signers": site.setting("certificate_signers", signers),
        "address": site.setting("verify_address", ""),
    }


def page_of(serial: str, facts: dict[str, Any], code: str, copy: int = 0) -> Page:
    """The printed page of a certificate's record: the same record and copy number give the same page."""
    title = Text(facts["title_en"], facts["title_zh"])
    words = Words(title=title, **(STATEMENT_WORDS if facts["kind"] == "statement" else {}))
    first, second = (Signer(Text(one[0], one[1]), Text(one[2], one[3]), one[4]) for one in facts["signers"])
    return Page(
        serial=serial,
        name=facts["name"],
        name_zh=facts["name_zh"],
        course=Text(facts["course_en"], facts["course_zh"]),
        hours=facts["hours"],
        first_day=facts["first_day"],
        last_day=facts["last_day"],
        day=facts["day"],
        code=code,
        workshop=Text(*facts["workshop"]),
        signers=(first, second),
        grade=GRADES.get(facts["grade"]),
        skills=tuple(Text(en, zh) for en, zh in facts["skills"]),
        check_address=facts["address"].partition("://")[2],
        copy=copy,
        words=words,
    )


def pages_of(job: Job, certificates: Sequence[Certificate]) -> list[Page]:
    """The pages of a job, in its order."""
    known = {one.serial: one for one in certificates}
    return [
        page_of(serial, known[serial].facts, known[serial].code, job.copies[serial])
        for serial in job.serials
        if serial in known and known[serial].code
    ]


def add_job(site: Site, part: str, batch_id: str, serials: Sequence[str], actor: str) -> int:
    """Note in the log that these go to paper now; the job's number."""
    with site.writing() as db:
        cursor = db.execute(
            "insert into local_certificate_print (part, batch_id, serials, at, actor) values (?, ?, ?, ?, ?)",
            (part, batch_id, json.dumps(list(serials)), site.now(), actor),
        )
        return int(cursor.lastrowid or 0)


def jobs_of(db: Database, part: str, batch_id: str) -> list[Job]:
    """All jobs of a batch at this site, the first one first."""
    rows = db.execute(
        "select id, serials, at, actor from local_certificate_print where part = ? and batch_id = ? order by id",
        (part, batch_id),
    )
    found: list[Job] = []
    printed: dict[str, int] = {}
    for job_id, text, at, actor in rows:
        serials = tuple(json.loads(text))
        found.append(Job(job_id, serials, {serial: printed.get(serial, 0) for serial in serials}, at, actor))
        for serial in serials:
            printed[serial] = printed.get(serial, 0) + 1
    return found
