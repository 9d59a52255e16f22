"""What a bundle for the other side must hold: everything for which it has given no receipt. Writes and reads the files."""

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sync import sealed
from sync.bundle import BundleInfo, Progress, read_bundle, silent, stream_bundle
from sync.errors import SyncError
from sync.log import Vector
from workshop.admission import COMMON
from workshop.exchange import caught_up, history, queries, sealing
from workshop.exchange.history import Row
from workshop.problems import Problem
from workshop.site import Site


@dataclass(frozen=True)
class Wanted:
    """Which file. `everything`: also what the other side is known to have; `receipts`: none of the ops, what a tablet takes back;
    `seal`: for the campus's eyes only; `text`: as lines of text, for chat apps.
    """

    part: str
    everything: bool = False
    receipts: bool = False
    seal: bool = False
    text: bool = False


@dataclass(frozen=True)
class Written:
    """A file that was made, open at its beginning and without a name: it is gone when it is closed."""

    file: IO[bytes]
    info: BundleInfo
    bytes: int


def peer_vector(site: Site, part: str | None = None) -> Vector | None:
    """What the other side surely has: its own ops that we hold, and what its signed receipts name. None when nothing is known of it.

    The other side of a workshop is its campus; of a campus the workshop of `part`. What a peer merely said is not enough here: a
    file that leaves something out cannot be asked for the rest.
    """
    other = queries.other_side(site, part)
    return queries.receipted(site.db, other) if other else None


def write_file(site: Site, wanted: Wanted, actor: str = "", progress: Progress = silent) -> Written:
    """A bundle of what the other side lacks, noted in the history.

    From a campus only the workshop's own part and the common one go: other sites' people are none of its business.
    Raises Problem("no_seal_key") when nobody told this workshop what to seal for.
    """
    sealing.publish_recipient(site)
    recipient = queries.recipient(site.db) if wanted.seal else None
    if wanted.seal and (recipient is None or site.role == "campus"):
        raise Problem("no_seal_key", 422)
    parts = [wanted.part] if wanted.receipts else [COMMON, wanted.part]
    has = None if wanted.everything else peer_vector(site, wanted.part)
    if wanted.receipts:
        with site.locked() as node:
            has = node.log.vector(parts)
    with ExitStack() as undo:
        file = undo.enter_context(_nameless(site))
        info = stream_bundle(site.node, file, parts, has, root=site.root, hold=site.locked, progress=progress)
        if recipient:
            file = _wrapped(site, file, undo, lambda plain, to: sealed.seal(plain, to, recipient))
        if wanted.text:
            label = b"AGE ENCRYPTED FILE" if recipient else b"LUBAN BUNDLE"
            file = _wrapped(site, file, undo, lambda binary, to: sealed.write_text(binary, to, label))
        size = file.seek(0, os.SEEK_END)
        sha256 = _sha256(file)
        row = Row(state="written", at=site.now(), actor=actor, part=wanted.part, bytes=size, sha256=sha256)
        history.note(site, row.of(info, sealed=wanted.seal))
        undo.pop_all()
    return Written(file, info, size)


def write_to(site: Site, wanted: Wanted, path: Path, progress: Progress = silent) -> Written:
    """The same under a name: temporary first, synced, renamed."""
    written = write_file(site, wanted, progress=progress)
    temporary = path.with_name(path.name + ".part")
    try:
        with written.file, temporary.open("wb") as file:
            shutil.copyfileobj(written.file, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return written


def take_file(
    site: Site, path: Path, parts: list[str], actor: str = "", token: str = "", progress: Progress = silent
) -> Row:
    """Take a bundle in, also a tablet's, and note in the history what became of it; that note.

    `parts` are those of this site. Raises BundleError, or Problem("bundle_own") for a file that this server itself wrote and that
    brings it nothing; then nothing was taken, and that is noted. After a restore its own file may well bring something.
    """
    with path.open("rb") as file:
        row = Row(
            state="refused", at=site.now(), actor=actor, bytes=path.stat().st_size, sha256=_sha256(file)
        )
    row = row.named(token).told(sealed=sealed.is_sealed(path))
    try:
        with tempfile.TemporaryDirectory(dir=site.folder, prefix="opened-") as folder:
            plain = sealed.unwrapped(path, Path(folder), sealing.identity_of(site))
            found = read_bundle(site.node, plain, parts, root=site.root, hold=site.locked, progress=progress)
        if found.info.device == site.device and not found.new:
            raise Problem("bundle_own", 422)
    except (SyncError, Problem) as error:
        history.note(site, row.told(code=error.code, new=error.data.get("new", 0)))
        raise
    caught_up.note_file(site, found)
    codes = Counter(error.code for error in found.refused)
    row = row.of(found.info, sealed=row.sealed).told(
        state="taken", new=found.new, receipts=found.receipts, refused=tuple(sorted(codes.items()))
    )
    history.note(site, row)
    return row


def _wrapped(
    site: Site, file: IO[bytes], undo: ExitStack, wrap: Callable[[IO[bytes], IO[bytes]], None]
) -> IO[bytes]:
    """A second nameless file made of the first, which is closed."""
    outer = undo.enter_context(_nameless(site))
    file.seek(0)
    with file:
        wrap(file, outer)
    return outer


def _nameless(site: Site) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=site.folder)  # not in RAM, as /tmp may be


def _sha256(file: IO[bytes]) -> str:
    """Of the whole file, left at its beginning."""
    file.seek(0)
    found = hashlib.sha256()
    while chunk := file.read(2**20):
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
