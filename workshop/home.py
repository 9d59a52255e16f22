"""The addresses that belong to no feature: `/` (which language?), the start page, and the health check."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request

from workshop.courses import queries as courses
from workshop.courses.queries import SessionRow
from workshop.devices.lines import unheard_tablets
from workshop.exchange.common import LOOKERS
from workshop.exchange.watch import watch
from workshop.i18n import current_lang, preferred_lang
from workshop.problem_pages import words_of
from workshop.problems import Problem
from workshop.review.returned import Returned, returned_to
from workshop.review.waiting import Waiting, waiting_for
from workshop.web import current_actor, current_site, lang_url, render
from workshop.when import When

bp = Blueprint("home", __name__)
root = Blueprint("root", __name__)


@bp.get("/")
def home() -> Response:
    sessions, day = _today()
    return render(
        "home/home.html",
        sessions=sessions,
        day=day,
        returned=_returned(),
        waiting=_waiting(),
        tablets=_tablets_to_look_at(),
        **_exchange(),
    )


@root.get("/")
def choose_language() -> Response:
    response = redirect(lang_url("home.home", lang=preferred_lang(request)), 303)
    response.vary.update(["Accept-Language", "Cookie"])
    return response  # type: ignore[return-value]  # a werkzeug Response; Flask makes it its own


@root.get("/healthz")
def healthz() -> Response:
    """For a supervisor or a load balancer: the process answers. Touches no disk and no database."""
    return Response("ok\n", mimetype="text/plain")


def _today() -> tuple[list[SessionRow], str]:
    """Today's registers at a workshop, for those who keep them: their own, or all when they have none."""
    actor = current_actor()
    if actor is None or not actor.roles & {"instructor", "admin"} or current_site().role != "workshop":
        return [], ""
    site = current_site()
    day = courses.local_day(site.now(), site.tz_minutes)
    return courses.sessions_on(site.db, site.code, day, actor.id) or courses.sessions_on(
        site.db, site.code, day
    ), day


def _tablets_to_look_at() -> int:
    """Tablets with something that an administrator should hear: a copied store, an emptied one."""
    actor, site = current_actor(), current_site()
    return unheard_tablets(site.db, site.parts) if actor and "admin" in actor.roles else 0


def _returned() -> list[Returned]:
    """What the home campus sent back to this person."""
    actor = current_actor()
    if actor is None or current_site().role != "workshop" or not actor.roles & {"instructor", "assessor"}:
        return []
    site = current_site()
    names = courses.staff_names(site.db, site.code)
    chinese = current_lang() == "zh"
    return [
        replace(one, reviewer=names.get(one.reviewer, (one.reviewer,) * 2)[chinese])
        for one in returned_to(site, site.code, actor.id)
    ]


def _waiting() -> list[Waiting]:
    """Open questions that this person may settle."""
    actor = current_actor()
    return waiting_for(current_site(), actor) if actor else []


def _exchange() -> dict[str, Any]:
    """What those who see to the exchange should know without looking for it."""
    actor, site = current_actor(), current_site()
    if actor is None or not actor.roles & set(LOOKERS):
        return {"watch": None}
    found = watch(site, current_app.extensions["luban_certificate"].until())
    words = words_of(Problem(found.late.code)) if found.late and found.late.code else None
    return {"watch": found, "watch_words": words, "when": When(site.now(), site.tz_minutes)}
