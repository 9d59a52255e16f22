"""Setting up a site, and proving that what it holds is whole."""

from pathlib import Path

import click

from workshop.cli.output import answer, as_format, failures, opened
from workshop.setup import begin_campus
from workshop.site import Site
from workshop.verify import verify_site


@click.command()
@click.option("--role", type=click.Choice(["workshop", "campus"]), required=True, help="What this site is.")
@click.option("--code", required=True, help="Short name of the site, as in mbale: a-z, 0-9 and -.")
@click.option(
    "--campus", "root", help="For a workshop: the device id of its campus, which prints it at its own init."
)
@click.option(
    "--campus-url", help="For a workshop: where the campus answers, such as https://campus.example."
)
@click.option(
    "--tz",
    "tz_minutes",
    type=int,
    default=180,
    show_default=True,
    help="Minutes east of UTC of the site's own clock.",
)
@click.option("--name-en", default="", help="The campus's name in English.")
@click.option("--name-zh", default="", help="The campus's name in Chinese.")
@click.pass_obj
def init(
    folder: Path,
    role: str,
    code: str,
    root: str | None,
    campus_url: str | None,
    tz_minutes: int,
    name_en: str,
    name_zh: str,
) -> None:
    """Make a new site in the folder of --data, with a key of its own."""
    if role == "workshop" and not root:
        raise click.UsageError(
            "a workshop needs --campus: the device id that `workshop init` printed at the campus"
        )
    if (
        not code.replace("-", "").isalnum()
        or not code.islower()
        or not 2 <= len(code) <= 16
        or code == "common"
    ):
        raise click.UsageError("--code takes 2 to 16 small letters, digits and -, and not the word common")
    with failures():
        site = Site.create(folder, code, role, root=root, tz_minutes=tz_minutes)
        if role == "campus":
            begin_campus(site, name_en or code, name_zh or code)
        if campus_url:
            from workshop.exchange.background import add_peer

            add_peer(site, campus_url, root)
        click.echo(f"site      {code} ({role})\ndevice    {site.device}\nkey       {site.key.public}")
        if role == "workshop":
            click.echo(
                f"now, at the campus: workshop --data CAMPUS device join {site.key.public} --site {code} --name-en ... --name-zh ..."
            )
        site.close()


@click.command()
@click.option("--check", is_flag=True, help="Rebuild and compare; exit code 1 when the hashes differ.")
@as_format
@click.pass_obj
def rebuild(folder: Path, check: bool, form: str) -> None:
    """Throw the derived tables away and make them anew from the log. Nothing that was recorded is touched."""
    with opened(folder) as site, site.locked() as node:
        before, after = node.rebuild()
        answer(
            form,
            {"equal": before == after, "hash": after},
            f"{'equal' if before == after else 'NOT EQUAL'} {after}",
        )
        if check and before != after:
            raise SystemExit(1)


@click.command()
@as_format
@click.pass_obj
def verify(folder: Path, form: str) -> None:
    """Check every link and every signature of the log, and the database file itself."""
    with opened(folder) as site, site.locked() as node:
        found = verify_site(node)
        text = f"{found.ops} ops in {found.chains} chains, {found.signatures} signatures: {'all good' if not found.faults else 'FAULTS'}"
        answer(
            form,
            {
                "good": not found.faults,
                "ops": found.ops,
                "chains": found.chains,
                "signatures": found.signatures,
                "faults": found.faults,
            },
            "\n".join([text, *found.faults]),
        )
        if found.faults:
            raise SystemExit(1)
