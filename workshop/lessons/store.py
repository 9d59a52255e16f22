"""The lessons of a site: plain files in `<site>/lessons/`, checked on the way in and on the way out. No Flask, no database.

    lessons/<slug>.json                 what is there: version, sha256 of every file; replaced by one atomic rename
    lessons/<slug>.<digest>/...         the files as they came

A lesson changes for readers at the rename of the small file, whole. The files of the version before stay until the
next import, for a page that is being read in that moment.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

import msgspec

from workshop.filelock import FileLock
from workshop.lessons import limits
from workshop.lessons.errors import StoreProblem
from workshop.lessons.package import LessonInfo, Package, digest_of, parse_package
from workshop.lessons.render import Rendered, rendered
from workshop.lessons.source import read_packages

LIBRARY = Path(__file__).parent / "library"
FOLDER = "lessons"

State = Literal["new", "updated", "unchanged", "kept"]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slug: str
    version: int
    digest: str
    size_bytes: int
    files: dict[str, str]
    info: LessonInfo


@dataclass(frozen=True, slots=True)
class Imported:
    """`kept`: the site has a higher version already, and what was brought was left aside."""

    slug: str
    version: int
    state: State
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Lesson:
    manifest: Manifest
    package: Package
    rendered: Rendered


def import_lessons(site_folder: Path, source: Path = LIBRARY) -> list[Imported]:
    """Brings the lessons in a folder or zip into the site. All are checked before the first is written.

    Idempotent: bringing the same again writes nothing. Raises LessonError; then the site is as it was.
    """
    packages = [parse_package(files) for files in read_packages(source)]
    slugs = [package.info.slug for package in packages]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise StoreProblem("lesson_slug_twice", slug=slug)
    folder = site_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")  # two imports at once would sweep away each other's scratch
    try:
        with lock():
            _sweep(folder)
            return [_imported(folder, package) for package in packages]
    finally:
        lock.close()


def lesson_list(site_folder: Path) -> list[Manifest]:
    """Every lesson of the site by course and slug; one whose entry is damaged is left out here and told by `import`."""
    folder = site_folder / FOLDER
    found = [_manifest(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return sorted((each for each in found if each), key=lambda each: (each.info.course, each.slug))


def read_lesson(site_folder: Path, slug: str) -> Lesson:
    """Raises StoreProblem: "lesson_unknown", or "lesson_damaged" when a file is not what its hash says."""
    manifest = _known(site_folder, slug)
    return _lesson(_files_folder(site_folder / FOLDER, manifest.slug, manifest.digest), manifest.digest)


def read_figure(site_folder: Path, slug: str, name: str) -> tuple[bytes, str]:
    """Content and sha256 of one figure of the present version. Raises StoreProblem like `read_lesson`."""
    manifest = _known(site_folder, slug)
    inside = f"figures/{name}"
    if inside not in manifest.files:
        raise StoreProblem("lesson_unknown", slug=slug)
    folder = _files_folder(site_folder / FOLDER, slug, manifest.digest)
    return _verified(folder, inside, manifest.files[inside]), manifest.files[inside]


def _known(site_folder: Path, slug: str) -> Manifest:
    # Asked of the listing, so that what stands in a URL never becomes part of a path.
    for manifest in lesson_list(site_folder):
        if manifest.slug == slug:
            return manifest
    raise StoreProblem("lesson_unknown", slug=slug[:60])


def _manifest(path: Path) -> Manifest | None:
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None
    return manifest if path.name == f"{manifest.slug}.json" else None


@lru_cache(maxsize=16)
def _lesson(folder: Path, digest: str) -> Lesson:
    # Kept by digest: another content is another key, so nothing here can grow stale.
    manifest = _manifest(folder.parent / f"{folder.name.partition('.')[0]}.json")
    if manifest is None or manifest.digest != digest or digest_of(manifest.files) != digest:
        raise StoreProblem("lesson_damaged", slug=folder.name.partition(".")[0])
    package = parse_package({name: _verified(folder, name, value) for name, value in manifest.files.items()})
    return Lesson(manifest, package, rendered(package))


def _verified(folder: Path, name: str, sha256: str) -> bytes:
    try:
        with (folder / name).open("rb") as stream:
            content = stream.read(limits.FILE_BYTES_MAX + 1)
    except OSError as error:
        raise StoreProblem("lesson_damaged", slug=folder.name.partition(".")[0], name=name) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StoreProblem("lesson_damaged", slug=folder.name.partition(".")[0], name=name)
    return content


def _imported(folder: Path, package: Package) -> Imported:
    slug, version = package.info.slug, package.info.version
    present = _manifest(folder / f"{slug}.json")
    state: State = "updated" if present else "new"
    if present and present.version > version:
        state = "kept"
    elif present and present.digest == package.digest and _is_whole(folder, present):
        state = "unchanged"
    else:
        _write(folder, package)
    return Imported(slug, version, state, package.size_bytes)


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    files = _files_folder(folder, manifest.slug, manifest.digest)
    try:
        for name, value in manifest.files.items():
            _verified(files, name, value)
    except StoreProblem:
        return False
    return True


def _write(folder: Path, package: Package) -> None:
    """Files first, in a folder of another name, synced; then two renames, the second of which makes it true."""
    info = package.info
    scratch = Path(mkdtemp(prefix=".incoming-", dir=folder))
    for name, content in package.files.items():
        target = scratch / name
        target.parent.mkdir(exist_ok=True)
        _write_synced(target, content)
    for inside in [scratch / "figures", scratch]:
        if inside.is_dir():
            _sync_folder(inside)
    scratch.chmod(0o755)
    home = _files_folder(folder, info.slug, package.digest)
    if home.exists():  # damaged, or left by an import that was cut before its second rename
        home.rename(Path(mkdtemp(prefix=".incoming-", dir=folder)) / "old")
    scratch.rename(home)
    manifest = Manifest(info.slug, info.version, package.digest, package.size_bytes, package.hashes, info)
    pointer = folder / f".incoming-{info.slug}.json"
    _write_synced(pointer, msgspec.json.format(msgspec.json.encode(manifest)))
    pointer.replace(folder / f"{info.slug}.json")
    _sync_folder(folder)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files_folder(folder: Path, slug: str, digest: str) -> Path:
    return folder / f"{slug}.{digest[:16]}"


def _sweep(folder: Path) -> None:
    """Removes what no entry names: the version before last, and leftovers of imports that were cut."""
    entries = [manifest for path in folder.glob("*.json") if (manifest := _manifest(path))]
    wanted = {_files_folder(folder, entry.slug, entry.digest).name for entry in entries}
    for path in folder.iterdir():
        if path.is_dir() and path.name not in wanted:
            shutil.rmtree(path)
        elif path.name.startswith(".incoming-"):
            path.unlink()
