"""Turns whatever goes wrong into a page in the person's language, or into JSON for scripts. Never a stack trace."""

import sqlite3
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from sync.errors import AdmissionError, CarrierError, MessageError, StoreError, SyncError
from workshop.disk import is_full
from workshop.i18n import duration
from workshop.problems import BY_STATUS, SHELL, Problem, Words, catalogue
from workshop.site import Site

# How an error of the record engine is answered; what is not named here is a bad request.
STATUS_OF_SYNC = {AdmissionError: 422, MessageError: 400, CarrierError: 503, StoreError: 500}
AWAY = ("log_away", "log_unsure")
"""The shared log cannot be reached just now: it is worth trying again."""


def init_problems(app: Flask, features: list[str]) -> None:
    modules = [f"workshop.{feature}.problems" for feature in features]
    app.extensions["luban_problems"] = catalogue(
        import_module(module).problems for module in modules if find_spec(module)
    )
    app.register_error_handler(Problem, problem_answer)
    app.register_error_handler(SyncError, lambda error: problem_answer(_of_sync(error)))
    app.register_error_handler(HTTPException, http_answer)
    for trouble in (sqlite3.OperationalError, OSError):
        app.register_error_handler(trouble, disk_answer)


def problem_answer(problem: Problem) -> Response:
    what, safe, do = words_of(problem)
    if problem.status >= 500:
        g.actor, g.session_hash = None, None  # the page must not need what may be the thing that is broken
    if wants_json():
        response = jsonify(code=problem.code, what=what, safe=safe, do=do, data=_plain(problem.data))
    else:
        response = make_response(
            render_template("errors/problem.html", problem=problem, what=what, safe=safe, do=do)
        )
    response.status_code = problem.status
    if "wait_ms" in problem.data:
        response.headers["Retry-After"] = str(-(-problem.data["wait_ms"] // 1000))
    return response


def http_answer(error: HTTPException) -> Response:
    """Werkzeug's own errors. Redirects and ready-made answers pass as they are."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return current_app.make_response(error.get_response())
    answer = problem_answer(
        Problem(BY_STATUS.get(status, "broken" if status >= 500 else "bad_request"), status)
    )
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            answer.headers[name] = value
    return answer


def disk_answer(error: Exception) -> Response:
    """507 when the disk is full; any other trouble of the disk stays an error."""
    site: Site | None = current_app.extensions["luban_site"]
    if site is None or not is_full(error, site.folder):
        raise error
    return problem_answer(Problem("disk_full", 507))


def words_of(problem: Problem) -> tuple[str, str, str]:
    """What happened, what is safe, what to do; in the language of the request."""
    known: dict[str, Words] = current_app.extensions["luban_problems"]
    words = known.get(problem.code) or SHELL["broken" if problem.status >= 500 else "refused"]
    data = {name: value for name, value in problem.data.items() if isinstance(value, str | int)}
    if "wait_ms" in data:
        data["wait"] = duration(int(data["wait_ms"]))
    what, safe, do = (gettext(text, **data) for text in (words.what, words.safe, words.do))
    return what, safe, do


def wants_json() -> bool:
    """Scripts get words as data: also htmx, whose error box is filled as text and never as markup."""
    accept = request.accept_mimetypes
    asked = accept["application/json"] > accept["text/html"] if request.headers.get("Accept") else False
    return asked or request.is_json or "HX-Request" in request.headers or request.path.startswith("/sync/")


def _of_sync(error: SyncError) -> Problem:
    status = 503 if error.code in AWAY else STATUS_OF_SYNC.get(type(error), 400)
    return Problem(error.code, status, **error.data)


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if isinstance(value, str | int | bool | None)}
