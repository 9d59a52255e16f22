"""A class's practical test as one page and as plain forms, and what is behind one attempt. Tablets lay their own ops over the page."""

import json
from collections import Counter

from flask import Blueprint, Response, request

from workshop.assessment import commands, people, queries, rules
from workshop.assessment.history import told
from workshop.assessment.people import Person
from workshop.assessment.queries import AttemptRow, Rubric
from workshop.courses import queries as courses
from workshop.courses.queries import ClassRow
from workshop.i18n import current_lang
from workshop.parts import chosen_part
from workshop.problems import Problem
from workshop.receipts import page_vector
from workshop.web import current_actor, current_site, lang_url, render, require, see_other

bp = Blueprint("assessment", __name__)
WRITERS = ("instructor", "assessor", "admin")
READERS = (*WRITERS, "reviewer", "supervisor")


@bp.get("/classes/<class_id>/tests/<rubric_id>")
@require(*READERS)
def class_test(class_id: str, rubric_id: str) -> Response:
    """`?trainee=` opens one person, `&attempt=` one of several under way, `&confirm=1` the question before signing."""
    site = current_site()
    part = chosen_part(site)
    owner, rubric = _test(part, class_id, rubric_id)
    found = people.people_tested(site, part, class_id, rubric, current_lang())
    chosen = next((one for one in found if one.id == request.args.get("trainee")), None)
    active = _active(chosen)
    return render(
        "assessment/class_test.html",
        owner=owner,
        rubric=rubric,
        people=found,
        counts=Counter(one.state for one in found),
        chosen=chosen,
        active=active,
        confirm=_confirm(rubric, active) if active and request.args.get("confirm") else None,
        rule=[{"id": step.id, "critical": step.critical} for step in rubric.steps],
        vector=page_vector(site.db, part),
        urls={
            name: lang_url(f"assessment.{name}", class_id=class_id, rubric_id=rubric_id)
            for name in ("start", "step", "sign", "void")
        },
        here=lang_url("assessment.class_test", class_id=class_id, rubric_id=rubric_id, **_where(part)),
        at=_where(part),
        readonly=_readonly(),
    )


@bp.post("/classes/<class_id>/tests/<rubric_id>/start")
@require(*WRITERS)
def start(class_id: str, rubric_id: str) -> Response:
    site, part = current_site(), chosen_part(current_site())
    _test(part, class_id, rubric_id)
    trainee = request.form.get("trainee", "")
    made = commands.start(site, part, _actor(), class_id, rubric_id, trainee)
    return _back(class_id, rubric_id, part, trainee=trainee, attempt=made, _anchor="steps")


@bp.post("/classes/<class_id>/tests/<rubric_id>/step")
@require(*WRITERS)
def step(class_id: str, rubric_id: str) -> Response:
    site, part, form = current_site(), chosen_part(current_site()), request.form
    _owner, rubric = _test(part, class_id, rubric_id)
    attempt_id, step_id = form.get("attempt", ""), form.get("step", "")
    result, remark = form.get("result", ""), form.get("remark", "")
    done = commands.record_step(
        site, part, _actor(), rubric, attempt_id, step_id, result, remark, form.get("base", "")
    )
    return _back(
        class_id, rubric_id, part, trainee=done.trainee_id, attempt=attempt_id, _anchor=f"step-{step_id}"
    )


@bp.post("/classes/<class_id>/tests/<rubric_id>/sign")
@require(*WRITERS)
def sign(class_id: str, rubric_id: str) -> Response:
    site, part, form = current_site(), chosen_part(current_site()), request.form
    _owner, rubric = _test(part, class_id, rubric_id)
    done = commands.sign_off(site, part, _actor(), rubric, form.get("attempt", ""), form.get("seen", ""))
    return _back(class_id, rubric_id, part, trainee=done.trainee_id, _anchor=done.id)


