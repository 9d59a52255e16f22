"""What views use of the shell: the site, the person, roles, addresses, pages, redirects. No feature's rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Response, current_app, g, make_response, redirect, render_template, request, url_for

from workshop.accounts import sessions
from workshop.accounts.queries import Actor
from workshop.answers import is_fragment
from workshop.problems import Problem, Words
from workshop.security import csrf, limit_body, local_page, posted_by_script
from workshop.site import Site

__all__ = [
    "Actor",
    "NavItem",
    "Problem",
    "Site",
    "Words",
    "csrf",
    "current_actor",
    "current_site",
    "is_fragment",
    "lang_url",
    "limit_body",
    "local_page",
    "posted_by_script",
    "render",
    "require",
    "see_other",
]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class NavItem:
    """An entry of the navigation.

    `label` is a message id (N_), `icon` a symbol of static/icons/sprite.svg; no `roles` means everybody, also signed out;
    `site_role` limits the entry to workshops or to the campus.
    """

    endpoint: str
    label: str
    icon: str = "next"
    roles: frozenset[str] = frozenset()
    site_role: str | None = None


def current_site() -> Site:
    """The site that this process serves. Raises Problem("no_site", 503)."""
    site: Site | None = current_app.extensions["luban_site"]
    if site is None:
        raise Problem("no_site", 503)
    return site


def current_actor() -> Actor | None:
    """The person who is signed in."""
    if "actor" not in g:
        site: Site | None = current_app.extensions["luban_site"]
        g.actor = sessions.actor_of_request(site) if site else None
    actor: Actor | None = g.actor
    return actor


def require(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Only for a signed-in person with one of the roles; without roles, for everybody who is signed in.

    Somebody signed out is sent to the sign-in page and back afterwards; scripts get 401.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            actor = current_actor()
            if actor is None:
                return _to_sign_in()
            if roles and not actor.roles & set(roles):
                raise Problem("not_allowed", 403)
            return view(*args, **kwargs)

        guarded.required_roles = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


def _to_sign_in() -> Response:
    if request.is_json or "HX-Request" in request.headers:
        raise Problem("signed_out", 401)
    opened = request.full_path if request.query_string else request.path
    methods = request.url_rule.methods if request.url_rule else None
    back = opened if "GET" in (methods or ()) else None
    return see_other(lang_url("accounts.sign_in", next=back))


def lang_url(endpoint: str, **values: Any) -> str:
    """The address of an endpoint in the language of this request; pass `lang=` for the other one."""
    return url_for(endpoint, **values)


def see_other(url: str) -> Response:
    """After a form: 303, so that going back or loading again never sends it twice."""
    return current_app.make_response(redirect(url, 303))


def render(template: str, *, fragment: str | None = None, http_status: int = 200, **context: Any) -> Response:
    """A page; or only its `fragment` (the `_part.html` that the page includes) when htmx asks for it."""
    name = fragment if fragment and is_fragment() else template
    return make_response(render_template(name, **context), http_status)


def nav_items() -> list[NavItem]:
    """The entries that this person can use at this site, in the order of registration."""
    actor = current_actor()
    site: Site | None = current_app.extensions["luban_site"]
    items: Sequence[NavItem] = current_app.extensions["luban_nav"]
    return [
        item
        for item in items
        if site
        and (not item.roles or (actor and actor.roles & item.roles))
        and item.site_role in (None, site.role)
    ]
