"""Every error of the package. A class says what kind of thing went wrong, `code` and `data` say which; words are added at the edge.

SyncError
├── MessageError      the bytes are not what the format says
├── RunRefused        a run of ops was not taken; nothing of it is stored
├── AdmissionError    one op may not be applied; on the way in it is quarantined, at the author's own server it is refused
├── BundleError       a bundle file was refused whole
├── CarrierError      the other side could not be reached, or did not answer as one of ours
└── StoreError        the log on disk is not what it must be
"""

from typing import Any


class SyncError(Exception):
    """The root: `code` is stable and documented, `data` holds what a person needs to know."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code, data)
        self.code = code
        self.data = data


class MessageError(SyncError):
    """The bytes are not what the format says."""


class RunRefused(SyncError):
    """A run of ops was not taken; nothing of it is stored."""


class AdmissionError(SyncError):
    """One op may not be applied."""


class BundleError(SyncError):
    """A bundle file was refused whole."""


class CarrierError(SyncError):
    """The other side could not be reached, or did not answer as one of ours."""


class StoreError(SyncError):
    """The log on disk is not what it must be."""
