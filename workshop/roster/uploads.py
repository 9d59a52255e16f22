"""A list that was uploaded and waits for its answers: kept for a day in `local_upload`, emptied once it is taken. No Flask."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from workshop.ids import new_id
from workshop.problems import Problem
from workshop.roster.commands import Outcome, commit_plan, make_plan, read_upload
from workshop.roster.plan import Plan
from workshop.roster.queries import Upload
from workshop.site import Site
from workshop.tables.reading import Table

UPLOAD_MS_MAX = 24 * 60 * 60 * 1000
_FILENAME_CHARS_MAX = 120


def keep_upload(
    site: Site, actor: str, part: str, filename: str, data: bytes, encoding: str | None, class_id: str | None
) -> str:
    """Keep a file for a day, until its plan is taken. Readable or it is not kept. Raises Problem table_*, roster_*."""
    make_plan(site, read_upload(data, filename, encoding), part)
    upload_id = new_id("u")
    with site.writing() as db:
        db.execute("delete from local_upload where created_at < ?", (site.now() - UPLOAD_MS_MAX,))
        db.execute(
            "insert into local_upload (id, actor, part, filename, sha256, data, encoding, class_id, created_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                upload_id,
                actor,
                part,
                Path(filename).name[:_FILENAME_CHARS_MAX],
                hashlib.sha256(data).hexdigest(),
                data,
                encoding,
                class_id,
                site.now(),
            ),
        )
    return upload_id


def upload_plan(site: Site, upload: Upload) -> tuple[Table, Plan]:
    """The waiting file and its plan as of now, with the answers given so far. Raises Problem roster_upload_gone (404)."""
    if upload.data is None or upload.created_at < site.now() - UPLOAD_MS_MAX:
        raise Problem("roster_upload_gone", 404)
    table = read_upload(upload.data, upload.filename, upload.encoding)
    return table, make_plan(site, table, upload.part, upload.answers)


def answer_upload(site: Site, upload: Upload, answers: Mapping[int, str]) -> Upload:
    """Keep the answers to questions about rows; later ones replace earlier ones."""
    merged = {**upload.answers, **answers}
    with site.writing() as db:
        db.execute("update local_upload set answers = ? where id = ?", (json.dumps(merged), upload.id))
    return replace(upload, answers=merged)


def take_upload(site: Site, upload: Upload) -> Outcome:
    """Take the list. A second tap finds it taken and gets the first one's outcome. Raises as `commit_plan`."""
    _table, plan = upload_plan(site, upload)
    with site.writing() as db:
        row = db.execute("select outcome from local_upload where id = ?", (upload.id,)).fetchone()
        if row is None:
            raise Problem("roster_upload_gone", 404)
        if row[0]:
            return Outcome(**json.loads(row[0]))
        outcome = commit_plan(site, upload.actor, plan, upload.class_id, upload.part)
        db.execute(
            "update local_upload set outcome = ?, data = null, answers = '{}' where id = ?",
            (json.dumps(asdict(outcome)), upload.id),
        )
    return outcome


def drop_upload(site: Site, upload: Upload) -> None:
    with site.writing() as db:
        db.execute("delete from local_upload where id = ?", (upload.id,))
