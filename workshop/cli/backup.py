"""A site in one file, and back."""

from datetime import UTC, datetime
from pathlib import Path

import click

from workshop.cli.output import answer, as_format, failures, opened


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_format
@click.pass_obj
def backup(folder: Path, file: Path, form: str) -> None:
    """Write the whole site to FILE: records, accounts, keys, lessons. The server may run on meanwhile.

    FILE holds names, marks and the keys with which this server signs. Keep it as safe as the server itself.
    """
    from workshop.backup import write_backup

    with opened(folder) as site:
        made = write_backup(site, file)
        size = file.stat().st_size
        value = {"file": str(file), "site": made.site, "files": len(made.files), "bytes": size}
        answer(form, value, f"{file}: {made.site}, {len(made.files)} files, {size} bytes")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only look whether FILE is good; nothing is kept.")
@as_format
@click.pass_obj
def restore(folder: Path, file: Path, check: bool, form: str) -> None:
    """Put the site of a backup FILE into the folder of --data, which must be empty or missing.

    Every sum, link and signature is checked first; a damaged file is refused whole. The old server must not run any more.
    """
    from workshop.backup import check_backup, restore_backup

    with failures():
        done = check_backup(file, folder) if check else restore_backup(file, folder)
    told, found = done.contents, done.found
    value = {
        "site": told.site,
        "role": told.role,
        "device": told.device,
        "at": told.at,
        "ops": found.ops,
        "chains": found.chains,
        "signatures": found.signatures,
        "epoch": done.epoch or None,
    }
    made = datetime.fromtimestamp(told.at // 1000, UTC)
    lines = [
        f"{told.site} ({told.role}), backup of {made:%Y-%m-%d %H:%M} UTC",
        f"{found.ops} ops in {found.chains} chains, {found.signatures} signatures: all good",
    ]
    if done.epoch:
        lines += [f"restored to {folder}; a new epoch began: {done.epoch}", _what_now(told.role, folder)]
    answer(form, value, "\n".join(lines))


def _what_now(role: str, folder: Path) -> str:
    if role == "campus":
        return "now let every workshop exchange before anybody records or issues: what came after the backup is with them"
    return f"now, before anybody records: workshop --data {folder} sync   (or a bundle that the campus wrote with --all)"
