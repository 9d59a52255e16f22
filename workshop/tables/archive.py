"""The zip around an XLSX: counted while it is unpacked, then packed anew with only what was checked.

The reader behind gets our copy, never the sender's zip, so two zip readers cannot understand it differently;
pictures, macros and printer settings stay out. Nothing touches the disk.
"""

import io
import zipfile
import zlib

from workshop.tables.errors import error_for
from workshop.tables.limits import RATIO_FROM_BYTES, RATIO_MAX, UNPACKED_BYTES_MAX, ZIP_ENTRIES_MAX

_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_WANTED = (".xml", ".rels")


def checked_xlsx(data: bytes) -> bytes:
    """The XML parts of an XLSX as a new zip. Raises TableError: file_damaged, file_protected, kind_*, unpacked_too_large."""
    # Counted before zipfile builds an object for each: 5 MiB of central directory is 100,000 entries.
    if data.count(b"PK\x01\x02") > ZIP_ENTRIES_MAX:
        raise error_for("unpacked_too_large", entries_max=ZIP_ENTRIES_MAX)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            return _repacked(source, len(data))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        UnicodeDecodeError,
        OSError,
    ) as error:
        raise error_for("file_damaged") from error


def _repacked(source: zipfile.ZipFile, packed_bytes: int) -> bytes:
    entries = source.infolist()
    names = [entry.filename for entry in entries]
    _check_kind(set(names))
    if len(set(names)) != len(names):
        raise error_for("file_damaged")
    target = io.BytesIO()
    unpacked = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
        for entry in entries:
            if entry.flag_bits & _ENCRYPTED:
                raise error_for("file_protected")
            if not entry.filename.lower().endswith(_WANTED):
                continue
            part = io.BytesIO()
            with source.open(entry) as stream:
                while chunk := stream.read(_CHUNK):
                    unpacked += len(chunk)
                    _check_size(unpacked, packed_bytes)
                    part.write(chunk)
            copy.writestr(zipfile.ZipInfo(entry.filename), part.getvalue())
    return target.getvalue()


def _check_kind(names: set[str]) -> None:
    if "xl/workbook.bin" in names:
        raise error_for("kind_xlsb")
    if "mimetype" in names and "content.xml" in names:
        raise error_for("kind_ods")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise error_for("kind_unknown")


def _check_size(unpacked: int, packed_bytes: int) -> None:
    """Counted bytes, never the sizes that the zip states about itself: those can lie."""
    if unpacked > UNPACKED_BYTES_MAX or (unpacked > RATIO_FROM_BYTES and unpacked > packed_bytes * RATIO_MAX):
        raise error_for("unpacked_too_large", bytes_max=UNPACKED_BYTES_MAX)