@bp.post("/classes/<class_id>/tests/<rubric_id>/void")
@require(*WRITERS)
def void(class_id: str, rubric_id: str) -> Response:
    site, part, form = current_site(), chosen_part(current_site()), request.form
    _owner, rubric = _test(part, class_id, rubric_id)
    done, made = commands.void(
        site,
        part,
        _actor(),
        rubric,
        form.get("attempt", ""),
        form.get("reason", ""),
        correct=form.get("then") == "correct",
    )
    anchor = "steps" if made else done.id
    return _back(class_id, rubric_id, part, trainee=done.trainee_id, attempt=made, _anchor=anchor)


@bp.get("/attempts/<attempt_id>")
@require(*READERS)
def attempt(attempt_id: str) -> Response:
    """One attempt to read: the steps, and who did what, when, on which device."""
    site, lang = current_site(), current_lang()
    part = chosen_part(site)
    row = queries.one_attempt(site.db, part, attempt_id)
    rubric = queries.one_rubric(site.db, row.rubric_id) if row else None
    if row is None or rubric is None:
        raise Problem("no_attempt", 404)
    [shown] = people.show(site, part, [row], lang)
    frozen = row.frozen or rules.frozen_steps(rubric.steps, {key: one.mark for key, one in row.steps.items()})
    named = [one for one in courses.people_of(site.db, part, row.class_id) if one["id"] == row.trainee_id]
    return render(
        "assessment/attempt.html",
        shown=shown,
        rubric=rubric,
        steps=[(rubric_step, *_mark(frozen, rubric_step.id)) for rubric_step in rubric.steps],
        person=named[0]
        if named
        else {"id": row.trainee_id, "number": "", "name": row.trainee_id, "name_zh": ""},
        owner=courses.one_class(site.db, part, row.class_id),
        successors=[
            one.id
            for one in queries.attempt_rows(site.db, part, row.class_id, row.rubric_id, row.trainee_id)
            if one.replaces == attempt_id
        ],
        history=told(site, part, row, rubric, lang),
        at=_where(part),
    )


def _test(part: str, class_id: str, rubric_id: str) -> tuple[ClassRow, Rubric]:
    db = current_site().db
    owner = courses.one_class(db, part, class_id)
    rubric = next((one for one in queries.rubrics_of_class(db, part, class_id) if one.id == rubric_id), None)
    if owner is None or rubric is None:
        raise Problem("no_test", 404)
    return owner, rubric


def _active(chosen: Person | None) -> AttemptRow | None:
    if chosen is None:
        return None
    asked = request.args.get("attempt")
    under_way = [one.row for one in chosen.attempts if one.row.running]
    return next((row for row in under_way if row.id == asked), chosen.running)


def _confirm(rubric: Rubric, active: AttemptRow) -> dict[str, object]:
    frozen = rules.frozen_steps(rubric.steps, {key: row.mark for key, row in active.steps.items()})
    seen = {one[0]: one[1] for one in frozen}
    return {"outcome": rules.outcome_of(rubric.steps, seen), "seen": seen, "text": json.dumps(frozen)}


def _mark(frozen: object, step_id: str) -> tuple[str, str]:
    steps = {one[0]: (one[1], one[2]) for one in frozen}  # type: ignore[attr-defined]
    result, remark = steps.get(step_id, ("not_seen", ""))
    return result, remark


def _readonly() -> bool:
    actor = current_actor()
    return current_site().role == "campus" or actor is None or not actor.roles & set(WRITERS)


def _back(class_id: str, rubric_id: str, part: str, **query: str | None) -> Response:
    url = lang_url("assessment.class_test", class_id=class_id, rubric_id=rubric_id, **_where(part), **query)
    return see_other(url)


def _where(part: str) -> dict[str, str]:
    return {"site": part} if current_site().role == "campus" else {}


def _actor() -> str:
    actor = current_actor()
    return actor.id if actor else ""
