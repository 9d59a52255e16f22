"""Bringing in rosters and lessons."""

import json
from pathlib import Path

import click

from workshop.cli.output import answer, as_format, opened
from workshop.problems import Problem


@click.command("import-roster")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only tell the fate of every row.")
@click.option("--class", "class_id", help="Enrol the people in this class too.")
@click.option("--actor", help="Whose import it is: a user name. Needed unless --dry-run.")
@as_format
@click.pass_obj
def import_roster(
    folder: Path, file: Path, dry_run: bool, class_id: str | None, actor: str | None, form: str
) -> None:
    """Import people from FILE (XLSX or CSV). All rows or none; importing again changes nothing."""
    from workshop.roster.commands import dry_run as plan_only
    from workshop.roster.commands import take_file

    with opened(folder) as site:
        if dry_run:
            try:
                found = plan_only(site, file)
            except Problem as problem:
                if form == "json":  # whoever reads JSON gets JSON, of a file that cannot be read as well
                    unread = {"file": file.name, "takeable": False, "rows": [], "error": problem.code}
                    answer(form, unread, "")
                raise
        elif actor is None:
            raise click.UsageError("--actor is needed: whose import it is")
        else:
            found = take_file(site, file, actor, class_id)
        lines = [
            f"{row['row']:>5}  {row['fate']:<14} {row['name']}  {row['reason'] or ''}"
            for row in found["rows"]
        ]
        answer(form, found, "\n".join([*lines, json.dumps(found["counts"])]))
        if not found["takeable"]:
            raise SystemExit(1)


@click.command("import-lessons")
@click.argument("folder_of_lessons", type=click.Path(exists=True, path_type=Path), required=False)
@as_format
@click.pass_obj
def import_lessons(folder: Path, folder_of_lessons: Path | None, form: str) -> None:
    """Import lesson folders (docs/reference/lesson-format.md); without an argument, those that come with the program."""
    from workshop.lessons import store

    with opened(folder) as site:
        found = (
            store.import_lessons(site.folder, folder_of_lessons)
            if folder_of_lessons
            else store.import_lessons(site.folder)
        )
        rows = [
            {"slug": item.slug, "version": item.version, "state": item.state, "bytes": item.size_bytes}
            for item in found
        ]
        answer(
            form,
            {"lessons": rows},
            "\n".join(f"{r['slug']}  {r['state']}" for r in rows),
        )
