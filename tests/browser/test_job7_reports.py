"""Job 7: the training report of the demonstration's year says what the college's report said, every number opens what it counts, and the
Excel file holds the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser import at_work as work
from tests.browser.demo import Demo

pytestmark = pytest.mark.browser

# Table 4-1 of the college's report for 2025: person-times by category.
TABLE_4_1 = {
    "en": {
        "Local teachers": "389",
        "Local students": "636",
        "Enterprise employees": "821",
        "All together": "1,846",
    },
    "zh": {"本土教师": "389", "本土学生": "636", "企业员工": "821", "合计": "1,846"},
}


def person_times(page: Page) -> dict[str, str]:
    """{row: person-times} of the table by category."""
    rows = page.locator("section[aria-labelledby=table-category] tr[role=row]").filter(has=page.locator("td"))
    return {
        row.locator("th").inner_text().strip(): row.locator("td").first.inner_text().strip()
        for row in rows.all()
    }


@pytest.mark.parametrize(("site", "who"), [("workshop", "wandera"), ("campus", "ouyang")])
def test_the_years_figures_in_both_languages(
    demo_read: Demo, desk: Callable[[], Page], site: str, who: str
) -> None:
    page, url = desk(), demo_read.site(site).url
    work.sign_in(page, url, who, demo_read.password(who))
    for lang, expected in TABLE_4_1.items():
        page.goto(f"{url}/{lang}/reports/training")
        shown = person_times(page)
        assert {name: shown.get(name) for name in expected} == expected


def test_every_number_opens_what_it_counts(demo_read: Demo, desk: Callable[[], Page]) -> None:
    page, url = desk(), demo_read.sites.campus.url
    work.sign_in(page, url, "ouyang", demo_read.password("ouyang"))
    page.goto(f"{url}/en/reports/training")
    total = page.locator("section[aria-labelledby=table-category] tfoot a").first
    expect(total).to_have_text("1,846")
    total.click()
    expect(page.locator("caption")).to_have_text("1846 person-times")
    seen = page.locator("tbody tr").count()
    assert seen == 50  # a page of them
    page.go_back()
    page.locator("section[aria-labelledby=table-category] tbody a", has_text="389").first.click()
    expect(page.locator("caption")).to_have_text("389 person-times")
    person = page.locator("tbody tr").first
    name = str(person.locator("th span").first.evaluate("each => each.firstChild.textContent")).strip()
    assert name
    person.locator("td a").first.click()  # the class in which this person is counted
    expect(page.locator("section[aria-labelledby=people-title]")).to_contain_text(name)
    page.locator("section[aria-labelledby=sessions-title] a").first.click()  # and one of its registers
    expect(page.locator("li[data-record=attendance]").first).to_be_visible()


def test_the_excel_file_opens_and_says_the_same(
    demo_read: Demo, desk: Callable[[], Page], tmp_path: Path
) -> None:
    page, url = desk(), demo_read.sites.campus.url
    work.sign_in(page, url, "ouyang", demo_read.password("ouyang"))
    page.goto(f"{url}/en/reports/training")
    shown = person_times(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Excel file (XLSX)").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    book = load_workbook(path, read_only=True, data_only=True)
    cells = [list(row) for sheet in book for row in sheet.iter_rows(values_only=True)]
    book.close()
    for name, times in shown.items():
        number = int(times.replace(",", ""))
        assert any(number in row and any(name in str(cell) for cell in row) for row in cells), name
    text = {str(cell) for row in cells for cell in row}
    assert not [each for each in text if each.startswith("=")]
