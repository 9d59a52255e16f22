"""The report's pages, files and command, used as a reviewer uses them."""

import io
import json
import re
from collections.abc import Iterator
from html import unescape

import openpyxl
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from tests.integration.reports.conftest import PASSWORD
from workshop.cli import main
from workshop.factory import create_app
from workshop.site import Site

YEAR = "from=2024-09-01&to=2025-08-31"


@pytest.fixture
def wang(campus: Site) -> Iterator[FlaskClient]:
    client = create_app(campus, TESTING=True).test_client()
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/en/sign-in").text)
    assert token
    client.post("/en/sign-in", data={"csrf": token[1], "username": "wang", "password": PASSWORD})
    yield client


def numbers(page: str) -> dict[str, list[tuple[str, str]]]:
    """Row heading -> (number, address) of its five cells; the last table that has the heading wins."""
    found = {}
    for row in re.findall(r"<tr role=\"row\">(.*?)</tr>", page, re.DOTALL):
        head = re.search(r"<th scope=\"row\"[^>]*>(.*?)</th>", row, re.DOTALL)
        cells = re.findall(r"<a href=\"([^\"]+)\">([\d,.]+)</a>", row)
        if head and cells:
            found[head[1].strip()] = [(text, unescape(url)) for url, text in cells]
    return found


def test_the_page_shows_the_table_in_both_languages(wang: FlaskClient) -> None:
    en, zh = wang.get(f"/en/reports/training?{YEAR}"), wang.get(f"/zh/reports/training?{YEAR}")
    assert [numbers(en.text)[name][0][0] for name in ("Local teachers", "Local students", "Enterprise employees")] == [
        "389", "636", "821",
    ]  # fmt: skip
    assert numbers(en.text)["All together"][0][0] == "1,846"
    assert numbers(zh.text)["本土教师"][0][0] == "389"
    assert numbers(zh.text)["合计"][0][0] == "1,846"


def test_the_rule_the_cut_off_and_the_hash_are_printed_under_the_table(wang: FlaskClient) -> None:
    page = unescape(wang.get(f"/en/reports/training?{YEAR}").text)
    assert "at least 50 % of the sessions held" in page
    assert "已实施课次的 50% 及以上" in page
    data = json.loads(run_cli("--format", "json"))
    assert data["cut_off"] in page
    assert data["hash"][:32] in page


def test_events_are_listed_as_not_counted(wang: FlaskClient) -> None:
    page = wang.get(f"/en/reports/training?{YEAR}").text
    assert "EPIP teaching forum for heads of 13 technical schools" in page
    assert "18 classes of teaching inside programmes" in page


@pytest.mark.parametrize(
    "name", ["Local teachers", "Enterprise employees", "B3", "Chinese + Vocational Skills", "All together"]
)
def test_every_number_opens_as_many_rows(wang: FlaskClient, name: str) -> None:
    times, persons, taught, _person_hours, days = numbers(wang.get(f"/en/reports/training?{YEAR}").text)[name]
    for number, url in (times, persons):
        page = wang.get(url)
        assert page.status_code == 200
        assert f'<span class="n soft">{int(number.replace(",", ""))}</span>' in page.text
    minutes = re.findall(r'data-label="Taught minutes" class="n">(\d+)<', wang.get(taught[1]).text)
    if name != "All together":  # more classes than one page holds
        assert sum(map(int, minutes)) == round(float(taught[0].replace(",", "")) * 45)
        assert days[1] == persons[1]


def test_who_is_not_counted_is_listed_with_the_reason(wang: FlaskClient) -> None:
    page = wang.get(f"/en/reports/training/rows?{YEAR}&counted=no").text
    assert re.search(r'Persons in classes <span class="n soft">55</span>', page)
    assert "Not counted: below the share" in page
    assert "Counted: reached" not in page


