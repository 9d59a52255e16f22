"""One cell: from what a spreadsheet stores to text and back to what it meant. Pure; no files here."""

import datetime
import re
from decimal import Decimal, InvalidOperation

# Excel keeps 15 significant digits; from here on the last digits of a number are its guess.
EXACT_BELOW = 10**15

# Excel, WPS and LibreOffice run a cell that begins so; full-width forms count in East Asian editions.
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_NUMBER = re.compile(r"([+-]?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?")


def text_of(value: object) -> str:
    """The text of a cell as a person would have typed it: 772123456.0 is "772123456", a date is ISO.

    A number of 16 digits or more comes out in its E form, so that later steps see that digits are lost.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_BELOW:
        return str(int(value))
    if isinstance(value, float) and abs(value) >= EXACT_BELOW:
        return f"{value:.14E}"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def mended_digits(text: str) -> tuple[str, bool]:
    """A code or phone number that a spreadsheet took for a number -> (text, lost).

    "772123456.0" and "2.56772123456E+11" still hold every digit and are mended; "2.56772E+11" is not: its
    digits are gone, so it comes back unchanged with lost=True. Anything else comes back as it is. Leading
    zeros cannot be seen to be missing here; rules that know what the column means look for them.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or (match[2] is None and match[3] is None):
        return text, False
    if match[3] is not None:
        shown = len(match[2] or "")
        exponent = int(match[3])
        if exponent > shown or exponent > 15:
            # A round number such as 7E+08 could be whole, yet nobody's phone number is round: call it lost.
            return text, True
    try:
        number = Decimal(match[0])
    except InvalidOperation:  # pragma: no cover - the pattern admits decimals only
        return text, False
    if number != number.to_integral_value():
        return text, False
    return format(number.to_integral_value(), "f"), False


def guarded(text: str) -> str:
    """Text for a CSV cell that no spreadsheet will run as a formula; `unguarded` undoes it without loss."""
    return "'" + text if text.lstrip("'").startswith(TRIGGERS) else text


def unguarded(text: str) -> str:
    """What `guarded` was given. A name such as 'Ogwang keeps its apostrophe: no trigger follows it."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(TRIGGERS) else text
