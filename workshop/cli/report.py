"""Reports of a site."""

from pathlib import Path

import click

from workshop.cli.output import answer, opened


@click.group()
def report() -> None:
    """Figures for the annual report, counted from the records."""


@report.command("training")
@click.option("--from", "first", help="First day, as in 2024-09-01; else the school year that ended last.")
@click.option("--to", "last", help="Last day, as in 2025-08-31.")
@click.option("--period", help="Instead of days: month, opening, school-2024, year-2024 ...")
@click.option("--site", "part", help="One site; at the campus all of them without it.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "csv", "xlsx"]), default="text", show_default=True
)
@click.option("--detail", is_flag=True, help="CSV: every person in every class instead of the figures.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.pass_obj
def training(
    folder: Path,
    first: str | None,
    last: str | None,
    period: str | None,
    part: str | None,
    form: str,
    detail: bool,
    out: Path | None,
) -> None:
    """Person-times, persons and hours of training by category; every figure follows the counting rule printed with it."""
    from workshop.courses.queries import sites
    from workshop.reports import choice, export
    from workshop.reports.queries import training_report

    if form == "xlsx" and out is None:
        raise click.UsageError("--format xlsx needs --out FILE")
    with opened(folder) as site:
        parts = choice.parts_of(site, part)
        asked = {"from": first or "", "to": last or "", "period": period or ""}
        found = training_report(site, parts, choice.period_of(site, parts, asked))
        titles = {one["id"]: (one["name_en"], one["name_zh"]) for one in sites(site.db)}
        if form in ("csv", "xlsx"):
            data = (
                export.workbook(found, titles)
                if form == "xlsx"
                else export.csv_detail(found)
                if detail
                else export.csv_figures(found, titles)
            )
            if out is None:
                click.echo(data, nl=False)
            else:
                out.write_bytes(data)
                click.echo(f"{out}: {len(data)} bytes")
            return
        answer(form, export.as_data(found), export.as_text(found))
