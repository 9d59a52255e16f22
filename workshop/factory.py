"""Puts the web application together: settings, languages, features, security, errors. The only place that knows all features."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from flask import Flask, current_app, request, url_for
from flask_babel import gettext

from workshop import home, i18n, security, web
from workshop.accounts import queries, sessions
from workshop.answers import init_answers
from workshop.assets import Assets, current_assets, page_script, static
from workshop.assets import bp as static_bp
from workshop.config import DEFAULTS, PACKAGE, TRANSLATIONS
from workshop.problem_pages import init_problems
from workshop.site import Site
from workshop.tls import Certificate
from workshop.web import current_actor, nav_items

# In the order of the navigation. Each has `views.py` with `bp`, and may have there `nav` (list of NavItem), and in `problems.py`
# its words. `root_bp` in views is for the few addresses without a language (/sync/..., /sw.js).
FEATURES: Final = (
    "courses",
    "roster",
    "attendance",
    "assessment",
    "lessons",
    "review",
    "reports",
    "certificates",
    "privacy",
    "exchange",
    "devices",
    "accounts",
    "demo",
)


def create_app(site: Site | None, **config: Any) -> Flask:
    """The application for one opened site; without one it serves only static files, the health check and problem pages."""
    app = Flask("workshop", root_path=str(PACKAGE), static_folder=None)
    app.config.from_mapping(DEFAULTS)
    app.config.from_mapping(config)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["luban_site"] = site
    app.extensions["luban_certificate"] = Certificate(app.config["CERTIFICATE"])
    app.extensions["luban_assets"] = Assets(PACKAGE / "static", TRANSLATIONS)
    security.init_secret(app, (lambda: queries.secret(site.db)) if site else None)
    i18n.init_languages(app)
    app.before_request(_before)
    init_answers(app)
    init_templates(app)
    init_problems(app, list(FEATURES))
    register_features(app)
    return app


def register_features(app: Flask) -> None:
    """Every feature's pages under its language; what has no language stands beside them."""
    nav: list[web.NavItem] = []
    app.register_blueprint(static_bp)
    app.register_blueprint(home.root)
    app.register_blueprint(home.bp, url_prefix=i18n.PREFIX)
    for module in (f"workshop.{feature}.views" for feature in FEATURES):
        if find_spec(module) is None:
            continue
        views = import_module(module)
        app.register_blueprint(views.bp, url_prefix=i18n.PREFIX + (views.bp.url_prefix or ""))
        if hasattr(views, "root_bp"):
            app.register_blueprint(views.root_bp)
        nav += getattr(views, "nav", [])
    for module in ("workshop.syncapi", "workshop.pwa"):
        if find_spec(module):
            app.register_blueprint(import_module(module).bp)
    app.extensions["luban_nav"] = nav


def init_templates(app: Flask) -> None:
    app.jinja_env.globals.update(
        csrf=security.csrf, static=static, page_script=page_script, lang_url=web.lang_url
    )

    @app.context_processor
    def frame() -> dict[str, Any]:
        lang = i18n.current_lang()
        site: Site | None = app.extensions["luban_site"]
        has_manifest = "pwa.manifest" in app.view_functions
        return {
            "lang": lang,
            "html_lang": i18n.LANGUAGES[lang].html,
            "other_lang": i18n.LANGUAGES["zh" if lang == "en" else "en"],
            "other_lang_url": i18n.other_lang_url(),
            "actor": current_actor(),
            "session_since": sessions.since(),
            "nav": [_shown(item) for item in nav_items()],
            "site_role": site.role if site else "",
            "site_code": site.code if site else "",
            "log_away": bool(site and site.log_away),
            "demo": bool(app.config["DEMO"]),
            "build": current_assets().build,
            "manifest_url": url_for("pwa.manifest", lang=lang) if has_manifest else "",
        }


def _shown(item: web.NavItem) -> dict[str, Any]:
    endpoint = request.endpoint or ""
    here = endpoint.split(".")[0] == item.endpoint.split(".")[0]
    if here and endpoint in {each.endpoint for each in nav_items()}:
        here = endpoint == item.endpoint  # two entries of one feature: only the one that is open
    return {
        "url": web.lang_url(item.endpoint),
        "label": gettext(item.label),
        "icon": item.icon,
        "here": here,
    }


def _before() -> None:
    """The body's limit first, then what other nodes wrote, then who asks, then whether the form is ours."""
    security.apply_limit()
    site: Site | None = current_app.extensions["luban_site"]
    if site is not None and request.blueprint != static_bp.name:
        site.catch_up()
    if i18n.lang_of_path(request.path):
        current_actor()
        security.check_csrf()
