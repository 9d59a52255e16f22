"""Bytes of a text file -> text, in an order of our own: mark, strict UTF-8, strict GB18030, else a refusal.

Guessing libraries took short GBK lists for Korean; a strict pass in a fixed order was right in every case. Nothing
is ever replaced: a text that cannot be read exactly is refused, and the person can name the encoding.
"""

import codecs
import re

from workshop.tables.errors import Unreadable, error_for

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-bom"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)
# What a person may name on the form when we cannot tell.
NAMED = ("utf-8", "gb18030", "windows-1252")

_BESIDE_LETTER = re.compile(r"(?<=[A-Za-z'])[^\x00-\x7f]|[^\x00-\x7f](?=[A-Za-z'])")


def decoded(data: bytes, named: str | None = None) -> tuple[str, str]:
    """(text, encoding). `named` is one of NAMED and wins over everything but a mark in the file.

    Raises TableError: encoding_unknown (no strict reading), encoding_doubtful (GB18030 fits but looks wrong).
    """
    for mark, codec, label in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], codec), label
    if named is not None:
        if named not in NAMED:
            raise error_for("encoding_unknown", encoding=named)
        return _strict(data, named), named
    try:
        return _strict(data, "utf-8"), "utf-8"
    except Unreadable:
        text = _strict(data, "gb18030")
    if _looks_western(text):
        raise error_for("encoding_doubtful", encodings=["gb18030", "windows-1252"])
    return text, "gb18030"


def _strict(data: bytes, codec: str) -> str:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise error_for("encoding_unknown", encoding=codec) from error
    if "\0" in text:
        # No text holds it: UTF-16 without its mark, or no text at all.
        raise error_for("encoding_unknown", encoding=codec)
    return text


def _looks_western(text: str) -> bool:
    """Was Windows-1252 (Ng’ang’a, Renée) read as GB18030? Such a misreading takes a letter after the accent or
    curly apostrophe for a second byte, so it leaves a rare character, whose second byte is an ASCII letter, right
    beside a Latin letter. Everyday Chinese (GB 2312) has no such byte.
    """
    return any(chr(found.group().encode("gb18030")[1]).isascii() for found in _BESIDE_LETTER.finditer(text))
