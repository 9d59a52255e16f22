"""Certificates as work: choose a class, propose, approve, issue, print, withdraw; and the page on which anybody checks one. Thin."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, request

from workshop.certificates import commands, gone, lists, printing, queries
from workshop.certificates.class_file import class_file
from workshop.certificates.code import TEXT_MAX, Verdict, check_code
from workshop.certificates.errors import CertificateError
from workshop.certificates.facts import ClassFile, batch_hash
from workshop.certificates.pdf import make_pdf
from workshop.certificates.queries import Batch
from workshop.certificates.reasons import percent, reasons_of
from workshop.certificates.standing import SIDES, counting, state_of
from workshop.certificates.words import check_page_words
from workshop.courses import queries as courses
from workshop.exchange import caught_up
from workshop.i18n import current_lang
from workshop.parts import chosen_part
from workshop.problems import N_, Problem
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

bp = Blueprint("certificates", __name__)
STAFF = ("admin", "instructor", "reviewer", "supervisor")
nav = [
    NavItem("certificates.batches", N_("Certificates"), "certificate", frozenset(STAFF)),
    NavItem("certificates.verify", N_("Check a certificate"), "search"),
]


@bp.get("/certificates")
@require(*STAFF)
def batches() -> Response:
    site = current_site()
    part = chosen_part(site)
    lists.publish_lists(site)  # writes where something changed or a week has passed; else it only reads
    found = queries.batches(site.db, part)
    return render(
        "certificates/batches.html",
        rows=[(batch, _state(batch)) for batch in found],
        classes=queries.classes_with_sessions(site.db, part),
        names=_names(part),
        at=_clock,
        here=_where(part),
        site_part=part,
        sites=courses.sites(site.db),
    )


@bp.get("/certificates/class/<class_id>")
@require(*STAFF)
def class_page(class_id: str) -> Response:
    site = current_site()
    part = chosen_part(site)
    found = class_file(site.db, part, class_id)
    if found is None:
        raise Problem("no_class", 404)
    skills = _skill_names(found)
    return render(
        "certificates/class.html",
        found=found,
        rows=[(one, reasons_of(one, skills)) for one in found.candidates],
        share=lambda one: percent(one.eligibility.share.bp) if one.eligibility.share else "",
        least=percent(found.rule.min_attendance_bp),
        skills=skills,
        here=_where(part),
    )


@bp.post("/certificates/class/<class_id>/propose")
@require(*STAFF)
def propose(class_id: str) -> Response:
    site = current_site()
    part = chosen_part(site)
    people = request.form.getlist("person")
    batch_id = commands.propose(site, part, _actor(), class_id, people)
    return _to_batch(part, batch_id)


@bp.get("/certificates/<batch_id>")
@require(*STAFF)
def batch(batch_id: str) -> Response:
    site = current_site()
    part = chosen_part(site)
    found, about = _batch(part, batch_id)
    present = batch_hash(about, found.people)
    state = state_of(found.approvals, found.facts_hash, found.proposer, present, found.issued)
    actor = _actor()
    good = counting(found.approvals, found.facts_hash, found.proposer)
    certificates = queries.certificates_of(site.db, part, batch_id)
    may = [side for side in SIDES if queries.may_approve(site.db, part, actor, side)]
    behind = caught_up.behind(site, site.db) if state == "ready" else []
    return render(
        "certificates/batch.html",
        batch=found,
        about=about,
        state=state,
        changed=present != found.facts_hash,
        present_hash=present,
        approvals={one.side: (one, one.side in good) for one in found.approvals},
        own=actor == found.proposer,
        sides=[side for side in may if state in ("waiting", "changed") and side not in good and not _given_other(good, actor, side)],
        behind=[(one.device, one.part) for one in behind],
        may_issue=state == "ready" and not behind and site.role == "campus" and "campus" in may,
        may_withdraw=site.role == "campus" and "campus" in may,
        people=about.of(found.people),
        share=lambda one: percent(one.eligibility.share.bp) if one.eligibility.share else "",
        certificates=certificates,
        options=[(one.serial, f"{one.facts['name']}  {one.serial}") for one in certificates if one.status == "issued"],
        jobs=printing.jobs_of(site.db, part, batch_id),
        names=_names(part),
        at=_clock,
        here=_where(part),
    )  # fmt: skip


@bp.post("/certificates/<batch_id>/approve")
@require(*STAFF)
def approve(batch_id: str) -> Response:
    form = request.form
    part = chosen_part(current_site())
    commands.approve(
        current_site(),
        part,
        _actor(),
        batch_id,
        form.get("side", ""),
        form.get("decision", ""),
        shown_hash=form.get("facts", ""),
        comment=form.get("comment", ""),
    )
    return _to_batch(part, batch_id)


@bp.post("/certificates/<batch_id>/issue")
@require("admin", "reviewer", "supervisor")
def issue(batch_id: str) -> Response:
    part = chosen_part(current_site())
    commands.issue(current_site(), part, _actor(), batch_id)
    return _to_batch(part, batch_id)


@bp.post("/certificates/<batch_id>/gone")
@require("admin")
def workshop_gone(batch_id: str) -> Response:
    """From the page of a proposal that cannot be issued: a workshop that will not come back is not waited for."""
    part = chosen_part(current_site())
    device, reason = request.form.get("device", ""), request.form.get("reason", "")
    gone.state_gone(current_site(), _actor(), device, reason)
    return _to_batch(part, batch_id)


@bp.post("/certificates/<batch_id>/withdraw")
@require("admin", "reviewer", "supervisor")
def withdraw(batch_id: str) -> Response:
    part = chosen_part(current_site())
    serial, reason = request.form.get("serial", ""), request.form.get("reason", "")
    commands.withdraw(current_site(), part, _actor(), serial, reason)
    return _to_batch(part, batch_id)


@bp.post("/certificates/<batch_id>/print")
@require(*STAFF)
def print_batch(batch_id: str) -> Response:
    """Counts the print, then leads to its file: the file's address can be opened again without being counted again."""
    part = chosen_part(current_site())
    job = commands.print_batch(current_site(), part, _actor(), batch_id, request.form.get("scope", "all"))
    return see_other(lang_url("certificates.pdf", batch_id=batch_id, job=job, **_where(part)))


