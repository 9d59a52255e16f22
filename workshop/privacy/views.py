"""People's data: finding a person, handing over what is held, erasing at the campus, and the list of erasures done. Thin."""

import json

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from workshop.admission import COMMON
from workshop.courses.queries import local_day, sites, staff_names
from workshop.i18n import current_lang
from workshop.privacy import commands, export, paper, queries, words
from workshop.privacy.queries import Person
from workshop.privacy.rules import is_confirmed, is_past_day, is_reason
from workshop.problems import N_, Problem
from workshop.web import NavItem, current_actor, current_site, lang_url, render, require, see_other
from workshop.when import When

bp = Blueprint("privacy", __name__, url_prefix="/people")
KEEPERS = ("admin", "reviewer")
nav = [NavItem("privacy.people", N_("People's data"), "people", frozenset(KEEPERS))]
TYPES = {"json": "application/json", "pdf": "application/pdf"}


@bp.get("")
@require(*KEEPERS)
def people() -> Response:
    site = current_site()
    asked = request.args.get("words", "")[:80]
    names = {part: staff_names(site.db, part) for part in site.parts}
    return render(
        "privacy/people.html",
        asked=asked,
        found=queries.search(site.db, site.site_parts, asked),
        acts=[
            (one, _name(names.get(one.part, {}), one.actor)) for one in queries.acts(site.db, site.site_parts)
        ],
        when=When(site.now(), site.tz_minutes),
        reasons={key: _(text) for key, text in words.REASONS.items()},
        kinds={key: _(text) for key, text in words.KINDS.items()},
        site_names={
            one["id"]: one["name_zh" if current_lang() == "zh" else "name_en"] for one in sites(site.db)
        },
        done=request.args.get("done", type=int),
    )


@bp.get("/<part>/<person>")
@require(*KEEPERS)
def person(part: str, person: str) -> Response:
    site, found = current_site(), _person(part, person)
    return render(
        "privacy/person.html",
        person=found,
        counted=[
            (_(words.COUNTED[kind]), count)
            for kind, count in queries.counts(site.db, part, found.ids).items()
        ]
        if found.kind == "trainee"
        else [],
        kind=_(words.KINDS[found.kind]),
        at_root=site.device == site.root,
    )


@bp.get("/<part>/<person>/data.<kind>")
@require(*KEEPERS)
def data(part: str, person: str, kind: str) -> Response:
    if kind not in TYPES:
        raise Problem("not_found", 404)
    found = export.as_data(current_site(), _person(part, person))
    made = (
        paper.make_pdf(found) if kind == "pdf" else json.dumps(found, ensure_ascii=False, indent=1).encode()
    )
    response = Response(made, mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="person-{person}.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/<part>/<person>/erase")
@require(*KEEPERS)
def erasing(part: str, person: str) -> Response:
    found = commands.to_erase(current_site(), part, person)
    return _erasing(found, {}, {})


@bp.post("/<part>/<person>/erase")
@require(*KEEPERS)
def erase(part: str, person: str) -> Response:
    """First the number and the reason; then, with both shown again, the act."""
    site, actor, form = current_site(), current_actor(), request.form
    found = commands.to_erase(site, part, person)
    said = {name: form.get(name, "")[:80] for name in ("typed", "reason", "asked_on")}
    errors = _errors(found, said, local_day(site.now(), site.tz_minutes))
    if errors or form.get("sure") != "yes":
        return _erasing(found, said, errors)
    assert actor is not None  # noqa: S101 - `require` lets nobody else in
    gone = commands.erase(site, part, actor.id, person, **said)
    return see_other(lang_url("privacy.people", done=gone))


def _erasing(found: Person, said: dict[str, str], errors: dict[str, str]) -> Response:
    return render(
        "privacy/erase.html",
        http_status=422 if errors else 200,
        person=found,
        said=said,
        errors=errors,
        reasons=[(key, _(text)) for key, text in words.REASONS.items()],
        sure=bool(said) and not errors,
        today=local_day(current_site().now(), current_site().tz_minutes),
    )


def _errors(found: Person, said: dict[str, str], today: str) -> dict[str, str]:
    errors = {}
    if not is_confirmed(said["typed"], found.number, found.id):
        errors["typed"] = _("This is not the number of this person.")
    if not is_reason(said["reason"]):
        errors["reason"] = _("Choose a reason.")
    if said["asked_on"] and not is_past_day(said["asked_on"], today):
        errors["asked_on"] = _("Choose a day up to today, or leave it empty.")
    return errors


def _person(part: str, person: str) -> Person:
    site = current_site()
    found = queries.one_person(site.db, part, person) if part in (COMMON, *site.site_parts) else None
    if found is None:
        raise Problem("erase_no_person", 404)
    return found


def _name(names: dict[str, tuple[str, str]], actor: str) -> str:
    return names.get(actor, (actor, actor))[current_lang() == "zh"]
