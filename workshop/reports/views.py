"""The training report as a page with its filters, the rows behind every number, and its files. Thin."""

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from workshop.courses import queries as courses
from workshop.i18n import current_lang
from workshop.problems import N_, Problem
from workshop.reports import choice, export, queries, words
from workshop.reports.choice import Selection
from workshop.reports.model import Detail, Figures, Period
from workshop.reports.report import TrainingReport
from workshop.reports.rules import hours
from workshop.web import NavItem, current_site, lang_url, render, require

bp = Blueprint("reports", __name__, url_prefix="/reports")
READERS = ("admin", "reviewer", "supervisor", "instructor")
nav = [NavItem("reports.training", N_("Reports"), "report", frozenset(READERS))]

ROWS_PER_PAGE = 50
SHOWN = ("rows", "people", "classes")
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


@bp.get("/training")
@require(*READERS)
def training() -> Response:
    report, asked = _report()
    site = current_site()
    lang = current_lang()
    return render(
        "reports/training.html",
        report=report,
        asked=asked,
        tables=_tables(report),
        columns=[_(heading) for heading in words.FIGURES.values()],
        cells=lambda figures, **limits: _cells(report, asked, figures, limits),
        rule=words.rule_words(report.rule, report.lesson_minutes),
        presets=[
            (one, _period_name(one), lang_url("reports.training", **{"from": one.first, "to": one.last, "site": asked["site"]}))
            for one in sorted(choice.periods(site, list(report.sites)), key=_shown_order)
        ],
        period_name=_period_name(report.period),
        site_names=_site_names(report, lang),
        site_options=[(choice.ALL_SITES, _("All sites"))]
        + [(one["id"], one["name_zh" if lang == "zh" else "name_en"]) for one in courses.sites(site.db)],
        events=[(one, _(words.EVENTS.get(one.kind, N_("Event")))) for one in report.beside.events],
        not_counted=sum(not one.counted for one in report.details),
        rows_url=lambda **limits: lang_url("reports.training_rows", **asked, **limits),
        file_url=lambda kind, **more: lang_url("reports.training_file", kind=kind, **asked, **more),
    )  # fmt: skip


