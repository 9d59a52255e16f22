"""Static files: one build id for the whole tree, addresses that never change their content, gzip done once and kept.

Some files are put together here and count into the build id: `css/all.css` (tokens, base, layout, components, print: one request
instead of twenty on a slow link), `strings.zh.js` (the Chinese texts that scripts use) and `js/app.<feature>.js` (see modules.py).
"""

import gettext
import gzip
import hashlib
import json
import posixpath
import re
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, current_app, request

from workshop import modules

TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
PACKED: Final = {".css", ".html", ".js", ".json", ".svg", ".txt", ".wasm"}
SHEETS: Final = ("css/tokens.css", "css/base.css", "css/layout.css")
PRINT: Final = "css/print.css"
YEAR_SECONDS: Final = 365 * 24 * 60 * 60

CALL = re.compile(r"""(?<![\w.$])_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
LINK = re.compile(r"""url\(\s*["']?(?![/#]|data:)([^"')]+)["']?\s*\)""")

bp = Blueprint("static", __name__)


class Assets:
    """The static tree as it was at the start of the process."""

    def __init__(self, folder: Path, translations: Path) -> None:
        self._folder = folder
        self._made: dict[str, bytes] = {}
        self._packed: dict[str, bytes] = {}
        self._joined: set[str] = set()
        paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
        self._made["css/all.css"] = joined_css(folder, paths)
        self._made["strings.zh.js"] = chinese_strings(folder, paths, translations)
        self.tags = {path: _tag(self.read(path)) for path in [*paths, *self._made]}
        sums = [f"{path} {self.tags[path]}" for path in sorted(self.tags)]
        sums.append(_tag(Path(modules.__file__).read_bytes()))
        self.build = _tag("\n".join(sums).encode())[:12]
        # Joined scripts follow from the tree, so its build names them too; each is made when it is first asked for.
        self._joined = set(modules.joined_entries(folder)) if modules.CORE in self.tags else set()
        self.tags |= {path: _tag(f"{self.build} {path}".encode()) for path in self._joined}

    def url(self, path: str) -> str:
        """The address of a static file, which changes with its content."""
        return f"/static/{self.build}/{path}"

    def read(self, path: str) -> bytes:
        if path in self._joined and path not in self._made:
            self._made[path] = modules.join_modules(self._folder, path)
        made = self._made.get(path)
        return made if made is not None else (self._folder / path).read_bytes()

    def packed(self, path: str) -> bytes | None:
        """The gzip form of a text file, made at its first use; None for what is packed already."""
        if Path(path).suffix not in PACKED:
            return None
        if path not in self._packed:
            self._packed[path] = gzip.compress(self.read(path), 9, mtime=0)
        return self._packed[path]


def joined_css(folder: Path, paths: list[str]) -> bytes:
    """The site's style sheet: general to particular, print last and only for print. Relative addresses are kept right."""
    parts = [path for path in paths if path.startswith("css/components/")]
    texts = [_css(folder, path) for path in [*SHEETS, *parts] if path in paths]
    if PRINT in paths:
        texts.append(f"@media print {{\n{_css(folder, PRINT)}\n}}\n")
    return "\n".join(texts).encode()


def chinese_strings(folder: Path, paths: list[str], translations: Path) -> bytes:
    """A script that hands the scripts' own texts, and no others, to `js/lib/i18n.js`. English needs none: its texts are the keys."""
    catalogue = gettext.translation("messages", translations, ["zh_Hans"], fallback=True)
    texts: set[str] = set()
    for path in paths:
        if path.startswith("js/") and path.endswith(".js"):
            texts |= texts_in_script((folder / path).read_text("utf-8"))
    strings = {text: catalogue.gettext(text) for text in sorted(texts)}
    return f"globalThis.lubanStrings = {json.dumps(strings, ensure_ascii=False, separators=(',', ':'))};\n".encode()


def texts_in_script(source: str) -> set[str]:
    """The first arguments of `_("...")` in a script."""
    return {_unquoted(match.group(1)) for match in CALL.finditer(source)}


def _unquoted(literal: str) -> str:
    if literal.startswith("'"):
        literal = '"' + literal[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    return str(json.loads(literal))


def _css(folder: Path, path: str) -> str:
    base = posixpath.dirname(path)
    text = (folder / path).read_text("utf-8")
    return LINK.sub(
        lambda m: f'url("{posixpath.relpath(posixpath.normpath(posixpath.join(base, m[1])), "css")}")', text
    )


def _tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]


def current_assets() -> Assets:
    assets: Assets = current_app.extensions["luban_assets"]
    return assets


def static(path: str) -> str:
    """For templates: `{{ static('js/app.js') }}`."""
    return current_assets().url(path)


def page_script(feature: str | None) -> str:
    """The one script of a page: the core, and the feature's own part where it has one."""
    assets = current_assets()
    own = f"js/app.{feature}.js"
    return assets.url(own if own in assets.tags else f"js/app.{modules.NO_FEATURE}.js")


@bp.get("/static/<build>/<path:path>")
def asset(build: str, path: str) -> Response:
    """A file of this build. Another build's address is refused: a page must never mix scripts of two versions."""
    assets = current_assets()
    if build != assets.build or path not in assets.tags:
        abort(404)
    suffix = Path(path).suffix
    packed = assets.packed(path) if request.accept_encodings["gzip"] else None
    answer = Response(
        assets.read(path) if packed is None else packed,
        content_type=TYPES.get(suffix, "application/octet-stream"),
    )
    if TYPES.get(suffix, "").startswith("text/"):
        answer.content_type = f"{answer.mimetype}; charset=utf-8"
    if suffix in PACKED:
        answer.vary.add("Accept-Encoding")
    if packed is not None:
        answer.content_encoding = "gzip"
    answer.cache_control.public = True
    answer.cache_control.max_age = YEAR_SECONDS
    answer.cache_control.immutable = True
    answer.set_etag(assets.tags[path], weak=packed is not None)
    whole = answer.content_length or 0
    answer.make_conditional(request, accept_ranges=packed is None, complete_length=whole)
    return answer
