"""The report as a file: XLSX with its detail and its rule, CSV, and the data for JSON. The same report gives the same bytes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from workshop.problems import N_
from workshop.reports.model import Figures, Row
from workshop.reports.report import TrainingReport
from workshop.reports.rules import hours
from workshop.reports.words import (
    CATEGORIES,
    EVENTS,
    FIGURES,
    NO_BATCH,
    REASONS,
    TOTAL,
    in_both,
    joined,
    rule_words,
)
from workshop.tables.writing import Cell, Sheet, csv_bytes, xlsx_bytes

_FIGURE_HEADINGS = [*FIGURES.values(), N_("Taught minutes"), N_("Person-minutes")]
_DETAIL_HEADINGS = [
    N_("Site"), N_("Class"), N_("Class in English"), N_("Class in Chinese"), N_("Course in English"), N_("Course in Chinese"),
    N_("Batch"), N_("Category"), N_("Number"), N_("Name"), N_("Chinese name"), N_("Organisation"), N_("Sessions attended"),
    N_("Sessions held"), N_("Minutes attended"), N_("Days attended"), N_("Person-times"), N_("Why"), N_("Person"),
]  # fmt: skip


def workbook(report: TrainingReport, titles: dict[str, tuple[str, str]]) -> bytes:
    """The XLSX. `titles`: part -> (English, Chinese) name of a site. Every figure is a value, and adds up from the sheet 明细."""
    summary = [
        *_lines(TOTAL, [Row("", report.total, *in_both(TOTAL))], report),
        *_lines(N_("Site"), [_named(row, titles.get(row.key, ("", ""))) for row in report.by_site], report),
        *_lines(N_("Batch"), _batches(report), report),
    ]
    headings = [joined(N_("Table")), joined(N_("Code")), "中文", "English", *map(joined, _FIGURE_HEADINGS)]
    return xlsx_bytes(
        [
            Sheet("汇总", headings, summary),
            Sheet(
                "按类别",
                headings,
                [*_lines(N_("Category"), _categories(report), report), *_total_line(report)],
            ),
            Sheet(
                "按课程", headings, [*_lines(N_("Course"), report.by_course, report), *_total_line(report)]
            ),
            Sheet("明细", [joined(heading) for heading in _DETAIL_HEADINGS], _detail(report)),
            Sheet("口径说明", ["中文", "English"], _rule(report, titles)),
        ]
    )


def csv_figures(report: TrainingReport, titles: dict[str, tuple[str, str]]) -> bytes:
    """All tables in one list, as the platforms of a ministry take it."""
    headings = [joined(N_("Table")), joined(N_("Code")), "中文", "English", *map(joined, _FIGURE_HEADINGS)]
    rows = [
        *_lines(N_("Category"), _categories(report), report),
        *_lines(N_("Site"), [_named(row, titles.get(row.key, ("", ""))) for row in report.by_site], report),
        *_lines(N_("Batch"), _batches(report), report),
        *_lines(N_("Course"), report.by_course, report),
        *_total_line(report),
    ]
    return csv_bytes(headings, rows)


def csv_detail(report: TrainingReport) -> bytes:
    """Every person in every class, counted or not."""
    return csv_bytes([joined(heading) for heading in _DETAIL_HEADINGS], _detail(report))


def as_data(report: TrainingReport) -> dict[str, Any]:
    """The report as JSON: counts and minutes as integers, hours as text."""
    sentences = rule_words(report.rule, report.lesson_minutes)
    return {
        "period": {"from": report.period.first, "to": report.period.last},
        "sites": list(report.sites),
        "rows": [{"category": row.key} | _figures(row.figures, report) for row in report.by_category],
        "total": _figures(report.total, report),
        "courses": [{"course": row.key} | _figures(row.figures, report) for row in report.by_course],
        "batches": [{"batch": row.key or None} | _figures(row.figures, report) for row in report.by_batch],
        "not_counted": sum(not one.counted for one in report.details),
        "events": [
            {"id": one.id, "day": one.day, "kind": one.kind, "people": one.people, "title_en": one.title_en, "title_zh": one.title_zh}
            for one in report.beside.events
        ],
        "rule": " ".join(en for en, _zh in sentences),
        "rule_zh": "".join(zh for _en, zh in sentences),
        "rule_id": report.rule.id,
        "cut_off": report.cut_off,
        "hash": report.hash,
    }  # fmt: skip


def as_text(report: TrainingReport) -> str:
    """For a terminal."""
    rows = [*_categories(report), Row("total", report.total, *in_both(TOTAL))]
    head = ["", *FIGURES.values()]
    lines = [head] + [[row.en, *map(str, list(_figures(row.figures, report).values())[:5])] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    table = [
        "  ".join(
            text.ljust(width) if n == 0 else text.rjust(width)
            for n, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    rule = [f"- {en}" for en, _zh in rule_words(report.rule, report.lesson_minutes)]
    where = f"{report.period.first} .. {report.period.last}  {', '.join(report.sites)}"
    return "\n".join([where, *table, "", *rule, "", f"cut-off {report.cut_off}  hash {report.hash}"])


def _figures(found: Figures, report: TrainingReport) -> dict[str, Any]:
    return {
        "person_times": found.person_times,
        "persons": found.persons,
        "taught_hours": hours(found.taught_minutes, report.lesson_minutes),
        "person_hours": hours(found.person_minutes, report.lesson_minutes),
        "person_days": found.person_days,
        "taught_minutes": found.taught_minutes,
        "person_minutes": found.person_minutes,
    }


def _lines(table: str, rows: Sequence[Row], report: TrainingReport) -> list[list[Cell]]:
    return [[joined(table), row.key, row.zh, row.en, *_cells(row.figures, report)] for row in rows]


def _total_line(report: TrainingReport) -> list[list[Cell]]:
    return _lines(TOTAL, [Row("", report.total, *in_both(TOTAL))], report)


def _cells(found: Figures, report: TrainingReport) -> list[Cell]:
    values = _figures(found, report)
    return [Decimal(value) if isinstance(value, str) else value for value in values.values()]


def _categories(report: TrainingReport) -> list[Row]:
    return [_named(row, in_both(CATEGORIES[row.key])) for row in report.by_category]


def _batches(report: TrainingReport) -> list[Row]:
    return [_named(row, (row.key, row.key) if row.key else in_both(NO_BATCH)) for row in report.by_batch]


def _named(row: Row, names: tuple[str, str]) -> Row:
    return Row(row.key, row.figures, *names)


def _detail(report: TrainingReport) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for one in report.details:
        each, person = report.class_of(one), one.person
        rows.append(
            [
                person.part, each.id, each.name_en, each.name_zh, each.course_en, each.course_zh, each.batch,
                joined(CATEGORIES[person.category]), person.number, person.name, person.name_zh, person.organisation,
                one.attended, one.held, one.minutes, len(one.days), one.times, joined(REASONS[one.reason]), person.id,
            ]
        )  # fmt: skip
    return rows


def _rule(report: TrainingReport, titles: dict[str, tuple[str, str]]) -> list[list[Cell]]:
    names = [titles.get(part, (part, part)) for part in report.sites]
    period = f"{report.period.first} – {report.period.last}"
    rows: list[list[Cell]] = [
        [f"{zh}：{value_zh}", f"{en}: {value_en}"]
        for (en, zh), value_en, value_zh in (
            (in_both(N_("Period")), period, period),
            (in_both(N_("Site")), ", ".join(name[0] for name in names), "、".join(name[1] for name in names)),
            (in_both(N_("Counting rule")), report.rule.id, report.rule.id),
            (in_both(N_("State of the records")), report.cut_off, report.cut_off),
            (in_both(N_("Hash of the figures")), report.hash, report.hash),
        )
    ]
    rows += [[zh, en] for en, zh in rule_words(report.rule, report.lesson_minutes)]
    for event in report.beside.events:
        en, zh = in_both(EVENTS.get(event.kind, N_("Event")))
        rows.append(
            [
                f"未计入：{event.day} {zh} {event.title_zh}，{event.people} 人",
                f"Not counted: {event.day} {en} {event.title_en}, {event.people} people",
            ]
        )
    return rows
