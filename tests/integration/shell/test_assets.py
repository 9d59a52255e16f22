"""Static files never change under one address, are packed once, and two builds never mix."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from flask.testing import FlaskClient

from workshop.assets import Assets, page_script, texts_in_script
from workshop.config import PACKAGE, TRANSLATIONS


@pytest.fixture
def build(client: FlaskClient) -> str:
    found = re.search(r"/static/([0-9a-f]{12})/css/all\.css", client.get("/en/sign-in").text)
    assert found
    return found[1]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in {
        "css/tokens.css": ":root{--a:1}",
        "css/base.css": "a{background:url(../icons/x.svg)}",
        "css/components/b.css": "b{background:url('../../icons/x.svg')}",
        "css/components/a.css": "i{mask:url(data:x)}",
        "css/print.css": "a{color:#000}",
        "icons/x.svg": "<svg/>",
        "js/app.js": 'import { _ } from "./lib/i18n.js";\n_("Sign in"); _(\n  \'Don\\\'t\'); $_("no"); my_("no"); _(name);',
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_file_is_kept_for_ever_and_packed(client: FlaskClient, build: str) -> None:
    url = f"/static/{build}/vendor/htmx@2.0.11/htmx.min.js"
    answer = client.get(url, headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Accept-Encoding" in answer.vary
    assert gzip.decompress(answer.data) == client.get(url).data
    assert len(answer.data) < 17_000
    assert "Set-Cookie" not in answer.headers


def test_asking_again_is_answered_with_304(client: FlaskClient, build: str) -> None:
    for encoding in ("gzip", "identity"):
        url, packing = f"/static/{build}/css/all.css", {"Accept-Encoding": encoding}
        tag = client.get(url, headers=packing).headers["ETag"]
        again = client.get(url, headers={**packing, "If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["css/none.css", "../factory.py", "%2e%2e/factory.py", "css/../../factory.py", "/etc/passwd", "js/", ""],
)
def test_what_is_not_in_the_tree_is_not_served(client: FlaskClient, build: str, path: str) -> None:
    answer = client.get(f"/static/{build}/{path}")
    assert answer.status_code in {301, 308, 404}
    assert b"create_app" not in answer.data


def test_another_builds_file_is_refused_and_never_kept(client: FlaskClient) -> None:
    answer = client.get("/static/000000000000/css/all.css")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_any_change_makes_a_new_build(tree: Path) -> None:
    before = Assets(tree, TRANSLATIONS).build
    assert Assets(tree, TRANSLATIONS).build == before
    (tree / "icons/x.svg").write_text("<svg></svg>")
    assert Assets(tree, TRANSLATIONS).build != before


def test_a_changed_translation_makes_a_new_build(tree: Path, tmp_path: Path) -> None:
    assert Assets(tree, TRANSLATIONS).build != Assets(tree, tmp_path / "none").build


def test_the_sheets_are_one_in_order_with_print_apart(tree: Path) -> None:
    sheet = Assets(tree, TRANSLATIONS).read("css/all.css").decode()
    places = [
        sheet.index(part)
        for part in (":root", "a{background", "i{mask", "b{background", "@media print {\na{color")
    ]
    assert places == sorted(places)
    assert sheet.count('url("../icons/x.svg")') == 2
    assert "url(data:x)" in sheet


def test_scripts_get_their_own_chinese_and_nothing_else(tree: Path) -> None:
    text = Assets(tree, TRANSLATIONS).read("strings.zh.js").decode()
    assert text.startswith("globalThis.lubanStrings = {")
    strings = json.loads(text.removeprefix("globalThis.lubanStrings = ").rstrip(";\n"))
    assert strings == {"Sign in": "登录", "Don't": "Don't"}


def test_every_text_of_our_scripts_is_collected() -> None:
    """The quick search at the start finds what the real extractor finds."""
    found = extract_from_dir(PACKAGE / "static" / "js", [("**.js", "javascript")], keywords={"_": None})
    ours = [p.read_text("utf-8") for p in (PACKAGE / "static" / "js").rglob("*.js")]
    assert set().union(*map(texts_in_script, ours)) == {message for _f, _l, message, *_rest in found}


def test_a_page_has_one_script_with_its_features_part(client: FlaskClient, build: str) -> None:
    with client.application.test_request_context("/en/"):
        assert page_script("lessons") == f"/static/{build}/js/app.lessons.js"
        assert page_script("nothing") == page_script(None) == f"/static/{build}/js/app.core.js"
    answer = client.get(f"/static/{build}/js/app.lessons.js", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"import " not in gzip.decompress(answer.data)[:200]
    assert client.get(f"/static/{build}/js/app.nothing.js").status_code == 404


def test_only_chinese_pages_load_the_strings(client: FlaskClient, build: str) -> None:
    address = f"/static/{build}/strings.zh.js"
    assert address not in client.get("/en/sign-in").text
    text = client.get("/zh/sign-in").text
    assert text.index(address) < text.index("/js/app.")
    assert client.get(address).status_code == 200


def test_everything_that_a_page_names_is_there(client: FlaskClient) -> None:
    text = client.get("/zh/sign-in").text
    named = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', text))
    assert len(named) >= 3
    assert {client.get(url).status_code for url in named} == {200}


def test_vendored_files_are_what_they_were_at_their_source() -> None:
    vendored = list((PACKAGE / "static" / "vendor").glob("*/VENDORED.json"))
    assert vendored
    for record in vendored:
        about = json.loads(record.read_text("utf-8"))
        assert about["licence"] and about["source"] and about["version"] in record.parent.name
        sums = about["sha256"]
        if isinstance(sums, dict):
            for name, digest in sums.items():
                assert hashlib.sha256((record.parent / name).read_bytes()).hexdigest() == digest, name
