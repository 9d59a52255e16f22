"""Upload a list, look at the fate of every row, take it; and lists to take away. Thin."""

import re
from typing import Any

from flask import Blueprint, Response, request

from workshop.i18n import current_lang
from workshop.problem_pages import words_of
from workshop.problems import N_, Problem
from workshop.roster import commands, export, queries, uploads
from workshop.roster.plan import DIFFERENT, SAME, Plan
from workshop.roster.queries import Upload
from workshop.roster.shown import shown
from workshop.site import Site
from workshop.tables.decoding import NAMED
from workshop.tables.limits import FILE_BYTES_MAX
from workshop.web import (
    NavItem,
    current_actor,
    current_site,
    lang_url,
    limit_body,
    render,
    require,
    see_other,
)

bp = Blueprint("roster", __name__, url_prefix="/roster")
nav = [NavItem("roster.index", N_("Roster"), icon="people", roles=frozenset({"admin", "instructor"}))]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
ROWS_PER_PAGE = 200
ANSWER_CHARS_MAX = 40

_ROW = re.compile(r"row-([1-9][0-9]{0,5})")


@bp.get("")
@require("admin", "instructor")
def index() -> Response:
    return _index_page()


@bp.post("/upload")
@limit_body(FILE_BYTES_MAX + 64 * 1024)
@require("admin", "instructor")
def upload() -> Response:
    site = current_site()
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise Problem("roster_no_file", 422)
        part = commands.part_of(site, request.form.get("site") or None)
        class_id = request.form.get("class_id") or None
        if class_id and class_id not in {one.id for one in queries.classes(site.db, part)}:
            raise Problem("roster_class_unknown", 422)
        encoding = request.form.get("encoding")
        kept = uploads.keep_upload(
            site,
            _actor_id(),
            part,
            given.filename,
            given.read(),
            encoding if encoding in NAMED else None,
            class_id,
        )
    except Problem as problem:
        return _index_page(problem)
    return see_other(lang_url("roster.preview", upload_id=kept))


@bp.get("/upload/<upload_id>")
@require("admin", "instructor")
def preview(upload_id: str) -> Response:
    found = _upload(upload_id)
    if found.outcome is not None:
        return render("roster/taken.html", upload=found, training_class=_class(found))
    return _preview_page(found)


@bp.post("/upload/<upload_id>")
@limit_body(1024 * 1024)
@require("admin", "instructor")
def decide(upload_id: str) -> Response:
    """Keep the answers; then look again, take the list, or throw the upload away, as the button says."""
    site, found = current_site(), _upload(upload_id)
    act = request.form.get("act")
    if act == "drop":
        uploads.drop_upload(site, found)
        return see_other(lang_url("roster.index"))
    if found.outcome is None:
        found = uploads.answer_upload(site, found, _answers())
        if act == "take":
            try:
                uploads.take_upload(site, found)
            except Problem as problem:
                return _preview_page(found, problem)
    return see_other(lang_url("roster.preview", upload_id=upload_id))


@bp.get("/upload/<upload_id>/report.xlsx")
@require("admin", "instructor")
def report(upload_id: str) -> Response:
    _table, plan = uploads.upload_plan(current_site(), _upload(upload_id))
    return _file(export.report_xlsx(plan), "roster-report.xlsx", XLSX)


@bp.get("/template.xlsx")
@require("admin", "instructor")
def template() -> Response:
    return _file(export.template_xlsx(), "roster-blank.xlsx", XLSX)


@bp.get("/trainees.<any(xlsx,csv):kind>")
@require("admin", "instructor")
def trainees(kind: str) -> Response:
    """The present roster; with ?class_id= only the people of that class."""
    site = current_site()
    part = commands.part_of(site, request.args.get("site"))
    class_id = request.args.get("class_id")
    if class_id and class_id not in {one.id for one in queries.classes(site.db, part)}:
        raise Problem("not_found", 404)
    people = queries.class_people(site.db, part, class_id) if class_id else queries.each_known(site.db, part)
    name = f"roster-{class_id or part}.{kind}"
    if kind == "csv":
        return _file(export.roster_csv(people), name, CSV)
    return _file(export.roster_xlsx(people), name, XLSX)


def _actor_id() -> str:
    actor = current_actor()
    if actor is None:
        raise Problem("signed_out", 401)
    return actor.id


def _upload(upload_id: str) -> Upload:
    found = queries.upload(current_site().db, upload_id, _actor_id())
    if found is None:
        raise Problem("roster_upload_gone", 404)
    return found


def _class(found: Upload) -> queries.TrainingClass | None:
    return next(
        (one for one in queries.classes(current_site().db, found.part) if one.id == found.class_id), None
    )


def _answers() -> dict[int, str]:
    """row-<n> = "different" or "same:<id>"; anything else is left out."""
    answers = {}
    for name, value in request.form.items():
        row = _ROW.fullmatch(name)
        if row and (value == DIFFERENT or (value.startswith(SAME) and len(value) <= ANSWER_CHARS_MAX)):
            answers[int(row[1])] = value
    return answers


def _index_page(problem: Problem | None = None) -> Response:
    site = current_site()
    parts = site.site_parts
    since = site.now() - uploads.UPLOAD_MS_MAX
    return render(
        "roster/index.html",
        http_status=problem.status if problem else 200,
        said=words_of(problem) if problem else None,
        ask_encoding=bool(problem and problem.code.startswith("table_encoding")),
        parts=parts,
        site_options=[(part, part) for part in parts],
        class_options=_class_options(site, parts),
        class_id=request.values.get("class_id", ""),
        people=sum(len(queries.known(site.db, part)) for part in parts),
        waiting=queries.waiting(site.db, _actor_id(), since),
    )


def _class_options(site: Site, parts: list[str]) -> list[tuple[str, str]]:
    """For the select of classes; at the campus with the workshop's code behind each."""
    lang = current_lang()
    return [
        (one.id, one.name(lang) + (f" ({part})" if len(parts) > 1 else ""))
        for part in parts
        for one in queries.classes(site.db, part)
    ]


def _preview_page(found: Upload, problem: Problem | None = None) -> Response:
    table, plan = uploads.upload_plan(current_site(), found)
    rows = [shown(fate) for fate in plan.fates if fate.fate != "ask" and not fate.blocks]
    pages = max(1, -(-len(rows) // ROWS_PER_PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    return render(
        "roster/preview.html",
        http_status=problem.status if problem else 200,
        said=words_of(problem) if problem else None,
        upload=found,
        table=table,
        plan=plan,
        training_class=_class(found),
        questions=[shown(fate) for fate in plan.fates if fate.fate == "ask"],
        blocked=[shown(fate) for fate in plan.fates if fate.blocks and fate.fate != "ask"],
        rows=rows[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE],
        page=page,
        pages=pages,
        page_url=lambda number: lang_url("roster.preview", upload_id=found.id, page=number),
        class_names=_class_names(plan),
    )


def _class_names(plan: Plan) -> list[str]:
    """What the file says under "Class": shown, for the class is chosen with the upload."""
    names = {fate.candidate.class_name for fate in plan.fates if fate.candidate and fate.candidate.class_name}
    return sorted(names)[:10]


def _file(data: bytes, name: str, kind: str) -> Response:
    headers: dict[str, Any] = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(data, mimetype=kind, headers=headers)
