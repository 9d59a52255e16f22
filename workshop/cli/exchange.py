"""Exchange with other sites: over the network now, or by bundle file."""

from pathlib import Path

import click

from sync.bundle import read_bundle
from workshop.cli.output import answer, as_format, fail, opened
from workshop.exchange import background, bundles
from workshop.problems import Problem
from workshop.site import Site


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
@click.option("--site", "part", help="At the campus: for which workshop. Needed when there are several.")
@as_format
@click.pass_obj
def bundle_export(folder: Path, file: Path, everything: bool, part: str | None, form: str) -> None:
    """Write FILE (*.luban) with all that the other side has not receipted yet.

    A campus writes for one workshop: what all share, and that workshop's own.
    """
    with opened(folder) as site:
        info = bundles.write_to(site, _part_for(site, part), file, everything)
        answer(
            form,
            {"file": str(file), "ops": info.ops, "runs": info.runs, "bytes": file.stat().st_size},
            f"{file}: {info.ops} ops, {file.stat().st_size} bytes",
        )


@bundle.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_format
@click.pass_obj
def bundle_import(folder: Path, file: Path, form: str) -> None:
    """Take FILE in. A damaged one is refused whole; one that was taken before changes nothing."""
    with opened(folder) as site, site.locked() as node:
        info, taken, refused, _ = read_bundle(node, file, site.parts)
        value = {
            "from": info.device,
            "role": info.role,
            "ops": info.ops,
            "taken": taken,
            "refused": [e.code for e in refused],
        }
        answer(form, value, f"{file}: {taken} new of {info.ops} ops")
        if refused:
            fail(refused[0].code, refused[0].data)


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
