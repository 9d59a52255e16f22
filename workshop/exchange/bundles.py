"""What a bundle for the other side must hold: everything for which it has given no receipt. Writes and reads the files."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sync.bundle import BundleInfo, read_bundle, stream_bundle, write_bundle
from sync.log import Vector
from workshop.admission import COMMON
from workshop.exchange import queries
from workshop.problems import Problem
from workshop.site import Site


@dataclass(frozen=True)
class Taken:
    """What became of a bundle that was brought: `refused` counts the runs not taken by their codes."""

    device: str
    role: str
    at: int
    ops: int
    new: int
    refused: tuple[tuple[str, int], ...]


def peer_vector(site: Site, part: str | None = None) -> Vector | None:
    """What the other side surely has: its own ops that we hold, and what its signed receipts name. None when nothing is known of it.

    The other side of a workshop is its campus; of a campus the workshop of `part`. What a peer merely said is not enough here: a
    file that leaves something out cannot be asked for the rest.
    """
    other = queries.other_side(site, part)
    return queries.receipted(site.db, other) if other else None


def write_file(site: Site, part: str, everything: bool = False) -> tuple[IO[bytes], BundleInfo]:
    """A bundle of what the other side lacks, in a file without a name that is gone when it is closed.

    From a campus only the workshop's own part and the common one go: other sites' people are none of its business.
    """
    has = None if everything else peer_vector(site, part)
    return _written(site, [COMMON, part], has)


def write_to(site: Site, part: str, path: Path, everything: bool = False) -> BundleInfo:
    """The same under a name: temporary first, synced, renamed."""
    has = None if everything else peer_vector(site, part)
    with site.locked() as node:
        return write_bundle(node, path, [COMMON, part], has)


def write_receipts(site: Site, part: str) -> tuple[IO[bytes], BundleInfo]:
    """A bundle without ops: the receipts that a tablet takes back."""
    with site.locked() as node:
        all_of_it = node.log.vector([part])
    return _written(site, [part], all_of_it)


def take_file(site: Site, path: Path) -> Taken:
    """Take a bundle in, also a tablet's. Raises BundleError `bundle_damaged`, `bundle_foreign`, `bundle_too_large`; then nothing was.

    Raises Problem("bundle_own") for a file that this server itself wrote: somebody carries it back unread.
    """
    with site.locked() as node:
        info, new, refused, _ = read_bundle(node, path, site.parts)
    if info.device == site.device:
        raise Problem("bundle_own", 422)
    codes = Counter(error.code for error in refused)
    return Taken(info.device, info.role, info.at, info.ops, new, tuple(sorted(codes.items())))


def _written(site: Site, parts: list[str], has: Vector | None) -> tuple[IO[bytes], BundleInfo]:
    file = tempfile.TemporaryFile(dir=site.folder)  # noqa: SIM115 - whoever sends it closes it; not in RAM, as /tmp may be
    try:
        with site.locked() as node:
            info = stream_bundle(node, file, parts, has)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, info
