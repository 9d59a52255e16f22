"""Where a site's log lies: in its own file, or on PostgreSQL for several web nodes."""

from pathlib import Path

import click

from workshop.cli.output import answer, as_format, failures, opened


@click.group()
def log() -> None:
    """The log of a site that outgrows one machine: on PostgreSQL, for several web nodes."""


@log.command("move")
@click.option(
    "--to",
    "to",
    required=True,
    metavar="ADDRESS",
    help="postgresql://user@host/database; or file, to come back.",
)
@as_format
@click.pass_obj
def move(folder: Path, to: str, form: str) -> None:
    """Move the log of the site to PostgreSQL, or back into its own file. The server must be stopped.

    Every link and signature is checked before, every row compared after. A move that was broken off is begun again with the same command.
    """
    from workshop.growing import bare, move_to_file, move_to_postgres

    with failures():
        if to == "file":
            move_to_file(folder)
            answer(
                form,
                {"log": "file"},
                f"the log is in {folder} again; other nodes must not be started any more",
            )
            return
        moved = move_to_postgres(folder, to)
        text = f"{moved.ops} ops and {sum(moved.rows.values()) - moved.ops} other rows are at {bare(to)}, compared row by row"
        answer(form, {"log": bare(to), "ops": moved.ops, "rows": moved.rows}, text)


@log.command("join")
@click.option(
    "--from",
    "of",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="The folder of a node of the site, or a copy of it.",
)
@as_format
@click.pass_obj
def join(folder: Path, of: Path, form: str) -> None:
    """Make the folder of --data, which must be empty or missing, one more node of a site whose log is on PostgreSQL."""
    from workshop.growing import join_log

    with failures():
        ops = join_log(of, folder)
        answer(form, {"ops": ops}, f"{folder} is a node of the site now and holds {ops} ops")


@log.command("push")
@as_format
@click.pass_obj
def push(folder: Path, form: str) -> None:
    """After PostgreSQL was put back from an older copy: give it what this node has and it lacks. All nodes must be stopped."""
    from workshop.growing import push as give

    with failures():
        done = give(folder)
        text = f"{done.ops} ops and {done.rows} other rows were given to the log; a new epoch began: {done.epoch}"
        answer(form, {"ops": done.ops, "rows": done.rows, "epoch": done.epoch}, text)


@log.command("status")
@as_format
@click.pass_obj
def status(folder: Path, form: str) -> None:
    """Where the log lies, and whether this node has all of it."""
    from workshop.logs import bare

    with opened(folder) as site:
        head = site.shared_head()
        value: dict[str, str | int | bool | None] = {"log": "file", "device": site.device}
        if site.log_url:
            here = site.node.mark.version if site.node.mark else None
            there = head.mark.version if head else None
            value |= {"log": bare(site.log_url), "reached": head is not None, "here": here, "there": there}
        lines = [f"{name:<9} {value[name]}" for name in value]
        answer(form, value, "\n".join(lines))
        if site.log_url and head is None:
            raise SystemExit(1)