@bp.get("/certificates/<batch_id>/pdf")
@require(*STAFF)
def pdf(batch_id: str) -> Response:
    """The pages of a print job, the latest one without `job=`; always the same bytes for the same job."""
    site = current_site()
    part = chosen_part(site)
    jobs = printing.jobs_of(site.db, part, batch_id)
    asked = request.args.get("job", type=int)
    found = [job for job in jobs if asked in (None, job.id)]
    if not found:
        raise Problem("print_no_job", 404)
    certificates = queries.certificates_of(site.db, part, batch_id)
    try:
        data = make_pdf(printing.pages_of(found[-1], certificates), _template(certificates))
    except CertificateError as error:
        raise Problem(error.code, 422, **error.data) from error
    response = Response(data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="certificates-{batch_id}-{found[-1].id}.pdf"'
    return response


# -- for everybody


@bp.get("/verify")
def verify() -> Response:
    return _verify_page("", None)


@bp.post("/verify")
@limit_body(16 * 1024)
def verify_post() -> Response:
    """Without script the server reads the code."""
    site = current_site()
    text = request.form.get("code", "")[: TEXT_MAX + 1]
    trust = lists.trust_of(site)
    if trust is None:
        return _verify_page(text, Verdict("no_list", "", None, None, "", False))
    today = courses.local_day(site.now(), site.tz_minutes)
    return _verify_page(text, check_code(text, trust, today))


def _verify_page(code: str, verdict: Verdict | None) -> Response:
    return render(
        "certificates/verify.html",
        words=check_page_words(),
        lists=lists.lists_for_page(current_site()),
        action=lang_url("certificates.verify_post"),
        code=code,
        verdict=verdict,
    )


# -- inside


def _batch(part: str, batch_id: str) -> tuple[Batch, ClassFile]:
    db = current_site().db
    found = queries.one_batch(db, part, batch_id)
    about = class_file(db, part, found.class_id, as_of_batch=batch_id) if found else None
    if found is None or about is None:
        raise Problem("certificate_no_batch", 404)
    return found, about


def _state(batch: Batch) -> str:
    """For the list: without looking whether the records changed since, which the proposal's own page does."""
    return state_of(batch.approvals, batch.facts_hash, batch.proposer, batch.facts_hash, batch.issued)


def _given_other(good: dict[str, Any], actor: str, side: str) -> bool:
    return any(one.actor == actor for other, one in good.items() if other != side)


def _template(certificates: list[queries.Certificate]) -> str:
    return str(certificates[0].facts["template"]) if certificates else printing.TEMPLATE


def _skill_names(found: ClassFile) -> dict[str, str]:
    lang = current_lang()
    skills = found.candidates[0].skills if found.candidates else ()
    return {skill.rubric_id: skill.text.zh if lang == "zh" else skill.text.en for skill in skills}


def _names(part: str) -> dict[str, str]:
    """{person id: name in the page's language} of the staff."""
    zh = current_lang() == "zh"
    return {key: names[zh] for key, names in courses.staff_names(current_site().db, part).items()}


def _clock(at_ms: int) -> str:
    site = current_site()
    moment = datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=site.tz_minutes)
    return moment.strftime("%Y-%m-%d %H:%M")


def _actor() -> str:
    actor = current_actor()
    return actor.id if actor else ""


def _where(part: str) -> dict[str, str]:
    return {"site": part} if current_site().role == "campus" else {}


def _to_batch(part: str, batch_id: str) -> Response:
    return see_other(lang_url("certificates.batch", batch_id=batch_id, **_where(part)))
