"""What is held about a person: handing it over, erasing it."""

import json
from pathlib import Path

import click

from workshop.cli.output import opened
from workshop.privacy import commands, export, paper, queries
from workshop.privacy.queries import Person
from workshop.privacy.records import REASONS
from workshop.problems import Problem
from workshop.roster.queries import person_id
from workshop.site import Site


@click.group()
def person() -> None:
    """What is held about one person: hand it over, or erase it everywhere."""


@person.command("export")
@click.argument("number")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A name that ends in .json or .pdf.",
)
@click.pass_obj
def person_export(folder: Path, number: str, out: Path) -> None:
    """Write everything held about the person with this NUMBER in the register (or id) to a file."""
    if out.suffix not in (".json", ".pdf"):
        raise click.UsageError("--out must end in .json or .pdf")
    with opened(folder) as site:
        found = export.as_data(site, _one(site, number))
        if out.suffix == ".pdf":
            out.write_bytes(paper.make_pdf(found))
        else:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        click.echo(f"{out}: {len(found['said'])} entries")


@person.command("erase")
@click.argument("number")
@click.option("--reason", type=click.Choice(REASONS), required=True)
@click.option("--asked-on", default="", help="The day on which the person asked, as in 2026-01-31.")
@click.option(
    "--by", "username", required=True, help="User name of the administrator or reviewer who decides."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def person_erase(folder: Path, number: str, reason: str, asked_on: str, username: str, yes: bool) -> None:
    """Erase the person with this NUMBER in the register (or id) at every site, for ever. At the home campus only."""
    with opened(folder) as site:
        found = _one(site, number)
        commands.to_erase(site, found.part, found.id)
        actor = person_id(site.db, username)
        if actor is None:
            raise Problem("roster_actor_unknown", 422, username=username)
        if not yes:
            typed = click.prompt(
                f"{found.name}  {found.part}  {found.id}\nType the number again to erase this person for ever"
            )
        else:
            typed = found.number or found.id
        gone = commands.erase(
            site, found.part, actor, found.id, typed=typed, reason=reason, asked_on=asked_on, via="cli"
        )
        click.echo(
            f"{found.id}  erased: {gone} ops blanked here; other sites and tablets follow at their next exchange"
        )


def _one(site: Site, number: str) -> Person:
    """Raises Problem erase_no_person, erase_many."""
    found = queries.by_number(site.db, site.site_parts, number)
    if len(found) != 1:
        raise Problem("erase_many" if found else "erase_no_person", 404)
    return found[0]
