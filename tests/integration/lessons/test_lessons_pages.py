"""Lessons in a site: brought in once, read in two languages, refused whole when bad, noticed when damaged."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from workshop.lessons.errors import LessonError
from workshop.lessons.package import parse_package
from workshop.lessons.source import read_packages
from workshop.lessons.store import LIBRARY, import_lessons, lesson_list, read_figure, read_lesson
from workshop.site import Site

SLUG = "start-stop-circuit"
PAGE = f"/en/lessons/{SLUG}/"


@pytest.fixture
def stocked(site: Site) -> Site:
    import_lessons(site.folder)
    return site


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A copy of one lesson that a test may change."""
    folder = tmp_path / "brought" / SLUG
    for path in (LIBRARY / SLUG).rglob("*"):
        if path.is_file():
            target = folder / path.relative_to(LIBRARY / SLUG)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    yield folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def tree(folder: Path) -> dict[str, bytes]:
    """Everything in the store but its lock, with content."""
    files = (path for path in (folder / "lessons").rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_library_comes_in_and_a_second_import_changes_nothing(site: Site) -> None:
    first = import_lessons(site.folder)
    assert [(item.slug, item.state) for item in first] == [
        ("electrical-safety-lockout", "new"),
        ("secondary-refining", "new"),
        ("start-stop-circuit", "new"),
        ("workpiece-coordinates", "new"),
    ]
    before = tree(site.folder)
    assert {item.state for item in import_lessons(site.folder)} == {"unchanged"}
    assert tree(site.folder) == before


def test_what_is_stored_is_byte_for_byte_what_was_brought(stocked: Site) -> None:
    brought = {parse_package(files).info.slug: files for files in read_packages(LIBRARY)}
    for manifest in lesson_list(stocked.folder):
        assert read_lesson(stocked.folder, manifest.slug).package.files == brought[manifest.slug]


def test_one_bad_lesson_keeps_all_out(site: Site, own: Path) -> None:
    (own.parent / "bad").mkdir()
    (own.parent / "bad" / "lesson.yaml").write_text("format: 1")
    with pytest.raises(LessonError):
        import_lessons(site.folder, own.parent)
    assert tree(site.folder) == {}


def test_a_changed_lesson_replaces_and_an_older_one_is_kept_out(stocked: Site, own: Path) -> None:
    older = tree(stocked.folder)[f"lessons/{SLUG}.json"]
    change(own, "lesson.yaml", "version: 1", "version: 2")
    change(own, "en.md", "Main circuit", "Power circuit")
    assert [item.state for item in import_lessons(stocked.folder, own)] == ["updated"]
    assert tree(stocked.folder)[f"lessons/{SLUG}.json"] != older
    assert "kept" in {item.state for item in import_lessons(stocked.folder)}
    assert "Power circuit" in str(read_lesson(stocked.folder, SLUG).rendered.rows[4].en.html)


def test_the_version_before_stays_until_the_next_import(stocked: Site, own: Path) -> None:
    change(own, "lesson.yaml", "version: 1", "version: 2")
    import_lessons(stocked.folder, own)
    assert len(list((stocked.folder / "lessons").glob(f"{SLUG}.*/"))) == 2
    import_lessons(stocked.folder, own)
    assert len(list((stocked.folder / "lessons").glob(f"{SLUG}.*/"))) == 1


def test_leftovers_of_a_cut_import_are_swept(stocked: Site) -> None:
    before = tree(stocked.folder)
    for name in (".incoming-abc", f"{SLUG}.0000"):
        (stocked.folder / "lessons" / name).mkdir()
    (stocked.folder / "lessons" / ".incoming-x.json").write_text("{")
    import_lessons(stocked.folder)
    assert tree(stocked.folder) == before


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_damaged_lesson_is_never_shown_and_an_import_repairs_it(
    stocked: Site, client: FlaskClient, harm: str
) -> None:
    damaged = next((stocked.folder / "lessons").glob(f"{SLUG}.*/")) / "figures" / "main-circuit.svg"
    if harm == "changed":
        damaged.write_bytes(damaged.read_bytes().replace(b"QF", b"FQ"))
    else:
        damaged.unlink()
    with pytest.raises(LessonError, match="lesson_damaged"):
        read_figure(stocked.folder, SLUG, "main-circuit.svg")
    answer = client.get(PAGE)
    assert answer.status_code == 500
    assert "damaged" in answer.text
    assert {item.slug: item.state for item in import_lessons(stocked.folder)}[SLUG] == "updated"
    assert client.get(PAGE).status_code == 200


def test_without_lessons_the_list_says_so(client: FlaskClient) -> None:
    assert "No lessons yet" in client.get("/en/lessons/").text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_list_names_each_lesson_in_both_languages(stocked: Site, client: FlaskClient, lang: str) -> None:
    page = client.get(f"/{lang}/lessons/").text
    for manifest in lesson_list(stocked.folder):
        assert manifest.info.title.en.split(":")[0] in page
        assert manifest.info.title.zh in page
        assert f'href="/{lang}/lessons/{manifest.slug}/"' in page


@pytest.mark.parametrize(("lang", "first"), [("en", "lesson-en"), ("zh", "lesson-zh")])
def test_rows_begin_with_the_language_of_the_page(
    stocked: Site, client: FlaskClient, lang: str, first: str
) -> None:
    page = client.get(f"/{lang}/lessons/{SLUG}/").text
    rows = re.findall(
        r'<div class="lesson-row".*?<div class="lesson-part (lesson-\w\w)" lang="([\w-]+)"', page, re.DOTALL
    )
    assert len(rows) == len(read_lesson(stocked.folder, SLUG).package.pairs) - 3
    assert set(rows) == {(first, "zh-Hans" if lang == "zh" else "en")}


def test_one_language_and_pinyin_are_links_that_need_no_script(stocked: Site, client: FlaskClient) -> None:
    assert 'data-show="both" data-pinyin="off"' in client.get(PAGE).text
    chosen = client.get(f"{PAGE}?show=zh&pinyin=on").text
    assert 'data-show="zh" data-pinyin="on"' in chosen
    assert f'href="{PAGE}?show=en&amp;pinyin=on"' in chosen
    assert 'data-show="both" data-pinyin="off"' in client.get(f"{PAGE}?show=<b>&pinyin=1").text


def test_every_term_link_has_its_entry(stocked: Site, client: FlaskClient) -> None:
    page = client.get(PAGE).text
    wanted = set(re.findall(r'class="lesson-term" href="#(term-\d+)"', page))
    assert wanted
    assert wanted <= set(re.findall(r'class="lesson-entry" id="(term-\d+)"', page))


def test_a_figure_is_kept_for_ever_and_can_do_nothing(stocked: Site, client: FlaskClient) -> None:
    page = client.get(PAGE).text
    url = re.findall(r'<img src="([^"]+)"', page)[0]
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Luban"] == "1"
    assert re.findall(r'<img src="([^"]+)"', client.get(f"/zh/lessons/{SLUG}/").text)[0] == url


@pytest.mark.parametrize(
    "url",
    [
        "/en/lessons/no-such/",
        "/en/lessons/no-such/offline.json",
        f"{PAGE}figures/0000000000000000/main-circuit.svg",
        f"{PAGE}figures/0000000000000000/..%2f..%2fsite.json",
        "/en/lessons/..%2f..%2fsite.json/",
        f"{PAGE}figures/0000000000000000/en.md",
    ],
)
def test_what_is_not_there_is_not_found(stocked: Site, client: FlaskClient, url: str) -> None:
    assert client.get(url).status_code == 404


def test_everything_a_tablet_needs_offline_is_listed_and_there(stocked: Site, client: FlaskClient) -> None:
    answer = client.get(f"{PAGE}offline.json")
    listed = json.loads(answer.text)
    assert answer.headers["X-Luban"] == "1"
    assert listed["slug"] == SLUG
    for url in listed["urls"]:
        assert client.get(url).status_code == 200, url
    pages = [client.get(f"/{lang}/lessons/{SLUG}/").text for lang in ("en", "zh")]
    for page in pages:
        assert set(re.findall(r'<img src="([^"]+)"', page)) <= set(listed["urls"])
    assert f"/en/lessons/{SLUG}/" in listed["urls"]
    assert f"/zh/lessons/{SLUG}/" in listed["urls"]
    assert listed["bytes"] == sum(map(len, read_lesson(stocked.folder, SLUG).package.files.values()))


def test_pages_are_safe_and_small(stocked: Site, client: FlaskClient) -> None:
    for manifest in lesson_list(stocked.folder):
        answer = client.get(f"/en/lessons/{manifest.slug}/", headers={"Accept-Encoding": "gzip"})
        assert len(answer.data) <= 40_000
        page = client.get(f"/en/lessons/{manifest.slug}/").text
        assert " style=" not in page
        assert not re.search(r"\son\w+=", page)
        assert page.count("<h1") == 1
        identifiers = re.findall(r'\sid="([^"]+)"', page)
        assert len(identifiers) == len(set(identifiers))