def test_pages_of_a_list_hold_every_row_once(wang: FlaskClient) -> None:
    found: list[str] = []
    for page in range(1, 9):
        text = wang.get(f"/en/reports/training/rows?{YEAR}&category=local_teacher&page={page}").text
        found += re.findall(r"<span class=\"soft n\">(UTC/[^<]+)</span>.*?\((T\d\d)\)", text, re.DOTALL)
    assert len(found) == 389
    assert len(set(found)) == 389


def test_the_workbook_adds_up_from_its_detail(wang: FlaskClient) -> None:
    answer = wang.get(f"/en/reports/training/file.xlsx?{YEAR}")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["汇总", "按类别", "按课程", "明细", "口径说明"]
    head, *detail = list(book["明细"].values)
    times, category = head.index("人次 Person-times"), head.index("类别 Category")
    figures = {row[1]: row[4] for row in book["按类别"].values if row[1] not in (None, "代码 Code")}
    assert figures == {"local_teacher": 389, "local_student": 636, "employee": 821, "other": 0}
    assert sum(row[times] for row in detail) == 1846
    assert sum(row[times] for row in detail if "Local teachers" in row[category]) == 389
    person = head.index("人员 Person")
    assert len({row[person] for row in detail if row[times]}) == next(
        row[5] for row in book["汇总"].values if row[3] == "All together"
    )


def test_the_same_report_gives_the_same_bytes(wang: FlaskClient) -> None:
    for kind in ("file.xlsx?", "file.csv?", "file.csv?sheet=detail&"):
        assert (
            wang.get(f"/en/reports/training/{kind}{YEAR}").data
            == wang.get(f"/zh/reports/training/{kind}{YEAR}").data
        )


def test_a_month_is_a_report_too(wang: FlaskClient) -> None:
    """July 2025 in the park: 206 person-times of Chinese and 43 of Maintenance Electrician."""
    for course, times in (("zhplus", "206"), ("maintelec", "43")):
        url = f"/en/reports/training/rows?from=2025-07-01&to=2025-07-31&category=employee&course={course}"
        assert f"{times} person-times" in wang.get(url).text


def test_a_class_is_counted_in_exactly_one_of_two_periods(wang: FlaskClient) -> None:
    halves = ("from=2024-09-01&to=2025-01-15", "from=2025-01-16&to=2025-08-31")
    rows = [numbers(wang.get(f"/en/reports/training?{half}").text)["All together"][0][0] for half in halves]
    assert sum(int(number.replace(",", "")) for number in rows) == 1846


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=2025-08-31&to=2024-09-01", 422),
        ("from=x&to=y", 422),
        ("period=never", 422),
        ("site=kampala", 404),
    ],
)
def test_nonsense_is_refused_in_words(wang: FlaskClient, query: str, status: int) -> None:
    answer = wang.get(f"/en/reports/training?{query}")
    assert answer.status_code == status
    assert "All records are safe." in answer.text


def test_a_stranger_sees_no_figures(campus: Site) -> None:
    mallory = create_app(campus, TESTING=True).test_client()
    for path in ("training", "training/rows", "training/file.xlsx"):
        assert mallory.get(f"/en/reports/{path}?{YEAR}").status_code == 303


@pytest.fixture(autouse=True)
def _folder(campus: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_DATA", str(campus.folder))


def run_cli(*more: str) -> str:
    result = CliRunner().invoke(
        main, ["report", "training", "--from", "2024-09-01", "--to", "2025-08-31", *more]
    )
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_gives_the_figures_as_json() -> None:
    data = json.loads(run_cli("--site", "mbale", "--format", "json"))
    assert {row["category"]: row["person_times"] for row in data["rows"]} == {
        "local_teacher": 389,
        "local_student": 636,
        "employee": 821,
        "other": 0,
    }
    assert data["total"]["person_times"] == 1846
    assert data["total"]["taught_hours"] == "1604.0"
    assert data["period"] == {"from": "2024-09-01", "to": "2025-08-31"}
    assert "at least 50 %" in data["rule"]


def test_the_command_refuses_a_site_that_is_not_here() -> None:
    result = CliRunner().invoke(main, ["report", "training", "--site", "kampala"])
    assert result.exit_code == 1
    assert "report_site" in result.output
