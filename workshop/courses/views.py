"""The list of classes, a class's page, and what a tablet needs to hold of a class."""

from flask import Blueprint, Response, jsonify, request

from workshop.assessment import queries as tests
from workshop.courses import queries
from workshop.i18n import LANGUAGES, current_lang
from workshop.parts import chosen_part
from workshop.problems import N_, Problem
from workshop.web import NavItem, current_actor, current_site, lang_url, render, require

bp = Blueprint("courses", __name__)
STAFF = ("admin", "instructor", "assessor", "reviewer", "supervisor")
nav = [
    NavItem("courses.class_list", N_("Classes"), "register", frozenset(STAFF)),
    NavItem("courses.course_list", N_("Courses and tests"), "lesson", frozenset({"admin"}), "campus"),
]


@bp.get("/classes")
@require(*STAFF)
def class_list() -> Response:
    site = current_site()
    part, actor = chosen_part(site), current_actor()
    which = request.args.get("show", "current" if site.role == "workshop" else "all")
    today = queries.local_day(site.now(), site.tz_minutes)
    rows = queries.class_list(
        site.db,
        part,
        since=today if which in ("current", "mine") else "",
        instructor=actor.id if actor and which == "mine" else None,
        words=request.args.get("q", "").strip()[:60],
    )
    return render(
        "courses/list.html",
        rows=rows,
        which=which,
        q=request.args.get("q", ""),
        site_part=part,
        sites=queries.sites(site.db),
        planner=_may_plan(),
    )


@bp.get("/classes/<class_id>")
@require(*STAFF)
def class_page(class_id: str) -> Response:
    site = current_site()
    part = chosen_part(site)
    found = queries.one_class(site.db, part, class_id)
    if found is None:
        raise Problem("no_class", 404)
    names = queries.staff_names(site.db, part)
    return render(
        "courses/class.html",
        row=found,
        sessions=queries.sessions_of(site.db, part, class_id),
        people=queries.people_of(site.db, part, class_id),
        rubrics=tests.rubrics_of_class(site.db, part, class_id),
        instructor=names.get(found.instructor_id or "", ("", ""))[current_lang() == "zh"],
        today=queries.local_day(site.now(), site.tz_minutes),
        site_part=part,
        planner=_may_plan(),
    )


def _may_plan() -> bool:
    actor = current_actor()
    return (
        current_site().role == "workshop"
        and actor is not None
        and bool(actor.roles & {"admin", "instructor"})
    )


@bp.get("/classes/<class_id>/offline.json")
@require(*STAFF)
def offline(class_id: str) -> Response:
    """The addresses that a tablet holds to work on a class without a network: registers near today, tests, in both languages."""
    site = current_site()
    part = chosen_part(site)
    found = queries.one_class(site.db, part, class_id)
    if found is None:
        raise Problem("no_class", 404)
    today = queries.local_day(site.now(), site.tz_minutes)
    sessions = queries.sessions_of(site.db, part, class_id)
    near = sorted(sessions, key=lambda s: (s.day < today, s.day if s.day >= today else "", s.day))[:30]
    urls = []
    for lang in LANGUAGES:
        urls += [
            lang_url("home.home", lang=lang),
            lang_url("courses.class_page", lang=lang, class_id=class_id),
        ]
        urls += [
            lang_url("attendance.register", lang=lang, class_id=class_id, number=session.number)
            for session in near
            if session.state != "cancelled"
        ]
        for rubric in tests.rubrics_of_class(site.db, part, class_id):
            urls.append(lang_url("assessment.class_test", lang=lang, class_id=class_id, rubric_id=rubric.id))
    return jsonify(label=class_id, title=found.name(current_lang()), urls=urls)


from workshop.courses import planning  # noqa: E402, F401 - its routes belong to this blueprint
