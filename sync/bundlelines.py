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

RATIO_FREE_BYTES = 4 * 1024 * 1024
"""So much may come out of next to nothing; beyond it the ratio counts. Marks of a year inflate to 10 or 20 times their file."""

Told = Callable[[int], None]


def nobody(_done: int) -> None:
    """Tells nobody how many bytes of the file were read."""


class Summed:
    """All lines but the last, once; then `last` is that one, and `sum()` the SHA-256 over those before it.

    Whoever reads them can refuse the first bad line: a file that inflates for ever is not read to its end first.
    """

    def __init__(self, path: Path, told: Told = nobody) -> None:
        self._lines, self._total = lines(path, told), hashlib.sha256()
        self.last = b""

    def __iter__(self) -> Iterator[bytes]:
        """Raises BundleError, MessageError("bad_message") for no line at all."""
        held = None
        for line in self._lines:
            if held is not None:
                self._total.update(held + b"\n")
                yield held
            held = line
        if held is None:
            raise MessageError("bad_message", what="empty")
        self.last = held

    def sum(self) -> str:
        return self._total.hexdigest()


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
                if count > RATIO_FREE_BYTES + limits.INFLATE_RATIO * file.tell():
                    raise BundleError("bundle_too_large", bytes=count)
                yield from whole
            if stream.unused_data:
                raise BundleError("bundle_damaged", what="bytes after the end")
            told(file.tell())
    if not stream.eof or rest:
        raise BundleError("bundle_damaged", what="cut short")
