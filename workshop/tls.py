"""When the certificate ends that the proxy in front of the server shows. Reads the file, speaks no TLS itself."""

from datetime import UTC
from pathlib import Path

from workshop.config import DAY_MS, SECOND_MS

SOON_MS = 21 * DAY_MS
BYTES_MAX = 256 * 1024


class Certificate:
    """The first certificate of a PEM chain, or none; read again when the file has changed, since it is renewed while the server runs."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read: tuple[int, int | None] = (-1, None)

    def until(self) -> int | None:
        """The last moment at which tablets accept it, UTC ms; None when there is no certificate to be read."""
        if self._path is None:
            return None
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read[0]:
                self._read = (changed, _end_of(self._path))
        except OSError:
            return None
        return self._read[1]


def _end_of(path: Path) -> int | None:
    from cryptography import x509  # not above: most workshops have no certificate, and it takes memory

    with path.open("rb") as file:
        data = file.read(BYTES_MAX)
    try:
        end = x509.load_pem_x509_certificate(data).not_valid_after_utc
    except ValueError:
        return None
    return int(end.astimezone(UTC).timestamp()) * SECOND_MS