@bp.get("/training/rows")
@require(*READERS)
def training_rows() -> Response:
    report, asked = _report()
    show = request.args.get("show", "rows")
    if show not in SHOWN:
        raise Problem("not_found", 404)
    limits = {
        name: request.args[name][:64]
        for name in ("category", "course", "batch", "part", "class_id", "counted")
        if request.args.get(name)
    }
    chosen = Selection(**limits)
    found = chosen.rows(report)
    listed: list[Any] = found
    if show == "people":
        listed = _people(report, found)
    if show == "classes":
        listed = _classes(report, limits)
    page = max(1, min(request.args.get("page", 1, type=int), -(-len(listed) // ROWS_PER_PAGE) or 1))
    start = (page - 1) * ROWS_PER_PAGE
    here = {**asked, **limits, "show": show}
    return render(
        "reports/rows.html",
        report=report,
        show=show,
        total=len(listed),
        times=sum(one.times for one in found),
        rows=listed[start : start + ROWS_PER_PAGE],
        start=start,
        page=page,
        pages=-(-len(listed) // ROWS_PER_PAGE) or 1,
        page_url=lambda number: lang_url("reports.training_rows", **here, page=number),
        back_url=lang_url("reports.training", **asked),
        counted=chosen.counted,
        counted_url=lambda value: lang_url("reports.training_rows", **asked, **{**limits, "counted": value}),
        limits=_limit_names(report, limits),
        period_name=_period_name(report.period),
        category_name=lambda key: _(words.CATEGORIES[key]),
        reason_name=lambda one: _(words.REASONS[one.reason]),
        hours=lambda minutes: hours(minutes, report.lesson_minutes),
        person_url=lambda one: lang_url(
            "courses.class_page", class_id=one.person.class_id, **_where(one.person.part)
        ),
        class_url=lambda one: lang_url("courses.class_page", class_id=one.id, **_where(one.part)),
    )


@bp.get("/training/file.<kind>")
@require(*READERS)
def training_file(kind: str) -> Response:
    if kind not in TYPES:
        raise Problem("not_found", 404)
    report, _asked = _report()
    titles = site_titles(report)
    if kind == "xlsx":
        data = export.workbook(report, titles)
    elif request.args.get("sheet") == "detail":
        data = export.csv_detail(report)
    else:
        data = export.csv_figures(report, titles)
    response = Response(data, mimetype=TYPES[kind])
    name = f"training-{'-'.join(report.sites)[:40]}-{report.period.first}-{report.period.last}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def site_titles(report: TrainingReport) -> dict[str, tuple[str, str]]:
    return {one["id"]: (one["name_en"], one["name_zh"]) for one in courses.sites(current_site().db)}


def _report() -> tuple[TrainingReport, dict[str, str]]:
    """The report asked for, and the address parts that ask for it again."""
    site = current_site()
    parts = choice.parts_of(site, request.args.get("site"))
    period = choice.period_of(site, parts, request.args)
    asked = {"from": period.first, "to": period.last}
    asked["site"] = parts[0] if len(parts) == 1 else choice.ALL_SITES
    return queries.training_report(site, parts, period), asked


def _tables(report: TrainingReport) -> list[dict[str, Any]]:
    """The tables of the page: heading, and rows of (title, figures, what the row is limited to)."""
    lang = current_lang()
    titles = site_titles(report)
    found = [
        {
            "id": "category",
            "title": _("By category"),
            "first": _("Category"),
            "rows": [(_(words.CATEGORIES[row.key]), row.figures, {"category": row.key}) for row in report.by_category],
        },
        {
            "id": "course",
            "title": _("By course"),
            "first": _("Course"),
            "rows": [(row.title(lang), row.figures, {"course": row.key}) for row in report.by_course],
        },
        {
            "id": "batch",
            "title": _("By batch"),
            "first": _("Batch"),
            "rows": [
                (row.key or _(words.NO_BATCH), row.figures, {"batch": row.key or "-"}) for row in report.by_batch
            ],
        },
    ]  # fmt: skip
    if len(report.sites) > 1:
        rows = [(titles[row.key][lang == "zh"], row.figures, {"part": row.key}) for row in report.by_site]
        found.append({"id": "site", "title": _("By site"), "first": _("Site"), "rows": rows})
    return found


def _cells(
    report: TrainingReport, asked: dict[str, str], figures: Figures, limits: dict[str, str]
) -> list[tuple[str, str, str]]:
    """(column, number as text, address of the rows behind it) of the five figures."""

    def url(show: str) -> str:
        return lang_url("reports.training_rows", **asked, **limits, show=show)

    columns = [_(heading) for heading in words.FIGURES.values()]
    texts = [
        f"{figures.person_times:,}",
        f"{figures.persons:,}",
        _grouped(hours(figures.taught_minutes, report.lesson_minutes)),
        _grouped(hours(figures.person_minutes, report.lesson_minutes)),
        f"{figures.person_days:,}",
    ]
    urls = [url("rows"), url("people"), url("classes"), url("rows"), url("people")]
    return list(zip(columns, texts, urls, strict=True))


def _grouped(number: str) -> str:
    """ "41180.0" -> "41,180.0"."""
    whole, _dot, rest = number.partition(".")
    return f"{int(whole):,}.{rest}"


def _people(report: TrainingReport, found: list[Detail]) -> list[dict[str, Any]]:
    """One entry a person: in which classes, how many person-times, minutes and days."""
    people: dict[tuple[str, str], list[Detail]] = {}
    for one in found:
        people.setdefault(one.key, []).append(one)
    rows = [
        {
            "person": ones[0].person,
            "details": [(one, report.class_of(one)) for one in ones],
            "times": sum(one.times for one in ones),
            "minutes": sum(one.minutes for one in ones),
            "days": len({day for one in ones for day in one.days}),
        }
        for ones in people.values()
    ]
    return sorted(rows, key=lambda row: (row["person"].part, row["person"].number, row["person"].id))


def _classes(report: TrainingReport, limits: dict[str, str]) -> list[Any]:
    """The classes whose hours are meant: under the category of the class, as the rule says."""
    batch = limits.get("batch")
    return [
        one
        for one in report.classes
        if limits.get("category") in (None, one.category)
        and limits.get("course") in (None, one.course_id)
        and batch in (None, one.batch or "-")
        and limits.get("part") in (None, one.part)
        and limits.get("class_id") in (None, one.id)
    ]


def _limit_names(report: TrainingReport, limits: dict[str, str]) -> list[str]:
    """What the list is limited to, in words."""
    lang = current_lang()
    names: list[str] = []
    names += [_(word) for key, word in words.CATEGORIES.items() if key == limits.get("category")]
    names += [row.title(lang) for row in report.by_course if row.key == limits.get("course")]
    if "batch" in limits:
        names.append(_(words.NO_BATCH) if limits["batch"] == "-" else limits["batch"])
    names += [one.name(lang) for one in report.classes if one.id == limits.get("class_id")]
    names += [limits["part"]] if "part" in limits else []
    return names


def _site_names(report: TrainingReport, lang: str) -> list[str]:
    titles = site_titles(report)
    return [titles.get(part, (part, part))[lang == "zh"] for part in report.sites]


def _period_name(period: Period) -> str:
    kind, _dash, year = period.code.partition("-")
    if kind == "school":
        return str(_("School year %(first)s–%(second)s", first=year, second=int(year) + 1))
    if kind == "year":
        return str(_("Calendar year %(year)s", year=year))
    if kind == "month":
        return str(_("This month"))
    if kind == "opening":
        return str(_("Since the first class"))
    return f"{period.first} – {period.last}"


def _where(part: str) -> dict[str, str]:
    return {"site": part} if current_site().role == "campus" else {}


def _shown_order(period: Period) -> tuple[bool, str]:
    """School years first, in order of time."""
    return not period.code.startswith("school-"), period.first if period.code.startswith("school-") else ""
