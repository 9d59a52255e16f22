"""A site in one file, and back: database, keys, settings and lessons in a plain tar with a list of their sums. Knows no command line.

The first member, `backup.json`, names every other one with its SHA-256. A file is restored whole or not at all.
"""

import hashlib
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Final

import msgspec

from sync.errors import StoreError
from workshop.exchange import caught_up
from workshop.folder import DATABASE, ISSUER_KEY, KEY, LESSONS, SEAL_KEY, SETTINGS
from workshop.growing import detach
from workshop.site import Site, system_clock
from workshop.verify import Verification, verify_site

LIST: Final = "backup.json"
LIST_BYTES_MAX: Final = 4 * 2**20
CHUNK_BYTES: Final = 2**20
NEEDED: Final = {SETTINGS, KEY, DATABASE}


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `backup.json` says: whose backup, made when (UTC ms), and the SHA-256 of every file."""

    version: int
    site: str
    role: str
    device: str
    at: int
    files: dict[str, str]


@dataclass(frozen=True)
class Restored:
    """A site that was put back. `epoch` is empty when it was only looked at."""

    contents: Contents
    found: Verification
    epoch: str = ""


def write_backup(site: Site, path: Path) -> Contents:
    """Write the whole site to `path`: temporary name, synced, renamed, for the owner only. A server may run on meanwhile."""
    part = path.with_name(path.name + ".part")
    with tempfile.TemporaryDirectory(dir=site.folder, prefix="backup-") as scratch:
        copy = Path(scratch) / DATABASE
        with closing(sqlite3.connect(copy)) as there:
            site.db.conn.backup(there)  # all pages in one step: one moment of the database
        sources = {DATABASE: copy, **_small_files(site.folder)}
        sums = {name: _sum(source) for name, source in sorted(sources.items())}
        contents = Contents(1, site.code, site.role, site.device, site.now(), sums)
        part.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                _pack(file, contents, sources)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return contents


def check_backup(path: Path, beside: Path) -> Restored:
    """Prove a backup without keeping anything: it is unpacked next to `beside`, opened, verified, thrown away. Raises as `restore_backup`."""
    with _unpacked(path, beside) as (scratch, contents):
        return Restored(contents, _prove(scratch, contents, system_clock)[0])


def restore_backup(path: Path, folder: Path, clock: Callable[[], int] = system_clock) -> Restored:
    """Put a site back into an empty or missing folder. It begins a new epoch: what it sent after the backup has numbers already.

    Raises StoreError("folder_not_empty"), ("backup_damaged", what=...), ("backup_faults", faults=...); then nothing is left behind.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StoreError("folder_not_empty", path=str(folder))
    with _unpacked(path, folder) as (scratch, contents):
        found, epoch = _prove(scratch, contents, clock, begin=True)
        if folder.exists():
            folder.rmdir()
        scratch.rename(folder)
    return Restored(contents, found, epoch)


# -- writing


def _small_files(folder: Path) -> dict[str, Path]:
    """Everything but the database: {name in the backup: where it is}."""
    found = {
        name: folder / name for name in (SETTINGS, KEY, ISSUER_KEY, SEAL_KEY) if (folder / name).exists()
    }
    for path in sorted((folder / LESSONS).rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            found[name.as_posix()] = path
    return found


def _pack(file: IO[bytes], contents: Contents, sources: dict[str, Path]) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        told = msgspec.json.format(msgspec.json.encode(contents), indent=1)
        tar.addfile(_member(LIST, len(told), contents.at), BytesIO(told))
        for name, source in sorted(sources.items()):
            with source.open("rb") as stream:
                tar.addfile(_member(name, source.stat().st_size, contents.at), stream)


def _member(name: str, size: int, at: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, at // 1000
    return member


def _sum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# -- reading


@contextmanager
def _unpacked(path: Path, beside: Path) -> Iterator[tuple[Path, Contents]]:
    """A backup's files in a private folder next to `beside`, each with the sum that the list names. What is left at the end is deleted."""
    parent = beside.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=parent, prefix=".restore-"))
    try:
        try:
            with tarfile.open(path, mode="r:") as tar:
                contents = _unpack(tar, scratch)
        except (tarfile.TarError, EOFError) as error:
            raise StoreError("backup_damaged", what=str(error)) from error
        yield scratch, contents
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _unpack(tar: tarfile.TarFile, folder: Path) -> Contents:
    """Raises StoreError("backup_damaged"). Nothing is written under a name that is not one of a site's files."""
    first = tar.next()
    stream = tar.extractfile(first) if first and first.isreg() and first.name == LIST else None
    if stream is None:
        raise StoreError("backup_damaged", what="not a backup")
    try:
        contents = msgspec.json.decode(stream.read(LIST_BYTES_MAX), type=Contents)
    except msgspec.DecodeError as error:
        raise StoreError("backup_damaged", what=LIST) from error
    if contents.version != 1 or not contents.files.keys() >= NEEDED or not all(map(_is_ours, contents.files)):
        raise StoreError("backup_damaged", what=LIST)
    left = dict(contents.files)
    while member := tar.next():
        expected = left.pop(member.name, None) if member.isreg() else None
        stream = tar.extractfile(member) if expected else None
        if stream is None or _copied(stream, folder / member.name) != expected:
            raise StoreError("backup_damaged", what=member.name)
    if left:
        raise StoreError("backup_damaged", what=min(left))
    return contents


def _is_ours(name: str) -> bool:
    path = PurePosixPath(name)
    if path.as_posix() != name or ".." in path.parts or "\\" in name:
        return False
    return name in {*NEEDED, ISSUER_KEY, SEAL_KEY} or (len(path.parts) > 1 and path.parts[0] == LESSONS)


def _copied(stream: IO[bytes], path: Path) -> str:
    """Write what comes to a new file, on disk before this returns; its SHA-256."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    total = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := stream.read(CHUNK_BYTES):
            total.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return total.hexdigest()


def _prove(
    folder: Path, contents: Contents, clock: Callable[[], int], *, begin: bool = False
) -> tuple[Verification, str]:
    """Open what was unpacked and check every link and signature of it; what was checked, and the new epoch if it is to begin one."""
    try:
        detach(folder)
        site = Site(folder, clock, alone=True)
    except (sqlite3.Error, ValueError, KeyError) as error:
        raise StoreError("backup_damaged", what=str(error)) from error
    try:
        if (site.code, site.device) != (contents.site, contents.device):
            raise StoreError("backup_damaged", what=KEY)
        with site.locked() as node:
            found = verify_site(node)
            if found.faults:
                raise StoreError("backup_faults", faults=found.faults[:5])
            epoch = node.begin_epoch() if begin else ""
        if begin:
            caught_up.begin(site)
        return found, epoch
    except sqlite3.Error as error:
        raise StoreError("backup_damaged", what=str(error)) from error
    finally:
        site.close()
