"""Every setting of the web application and its limits. No logic, and nothing secret: keys live in the site's own database."""

from pathlib import Path
from typing import Any, Final

PACKAGE: Final = Path(__file__).resolve().parent
TRANSLATIONS: Final = PACKAGE.parent / "translations"

KIB: Final = 1024
FORM_BYTES_MAX: Final = (
    16 * KIB * KIB
)  # a roster with scans of hand-written lists; routes set lower limits with `limit_body`
SIGN_IN_BYTES_MAX: Final = 8 * KIB
BUNDLE_FORM_BYTES_MAX: Final = (
    64 * KIB * KIB + 64 * KIB
)  # a bundle file in its form: the largest body of any route

SECOND_MS: Final = 1000
DAY_MS: Final = 24 * 60 * 60 * SECOND_MS
SESSION_MS: Final = 30 * DAY_MS
SESSION_ROLL_MS: Final = (
    DAY_MS  # a session is renewed at most once a day: reading pages must not write to the disk
)

DEFAULTS: Final[dict[str, Any]] = {
    "MAX_CONTENT_LENGTH": FORM_BYTES_MAX,
    "MAX_FORM_MEMORY_SIZE": 1024 * KIB,  # fields that are not files; what is larger belongs into a file
    "MAX_FORM_PARTS": 4000,
    "BABEL_DEFAULT_LOCALE": "en",
    "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
    "CERTIFICATE": None,  # the PEM file that the proxy in front shows
    "DEMO": False,  # True labels every page as a demonstration with invented people
}

# For waitress.serve. Four threads: answers take milliseconds and one connection writes. Idle connections stay open for two minutes,
# because on a slow radio link each new connection costs a tablet another round trip or two.
SERVER: Final[dict[str, Any]] = {
    "threads": 4,
    "channel_timeout": 120,
    "connection_limit": 200,
    "max_request_body_size": BUNDLE_FORM_BYTES_MAX,
    "ident": None,
    "expose_tracebacks": False,
}
# What a proxy in front says of the caller: waiting times, Secure cookies and invitation links rest on it. Believed from the one address
# that `workshop serve --behind-proxy` names, from nobody else.
PROXY_HEADERS: Final = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
