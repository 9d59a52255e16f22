"""The lines of a bundle file: inflated as a stream, counted, summed. Knows what a line is, not what it says."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from sync import limits
from sync.errors import BundleError, MessageError

GZIP_START = bytes.fromhex("1f8b080000000000")
"""How every bundle begins: gzip without name, time or comment. What these bytes hold, no checksum covers."""

CHUNK_BYTES = 256 * 1024
READ_BYTES = 64 * 1024

Told = Callable[[int], None]


def nobody(_done: int) -> None:
    """Tells nobody how many bytes of the file were read."""


def sum_of(path: Path, told: Told = nobody) -> tuple[str, bytes]:
    """SHA-256 over all lines but the last, and the last. Raises BundleError, MessageError("bad_message") for no line at all."""
    total, held = hashlib.sha256(), None
    for line in lines(path, told):
        if held is not None:
            total.update(held + b"\n")
        held = line
    if held is None:
        raise MessageError("bad_message", what="empty")
    return total.hexdigest(), held


def inner_lines(path: Path, told: Told = nobody) -> Iterator[bytes]:
    """All lines but the first and the last."""
    found = lines(path, told)
    next(found)
    held = next(found, None)
    for line in found:
        if held is not None:
            yield held
        held = line


def lines(path: Path, told: Told = nobody) -> Iterator[bytes]:
    """The file's lines, inflated as a stream with a counter. Raises BundleError `bundle_damaged`, `bundle_too_large`."""
    stream = zlib.decompressobj(wbits=31)
    count, rest = 0, b""
    with path.open("rb") as file:
        if file.read(len(GZIP_START)) != GZIP_START:
            raise BundleError("bundle_damaged", what="not a bundle")
        file.seek(0)
        while chunk := file.read(READ_BYTES):
            full = True
            while chunk or full:
                try:
                    raw = stream.decompress(chunk, CHUNK_BYTES)
                except zlib.error as error:
                    raise BundleError("bundle_damaged", what="gzip") from error
                chunk, full = stream.unconsumed_tail, len(raw) == CHUNK_BYTES
                count += len(raw)
                *whole, rest = (rest + raw).split(b"\n")
                if count > limits.BUNDLE_RAW_BYTES or len(rest) > limits.BUNDLE_LINE_BYTES:
                    raise BundleError("bundle_too_large", bytes=count)
                yield from whole
            if stream.unused_data:
                raise BundleError("bundle_damaged", what="bytes after the end")
            told(file.tell())
    if not stream.eof or rest:
        raise BundleError("bundle_damaged", what="cut short")
