"""Forms that plan teaching: a new class and its days at a site, courses and practical tests at the campus. Thin."""

from typing import Any

from flask import Response, request

from workshop.courses import commands, queries
from workshop.courses.rules import plan_class
from workshop.courses.views import bp
from workshop.parts import chosen_part
from workshop.problem_pages import words_of
from workshop.problems import Problem
from workshop.web import current_actor, current_site, lang_url, render, require, see_other

PLANNERS = ("admin", "instructor")


@bp.get("/classes/new")
@require(*PLANNERS)
def new_class() -> Response:
    return _class_form(None)


@bp.post("/classes/new")
@require(*PLANNERS)
def create_class() -> Response:
    site = current_site()
    part = chosen_part(site)
    try:
        plan = plan_class(
            request.form, request.form.getlist("weekdays"), request.form.get("instructor_id") or _actor()
        )
        class_id = commands.create_class(site, part, _actor(), plan)
    except Problem as problem:
        return _class_form(problem)
    return see_other(lang_url("courses.class_page", class_id=class_id))


@bp.post("/classes/<class_id>/sessions")
@require(*PLANNERS)
def add_session(class_id: str) -> Response:
    site = current_site()
    commands.add_session(site, chosen_part(site), _actor(), class_id, request.form)
    return see_other(lang_url("courses.class_page", class_id=class_id))


@bp.post("/classes/<class_id>/sessions/<number>/state")
@require(*PLANNERS)
def session_state(class_id: str, number: str) -> Response:
    site = current_site()
    cancelled = request.form.get("state") == "cancelled"
    commands.cancel_session(site, chosen_part(site), _actor(), class_id, number, cancelled=cancelled)
    return see_other(lang_url("courses.class_page", class_id=class_id))


@bp.post("/classes/<class_id>/people/<trainee>")
@require(*PLANNERS)
def enrolment(class_id: str, trainee: str) -> Response:
    site = current_site()
    enrolled = request.form.get("state") == "enrolled"
    commands.set_enrolment(site, chosen_part(site), _actor(), class_id, trainee, enrolled=enrolled)
    return see_other(lang_url("courses.class_page", class_id=class_id) + "#people-title")


@bp.get("/courses")
@require("admin", "reviewer", "supervisor")
def course_list() -> Response:
    return _course_page(None)


@bp.post("/courses")
@require("admin")
def publish_course() -> Response:
    try:
        commands.publish_course(_campus(), _actor(), request.form)
    except Problem as problem:
        return _course_page(problem)
    return see_other(lang_url("courses.course_list"))


@bp.post("/courses/<course_id>/tests")
@require("admin")
def publish_test(course_id: str) -> Response:
    try:
        commands.publish_test(_campus(), _actor(), course_id, request.form)
    except Problem as problem:
        return _course_page(problem)
    return see_other(lang_url("courses.course_list"))


def _campus() -> Any:
    site = current_site()
    if site.role != "campus":
        raise Problem("campus_only", 403)
    return site


def _course_page(problem: Problem | None) -> Response:
    site = current_site()
    context = _said(problem)
    return render(
        "courses/courses.html", rows=queries.courses_with_tests(site.db), form=request.form, **context
    )


def _class_form(problem: Problem | None) -> Response:
    site = current_site()
    part = chosen_part(site)
    return render(
        "courses/new_class.html",
        courses=queries.courses_with_tests(site.db),
        staff=queries.instructors(site.db, part),
        form=request.form,
        weekdays=request.form.getlist("weekdays") or ["0", "1", "2", "3", "4"],
        today=queries.local_day(site.now(), site.tz_minutes),
        me=_actor(),
        **_said(problem),
    )


def _said(problem: Problem | None) -> dict[str, Any]:
    if problem is None:
        return {"problem": None}
    what, safe, do = words_of(problem)
    return {"problem": problem, "what": what, "safe": safe, "do": do, "http_status": problem.status}


def _actor() -> str:
    actor = current_actor()
    return actor.id if actor else ""
