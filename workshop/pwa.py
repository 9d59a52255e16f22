"""The installable part: service worker, manifest, and which pages every tablet holds. Caching rules are in static/sw.js."""

import json
from typing import Final

from flask import Blueprint, Response, current_app, url_for
from flask_babel import gettext as _

from workshop.assets import current_assets, static
from workshop.i18n import LANGUAGES, PREFIX, current_lang

bp = Blueprint("pwa", __name__)

SHELL_PAGES: Final = ("devices.tablet", "certificates.verify")
"""Endpoints of pages without a person in them, held by every tablet in both languages."""
SHELL_FEATURES: Final = ("core", "devices", "courses", "attendance", "assessment", "verify")
"""Whose joined script every tablet holds: the shell's own pages, and those that staff take along."""
LATER: Final = ("vendor/noble-", "vendor/qr@")
ICONS: Final = (("192", "any"), ("512", "any"), ("512", "maskable"))


@bp.get("/sw.js")
def worker() -> Response:
    """The worker, with the build and the shell's addresses in front: a new build is a new worker."""
    assets = current_assets()
    shell = [
        url_for(endpoint, lang=lang)
        for lang in LANGUAGES
        for endpoint in SHELL_PAGES
        if endpoint in current_app.view_functions
    ]
    shell += [static(path) for path in shell_files()]
    head = f"const BUILD = {json.dumps(assets.build)};\nconst SHELL = {json.dumps(shell)};\n"
    response = Response(head.encode() + assets.read("sw.js"), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    response.add_etag()  # the browser asks at every visit: 304 instead of the whole file
    return response


def shell_files() -> list[str]:
    """Static files that a page needs without a network: style, icons, joined scripts, the scripts' Chinese texts.

    Lessons are not among them: one that is taken along brings its own.
    """
    tags = current_assets().tags
    wanted = ["css/all.css", "icons/sprite.svg", "icons/app.svg", "strings.zh.js"]
    wanted += [f"js/app.{feature}.js" for feature in SHELL_FEATURES]
    # What the check of certificates loads later: a reader of photographed codes, and signatures for browsers that lack them.
    wanted += sorted(path for path in tags if path.endswith(".js") and path.startswith(LATER))
    return [path for path in wanted if path in tags]


@bp.get(PREFIX + "/manifest.webmanifest")
def manifest() -> Response:
    lang = current_lang()
    tags = current_assets().tags
    icons = []
    for size, purpose in ICONS:
        path = f"icons/app-{'maskable-' if purpose == 'maskable' else ''}{size}.png"
        if path in tags:
            icons.append(
                {"src": static(path), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            )
    body = {
        "id": "/",
        "name": _("Luban Workshop Companion"),
        "short_name": _("Luban Workshop"),
        "lang": LANGUAGES[lang].html,
        "dir": "ltr",
        "start_url": "/?source=app",  # the language used last, not the one in which the app was installed
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b4f52",
        "icons": icons,
    }
    response = Response(
        json.dumps(body, ensure_ascii=False), content_type="application/manifest+json; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    return response
