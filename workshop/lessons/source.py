"""Opens a folder or a zip and hands back the files of each lesson in it, in memory, within limits.

Nothing is unpacked to a disk here, and what the files mean is not looked at: that is package.py.
"""

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from workshop.lessons import limits
from workshop.lessons.errors import BadLesson, UnsafeSource

Files = dict[str, bytes]

# What computers leave in folders by themselves; never part of a lesson.
LITTER = {"thumbs.db", "desktop.ini", "__macosx"}


def read_packages(source: Path) -> list[Files]:
    """The lessons in a folder or zip, sorted by folder name: relative name -> content for each.

    `source` is a lesson itself (it has `lesson.yaml`) or holds lessons, one in a folder each.
    Raises UnsafeSource when anything in it climbs, links, or is too large; then nothing is read.
    """
    if source.is_symlink():
        raise UnsafeSource("lesson_link", name=source.name)
    if source.is_dir():
        files = _collected(_from_folder(source))
    elif source.is_file():
        files = _collected(_from_zip(source))
    else:
        raise UnsafeSource("lesson_source_missing", name=source.name)
    packages = _grouped(files)
    for package in packages:
        _check_size(package)
    return packages


def is_safe_name(name: str) -> bool:
    """A relative name with forward slashes that stays inside, in one spelling, without control characters."""
    pieces = name.split("/")
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= limits.NAME_BYTES_MAX
        and not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in name)
        and "\\" not in name
        and ":" not in name
        and all(piece not in {"", ".", ".."} for piece in pieces)
    )


def _collected(entries: Iterator[tuple[str, bytes]]) -> Files:
    files: Files = {}
    seen: set[str] = set()
    total = 0
    for name, content in entries:
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise UnsafeSource("lesson_name_twice", name=name)
        seen.add(folded)
        files[name] = content
        total += len(content)
        if len(files) > limits.SOURCE_FILES_MAX:
            raise UnsafeSource("lesson_too_many_files", limit=limits.SOURCE_FILES_MAX)
        if total > limits.SOURCE_BYTES_MAX:
            raise UnsafeSource("lesson_too_large", name=name, limit=limits.SOURCE_BYTES_MAX)
    return files


def _check_name(name: str) -> None:
    if not is_safe_name(name):
        raise UnsafeSource("lesson_name_unsafe", name=ascii(name)[:80])
    if name.count("/") > limits.DEPTH_MAX:
        raise UnsafeSource("lesson_too_deep", name=name, limit=limits.DEPTH_MAX)


def _is_litter(name: str) -> bool:
    return any(piece.startswith(".") or piece.casefold() in LITTER for piece in name.split("/"))


def _from_folder(folder: Path, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        name = prefix + entry.name
        if _is_litter(entry.name):
            continue
        _check_name(name)
        if entry.is_symlink():
            raise UnsafeSource("lesson_link", name=name)
        if entry.is_dir():
            yield from _from_folder(Path(entry.path), name + "/")
        else:
            yield name, _content(Path(entry.path), name)


def _content(path: Path, name: str) -> bytes:
    # Opened once and asked what it is through the open handle, so that it cannot be changed for a link or a
    # pipe between look and read. Without O_NONBLOCK a pipe would hold us for ever.
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise UnsafeSource("lesson_not_readable", name=name) from error
    with open(handle, "rb") as stream:  # noqa: PTH123 - from a handle, not a path
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise UnsafeSource("lesson_not_a_file", name=name)
        content = stream.read(limits.FILE_BYTES_MAX + 1)
    if len(content) > limits.FILE_BYTES_MAX:
        raise UnsafeSource("lesson_too_large", name=name, limit=limits.FILE_BYTES_MAX)
    return content


def _from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.infolist()) > limits.SOURCE_FILES_MAX:
                raise UnsafeSource("lesson_too_many_files", limit=limits.SOURCE_FILES_MAX)
            for entry in archive.infolist():
                # The name as it stands in the zip: zipfile itself cuts at a NUL and turns separators.
                name = entry.orig_filename
                _check_name(name.removesuffix("/"))
                if _is_litter(name):
                    continue
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if kind == stat.S_IFLNK:
                    raise UnsafeSource("lesson_link", name=name)
                if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                    raise UnsafeSource("lesson_not_a_file", name=name)
                if not entry.is_dir():
                    yield name, _unpacked(archive, entry, name)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        OSError,
        zlib.error,
    ) as error:
        raise UnsafeSource("lesson_zip_broken", name=path.name) from error


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    # Counted while reading: the size in the header is a claim.
    with archive.open(entry) as stream:
        content = stream.read(limits.FILE_BYTES_MAX + 1)
    if len(content) > limits.FILE_BYTES_MAX:
        raise UnsafeSource("lesson_too_large", name=name, limit=limits.FILE_BYTES_MAX)
    return content


def _grouped(files: Files) -> list[Files]:
    if "lesson.yaml" in files:
        return [files]
    groups: dict[str, Files] = {}
    for name, content in files.items():
        folder, slash, rest = name.partition("/")
        if slash:
            groups.setdefault(folder, {})[rest] = content
    lessons = [groups[folder] for folder in sorted(groups) if "lesson.yaml" in groups[folder]]
    if not lessons:
        raise BadLesson("lesson_none_found")
    if len(lessons) > limits.SOURCE_PACKAGES_MAX:
        raise UnsafeSource("lesson_too_many", limit=limits.SOURCE_PACKAGES_MAX)
    return lessons


def _check_size(package: Files) -> None:
    if len(package) > limits.PACKAGE_FILES_MAX:
        raise UnsafeSource("lesson_too_many_files", limit=limits.PACKAGE_FILES_MAX)
    if sum(map(len, package.values())) > limits.PACKAGE_BYTES_MAX:
        raise UnsafeSource("lesson_too_large", name="lesson.yaml", limit=limits.PACKAGE_BYTES_MAX)
