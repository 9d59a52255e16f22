"""Every bound of the protocol and the engine. Imports nothing; `docs/reference/wire-format.md` section 8 lists the same numbers."""

HEADER_BYTES = 1024
BODY_BYTES = 16 * 1024
CHANGES_PER_OP = 200
OPS_PER_MESSAGE = 500
MESSAGE_RAW_BYTES = 1024 * 1024
RUN_RAW_BYTES = 192 * 1024
"""Headers and bodies of one run. Compressed text stays below 0.95 of itself, so any run and a vector still fit one message."""

MESSAGE_GZIP_BYTES = 256 * 1024
INFLATE_RATIO = 100
BUNDLE_GZIP_BYTES = 64 * 1024 * 1024
BUNDLE_RAW_BYTES = 512 * 1024 * 1024
BUNDLE_LINE_BYTES = 2 * 1024 * 1024
BUNDLE_TEXT_BYTES = 90 * 1024 * 1024
"""A bundle as lines of text, which take a third more, with some room for line ends."""

SEAL_HEADER_BYTES = 8 * 1024
"""The head of a sealed file, before its content: 200 to 400 bytes for one key."""

SNAPSHOT_OPS = 20_000_000
SNAPSHOT_RAW_BYTES = 8 * 1024 * 1024 * 1024
JSON_DEPTH = 16
BASE_PER_CHANGE = 32
CHAINS_PER_VECTOR = 1_000
RECEIPTS_PER_MESSAGE = 2_000
RECEIPTS_TOLD = 500
QUARANTINE_TOLD = 100
ERASED_TOLD = 1_000
FIELD_TEXT_CHARS = 4_000

CLOCK_AHEAD_MS = 24 * 3600 * 1000
"""How far a hybrid time may pull a server's own clock forward."""

CLOCK_OFF_MS = 5 * 60 * 1000
"""From this offset on, a device's clock is noted and people are told."""

SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript keeps exactly."""
