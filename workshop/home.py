"""The addresses that belong to no feature: `/` (which language?), the start page, and the health check."""

from flask import Blueprint, Response, redirect, request

from workshop.i18n import preferred_lang
from workshop.web import lang_url, render

bp = Blueprint("home", __name__)
root = Blueprint("root", __name__)


@bp.get("/")
def home() -> Response:
    return render("home/home.html")


@root.get("/")
def choose_language() -> Response:
    response = redirect(lang_url("home.home", lang=preferred_lang(request)), 303)
    response.vary.update(["Accept-Language", "Cookie"])
    return response  # type: ignore[return-value]  # a werkzeug Response; Flask makes it its own


@root.get("/healthz")
def healthz() -> Response:
    """For a supervisor or a load balancer: the process answers. Touches no disk and no database."""
    return Response("ok\n", mimetype="text/plain")
