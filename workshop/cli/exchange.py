"""Exchange with other sites: over the network now, or by bundle file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from sync.bundle import Progress, silent
from workshop.cli.output import answer, as_format, fail, opened
from workshop.exchange import background, bundles, history, queries, sealing
from workshop.exchange.bundles import Wanted
from workshop.problems import Problem
from workshop.site import Site

STEPS = {"write": "Ops written:", "check": "Checking the file:", "take": "Taking it in:"}


@click.command()
@click.option("--to", "address", help="Only this peer, such as http://127.0.0.1:8001; else all known ones.")
@as_format
@click.pass_obj
def sync(folder: Path, address: str | None, form: str) -> None:
    """Exchange with the campus (or with any peer) now."""
    with opened(folder) as site:
        addresses = [address] if address else [peer.address for peer in background.peers(site)]
        if not addresses:
            fail("no_peer", {})
        for each in addresses:
            outcome = background.exchange_with(site, each)
            value = {
                "peer": each,
                "sent": outcome.sent,
                "taken": outcome.taken,
                "receipts": outcome.receipts,
                "refused": outcome.refused,
            }
            answer(
                form,
                value,
                f"{each}: {outcome.sent} ops sent, {outcome.taken} taken, {outcome.receipts} receipts",
            )
            if outcome.refused:
                fail(outcome.refused[0][0], outcome.refused[0][1])


@click.group()
def peer() -> None:
    """The servers that this site talks to."""


@peer.command("add")
@click.argument("address")
@click.option("--device", help="The server's device id: nobody else will be believed at this address.")
@click.pass_obj
def peer_add(folder: Path, address: str, device: str | None) -> None:
    """Talk to the server at ADDRESS."""
    with opened(folder) as site:
        background.add_peer(site, address, device)


@peer.command("list")
@as_format
@click.pass_obj
def peer_list(folder: Path, form: str) -> None:
    """Show the peers and how the last try went."""
    with opened(folder) as site:
        found = background.peers(site)
        rows = [
            {"address": p.address, "last_ok": p.last_ok, "last_try": p.last_try, "last_error": p.last_error}
            for p in found
        ]
        answer(
            form,
            {"peers": rows},
            "\n".join(f"{p.address}  last error: {p.last_error or '-'}" for p in found) or "none",
        )


@click.group()
def bundle() -> None:
    """Carry ops by file: USB stick, chat app."""


@bundle.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--all", "everything", is_flag=True, help="Everything, also what the other side is known to have."
)
@click.option(
    "--seal", is_flag=True, help="At a workshop: encrypt for the home campus; nobody else can open it."
)
@click.option("--text", is_flag=True, help="As lines of text, for chat apps that pass on nothing else.")
@click.option("--receipts", is_flag=True, help="Receipts without ops: what a tablet takes back.")
@click.option("--site", "part", help="At the campus: for which workshop. Needed when there are several.")
@as_format
@click.pass_obj
def bundle_export(
    folder: Path,
    file: Path,
    everything: bool,
    seal: bool,
    text: bool,
    receipts: bool,
    part: str | None,
    form: str,
) -> None:
    """Write FILE (*.luban) with all that the other side has not receipted yet.

    A campus writes for one workshop: what all share, and that workshop's own.
    """
    with opened(folder) as site:
        wanted = Wanted(_part_for(site, part), everything, receipts, seal, text)
        with shown_progress() as progress:
            written = bundles.write_to(site, wanted, file, progress)
        info = written.info
        answer(
            form,
            {"file": str(file), "ops": info.ops, "runs": info.runs, "bytes": written.bytes, "sealed": seal},
            f"{file}: {info.ops} ops, {written.bytes} bytes{', sealed for the campus' if seal else ''}",
        )


@bundle.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_format
@click.pass_obj
def bundle_import(folder: Path, file: Path, form: str) -> None:
    """Take FILE in. A damaged one is refused whole; one that was taken before changes nothing."""
    with opened(folder) as site:
        with shown_progress() as progress:
            row = bundles.take_file(site, file, site.parts, progress=progress)
        value = {
            "from": row.device,
            "role": row.role,
            "ops": row.ops,
            "taken": row.new,
            "receipts": row.receipts,
            "sealed": row.sealed,
            "refused": [code for code, count in row.refused for _ in range(count)],
        }
        answer(form, value, f"{file}: {_what_it_brought(row)}")
        if row.refused:
            fail(row.refused[0][0], {"runs": sum(count for _, count in row.refused)})


@bundle.command("list")
@as_format
@click.pass_obj
def bundle_list(folder: Path, form: str) -> None:
    """Show what the last files did, newest first: made here, taken in, refused."""
    with opened(folder) as site:
        found = queries.files(site.db, history.KEPT)
        rows = [
            {
                "at": f.at,
                "state": f.state,
                "from": f.device,
                "ops": f.ops,
                "new": f.new,
                "receipts": f.receipts,
                "bytes": f.bytes,
                "sealed": f.sealed,
                "code": f.code,
            }
            for f in found
        ]
        lines = [
            f"{_moment(f.at)}  {f.state:8}  {f.new if f.state == 'taken' else f.ops:>7} ops  {f.code or f.name or f.device or '-'}"
            for f in found
        ]
        answer(form, {"files": rows}, "\n".join(lines) or "none")


@bundle.command("seal-key")
@as_format
@click.pass_obj
def bundle_seal_key(folder: Path, form: str) -> None:
    """Show what sealed files are encrypted to: the campus's age recipient. At the campus it is made now if it is missing."""
    with opened(folder) as site:
        sealing.publish_recipient(site)
        recipient = queries.recipient(site.db)
        if recipient is None:
            fail("no_seal_key", {})
        answer(form, {"recipient": recipient}, str(recipient))


def _what_it_brought(row: history.Row) -> str:
    told = f"{row.new} new of {row.ops} ops"
    if row.receipts:
        told += f", {row.receipts} receipts"
    return told + ("" if row.new or row.receipts or row.refused else "; all was here already")


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A line on stderr that is written over as the work goes on; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield silent
        return
    last = ""

    def show(step: str, done: int, of: int) -> None:
        nonlocal last
        now = f"{STEPS[step]} {100 * done // of} %" if of else f"{STEPS[step]} {done}"
        if now != last:
            click.echo(f"\r{now:40}", nl=False, err=True)
            last = now

    try:
        yield show
    finally:
        if last:
            click.echo("\r" + " " * 40 + "\r", nl=False, err=True)


def _part_for(site: Site, asked: str | None) -> str:
    """The workshop that a bundle is for or from. Raises click.UsageError, Problem("no_sites_yet")."""
    known = site.site_parts
    if not known:
        raise Problem("no_sites_yet", 404)
    if asked is None and len(known) > 1:
        raise click.UsageError(f"this campus has several workshops; name one with --site: {', '.join(known)}")
    if asked is not None and asked not in known:
        raise click.BadParameter(f"{asked} is none of {', '.join(known)}", param_hint="--site")
    return asked or known[0]
