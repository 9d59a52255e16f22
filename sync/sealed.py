"""What may lie around a bundle: age encryption to the campus's key, and text for chat apps. Wraps and unwraps files; knows no op.

age (age-encryption.org/v1) does the cryptography, by the library rage; here are only its limits and its failures in our words. It is loaded
with the first sealed file: most servers see one a week, and it takes memory.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sync import limits
from sync.errors import BundleError

if TYPE_CHECKING:
    import pyrage

AGE_START = b"age-encryption.org/v1\n"
AGE_HEADER_END = re.compile(rb"\n--- [A-Za-z0-9+/]{43}\n")
TEXT_START = b"-----BEGIN "
LABELS = {b"LUBAN BUNDLE", b"AGE ENCRYPTED FILE"}
"""A sealed file as text is what age calls armoured: any age program reads it."""

LINE_BYTES = 48
"""Of the file on one line of text: 64 characters."""

TEXT_LINE_CHARS = 1024
CHUNK_BYTES = LINE_BYTES * 1024


def new_identity() -> str:
    """A new secret key of the campus, as age writes it."""
    import pyrage

    return str(pyrage.x25519.Identity.generate())


def recipient_of(identity: str) -> str:
    """The public half, `age1...`. Raises BundleError("seal_key_damaged")."""
    return str(_identity(identity).to_public())


def seal(plain: IO[bytes], sealed: IO[bytes], recipient: str) -> None:
    """Encrypt a file, as a stream. Raises BundleError("seal_key_damaged") for what is no recipient."""
    import pyrage

    try:
        key = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as error:
        raise BundleError("seal_key_damaged") from error
    pyrage.encrypt_io(plain, sealed, [key])


def unseal(path: Path, plain: Path, identity: str | None) -> None:
    """Decrypt a file to a new one, as a stream: age does not compress, so the result is smaller than the file.

    Raises BundleError `bundle_sealed` (no identity here), `bundle_sealed_other` (another key's, or its head is damaged),
    `bundle_damaged`, `bundle_too_large`.
    """
    import pyrage

    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > limits.BUNDLE_GZIP_BYTES + limits.SEAL_HEADER_BYTES:
            raise BundleError("bundle_too_large", bytes=os.fstat(file.fileno()).st_size)
        # The library parses a head anew with every line that it reads: 40 kB of it cost 0.3 s, 64 MB would cost days.
        if AGE_HEADER_END.search(file.read(limits.SEAL_HEADER_BYTES)) is None:
            raise BundleError("bundle_damaged", what="sealed head")
        if identity is None:
            raise BundleError("bundle_sealed")
        file.seek(0)
        with _written(plain) as target:
            try:
                pyrage.decrypt_io(file, target, [_identity(identity)])
            except pyrage.DecryptError as error:
                raise BundleError("bundle_sealed_other", what=str(error)[:100]) from error
            except OSError as error:
                if error.errno is not None:  # the disk's own trouble, not the file's
                    raise
                raise BundleError("bundle_damaged", what="sealed") from error


def write_text(file: IO[bytes], text: IO[bytes], label: bytes) -> None:
    """The same bytes as lines of text, for carriers that pass on nothing else. `label` is one of LABELS."""
    text.write(TEXT_START + label + b"-----\n")
    while chunk := file.read(CHUNK_BYTES):
        starts = range(0, len(chunk), LINE_BYTES)
        text.writelines(base64.b64encode(chunk[at : at + LINE_BYTES]) + b"\n" for at in starts)
    text.write(b"-----END " + label + b"-----\n")


def read_text(path: Path, binary: Path) -> None:
    """The bytes back from text, whatever a carrier made of the ends of its lines. Raises BundleError("bundle_damaged")."""
    with path.open("rb") as text, _written(binary) as target:
        lines = _text_lines(text)
        label = next(lines, b"").removeprefix(TEXT_START).removesuffix(b"-----")
        if label not in LABELS:
            raise BundleError("bundle_damaged", what="text label")
        for line in lines:
            if line == b"-----END " + label + b"-----":
                break
            try:
                target.write(base64.b64decode(line, validate=True))
            except binascii.Error as error:
                raise BundleError("bundle_damaged", what="text") from error
        else:
            raise BundleError("bundle_damaged", what="text cut short")
        if next(lines, None) is not None:
            raise BundleError("bundle_damaged", what="text after the end")


def unwrapped(path: Path, folder: Path, identity: str | None) -> Path:
    """The bundle inside a file, recognised by its first bytes: text around it is taken off, then a seal. New files go to `folder`.

    Raises as `read_text` and `unseal`. What is neither is given back as it is.
    """
    if path.stat().st_size > limits.BUNDLE_TEXT_BYTES:
        raise BundleError("bundle_too_large", bytes=path.stat().st_size)
    if _starts(path, TEXT_START):
        read_text(path, folder / "bytes")
        path = folder / "bytes"
    if _starts(path, AGE_START):
        unseal(path, folder / "unsealed", identity)
        path = folder / "unsealed"
    return path


def is_sealed(path: Path) -> bool:
    """True for a file sealed with age, also as text."""
    return _starts(path, AGE_START) or _starts(path, TEXT_START + b"AGE ")


def _starts(path: Path, with_what: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(with_what)) == with_what


def _text_lines(text: IO[bytes]) -> Iterator[bytes]:
    """Lines without their ends, empty ones left out. Raises BundleError for one too long to be ours."""
    while line := text.readline(TEXT_LINE_CHARS):
        if len(line) == TEXT_LINE_CHARS:
            raise BundleError("bundle_damaged", what="text line")
        if stripped := line.strip():
            yield stripped


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """A new file for the owner only; gone again after an error."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _identity(text: str) -> "pyrage.x25519.Identity":
    import pyrage

    try:
        return pyrage.x25519.Identity.from_str(text.strip())
    except pyrage.IdentityError as error:
        raise BundleError("seal_key_damaged") from error
