"""Every error of this package. A class says what kind of thing went wrong, `code` and `data` say which; words are added at the edge.

CertificateError
├── SerialError     a serial is misread or mistyped, or no number is left
├── CodeError       the text of a certificate's code is not one, or does not prove what it says
├── TrustError      a trust list or a list of withdrawn certificates is not to be believed
└── PrintError      the certificate cannot be set on paper
"""

from typing import Any


class CertificateError(Exception):
    """The root: `code` is stable and documented, `data` holds what a person needs to know."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code, data)
        self.code = code
        self.data = data


class SerialError(CertificateError):
    """serial_form, serial_check, serial_prefix, serial_exhausted."""


class CodeError(CertificateError):
    """code_empty, code_too_long, code_form, code_damaged, code_fields, code_issuer_unknown, code_issuer_revoked,
    code_issuer_day, code_altered."""


class TrustError(CertificateError):
    """trust_form, trust_kind, trust_key, trust_signature."""


class PrintError(CertificateError):
    """print_none, print_too_many, print_character, print_template, print_overflow, print_failed, print_slow."""
