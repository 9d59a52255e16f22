"""Routes of the files: made for the other side, brought from it, and what became of each. Thin."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from flask import Response, current_app, make_response, request, send_file

from sync.errors import SyncError
from workshop.config import BUNDLE_FORM_BYTES_MAX
from workshop.devices.rules import short_id
from workshop.exchange import bundles, history, queries
from workshop.exchange.bundles import Wanted, Written
from workshop.exchange.common import CARRIERS, bp, status_page
from workshop.exchange.jobs import Job, Jobs
from workshop.parts import chosen_part
from workshop.problem_pages import words_of
from workshop.problems import Problem
from workshop.site import Site
from workshop.web import (
    current_actor,
    current_site,
    is_fragment,
    lang_url,
    limit_body,
    render,
    require,
    see_other,
)
from workshop.when import When

FILE_TYPE, TEXT_TYPE = "application/gzip", "text/plain; charset=us-ascii"
SEALED_TYPE = "application/octet-stream"
AT_ONCE_S: Final = 2.0
"""A small file is in by then, and its page comes without a stop on the way."""


@bp.get("/exchange/bundle.luban")
@require(*CARRIERS)
def download() -> Response:
    """What the other side has not receipted, or with `all=1` everything, as one file. `seal=1`: for the campus only; `text=1`: as text."""
    site = current_site()
    part = chosen_part(site)
    wanted = Wanted(
        part,
        everything=_asked("all"),
        seal=_asked("seal"),
        text=_asked("text"),
    )
    name = f"luban-{site.code}-{part}" if site.role == "campus" else f"luban-{site.code}"
    return _sent(site, wanted, name)


@bp.get("/exchange/receipts.luban")
@require(*CARRIERS)
def receipts() -> Response:
    """What a tablet takes back after its file was brought: receipts, no ops."""
    site = current_site()
    wanted = Wanted(chosen_part(site), receipts=True, text=_asked("text"))
    return _sent(site, wanted, f"luban-receipts-{site.code}")


@bp.post("/exchange/bundle")
@limit_body(BUNDLE_FORM_BYTES_MAX)
@require(*CARRIERS)
def upload() -> Response:
    """Keep the file, begin to take it in, and show how far that is."""
    site = current_site()
    brought = request.files.get("file")
    if brought is None or not brought.filename:
        return status_page(Problem("bundle_missing", 422))
    folder = Path(tempfile.mkdtemp(dir=site.folder, prefix="brought-"))
    path, token = folder / "brought.luban", history.new_token()
    try:
        brought.save(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    actor, parts = current_actor(), site.parts
    who = actor.id if actor else ""
    job = _jobs().begin(
        token,
        lambda progress: bundles.take_file(site, path, parts, who, token, progress),
        lambda: shutil.rmtree(folder, ignore_errors=True),
    )
    job.ended.wait(AT_ONCE_S)
    at = {"site": chosen_part(site)} if site.role == "campus" and site.site_parts else {}
    return see_other(lang_url("exchange.brought", token=token, **at))


@bp.get("/exchange/file/<token>")
@require(*CARRIERS)
def brought(token: str) -> Response:
    """How far a brought file is, and then what became of it. The fragment is for polling: at the end it asks for the whole page."""
    site, job = current_site(), _jobs().find(token)
    if job and not job.ended.is_set():
        page = render(
            "exchange/taking.html",
            fragment="exchange/_taking.html",
            job=job,
            percent=_percent(job),
            token=token,
        )
        page.headers["Cache-Control"] = "no-store"
        return page
    if is_fragment():
        answer = make_response("", 204)
        answer.headers["HX-Refresh"] = "true"
        return answer
    found = queries.one_file(site.db, token)
    if found is None:
        return status_page(Problem(job.code if job and job.code else "bundle_unknown", 404))
    if found.state == "refused":
        return status_page(Problem(found.code or "bundle_damaged", 422))
    return render(
        "exchange/taken.html",
        taken=found,
        writer=found.name or short_id(found.device or ""),
        refused=[(words_of(Problem(code)), count) for code, count in found.refused],
        can_seal=queries.can_seal(site),
        part=chosen_part(site),
        when=When(site.now(), site.tz_minutes),
    )


def _sent(site: Site, wanted: Wanted, name: str) -> Response:
    """The file as a download, or why it cannot be made."""
    actor = current_actor()
    try:
        written = bundles.write_file(site, wanted, actor.id if actor else "")
    except (SyncError, Problem) as error:
        return status_page(Problem(error.code, 422, **error.data))
    return _file(site, written, name, wanted)


def _file(site: Site, written: Written, name: str, wanted: Wanted) -> Response:
    stamp = When(written.info.at, site.tz_minutes).at(written.info.at).replace(":", "").replace(" ", "-")
    ending = ".luban" + (".age" if wanted.seal else "") + (".txt" if wanted.text else "")
    kind = TEXT_TYPE if wanted.text else SEALED_TYPE if wanted.seal else FILE_TYPE
    sent = send_file(written.file, kind, as_attachment=True, download_name=f"{name}-{stamp}{ending}")
    response = make_response(sent)
    response.content_length = written.bytes
    response.headers["Cache-Control"] = "no-store"
    response.headers["Luban-Ops"] = str(written.info.ops)
    return response


def _asked(name: str) -> bool:
    """A tick box with a hidden field before it: the last one counts."""
    return request.args.getlist(name)[-1:] == ["1"]


def _percent(job: Job) -> int | None:
    return min(100, 100 * job.done // job.of) if job.of else None


def _jobs() -> Jobs:
    found: Jobs = current_app.extensions.setdefault("luban_bundle_jobs", Jobs())
    return found
