"""Which characters the two typefaces of a certificate have, so that a name is refused rather than printed with an empty box.

Latin comes first and from Libertinus Serif, which typst carries within itself (the Chinese typeface has no ŋ); Chinese from the variable
Noto Sans SC of the package justmytype-intl-cjk. No typesetting here.
"""

import functools
import struct
import unicodedata
from bisect import bisect_right
from mmap import ACCESS_READ, mmap
from pathlib import Path

import justmytype_intl_cjk

FAMILIES = ("Libertinus Serif", "Noto Sans SC")
FOLDER = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc"

# What Libertinus Serif 7.051 has in regular, italic and semibold alike, up to U+206F. A test reads the font inside typst and compares.
LATIN = (
    "20-7e a0-23f 241 243 247 249 24d 250-2e4 2ec-2ee 300-331 338 342-343 351 357-363 374-375 37a-37e 384-38a 38c 38e-3a1 3a3-3ce "
    "3d0-3e1 3f0-3f6 3f8-3f9 3fb 3fd-45f 462-463 470-477 490-4c4 4c7-4cc 4d0-4f9 1e00-1e9b 1e9e 1ea0-1ef9 2000-2027 202f-2037 2039-203e "
    "2042 2044 2047-204b 204f"
)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def missing_characters(text: str) -> list[str]:
    """The characters of `text`, each once, that would not be printed: not in a typeface, or invisible by nature."""
    text = unicodedata.normalize("NFC", text)
    return [
        c for c in dict.fromkeys(text) if unicodedata.category(c) in _INVISIBLE or not _is_covered(ord(c))
    ]


def latin_ranges() -> list[tuple[int, int]]:
    pairs = (piece.partition("-") for piece in LATIN.split())
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]


def _is_covered(code: int) -> bool:
    starts, ends = _coverage()
    place = bisect_right(starts, code) - 1
    return place >= 0 and code <= ends[place]


@functools.cache
def _coverage() -> tuple[list[int], list[int]]:
    # Mapped, not read: a server needs 150 kB of this file's 18 MB.
    with (
        next(FOLDER.glob("NotoSansSC*.ttf")).open("rb") as file,
        mmap(file.fileno(), 0, access=ACCESS_READ) as font,
    ):
        chinese = cmap_ranges(font)
    ranges: list[list[int]] = []
    for first, last in sorted(latin_ranges() + chinese):
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1][1] = max(last, ranges[-1][1])
        else:
            ranges.append([first, last])
    return [first for first, _ in ranges], [last for _, last in ranges]


def cmap_ranges(font: bytes | mmap) -> list[tuple[int, int]]:
    """The code points of a font file's full Unicode table (OpenType `cmap`, format 12), as ranges with both ends included."""
    tables = {
        font[at : at + 4]: struct.unpack_from(">II", font, at + 8)
        for at in range(12, 12 + 16 * struct.unpack_from(">H", font, 4)[0], 16)
    }
    cmap = tables[b"cmap"][0]
    for i in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        table = cmap + struct.unpack_from(">I", font, cmap + 4 + 8 * i + 4)[0]
        if struct.unpack_from(">H", font, table)[0] == 12:
            count = struct.unpack_from(">I", font, table + 12)[0]
            groups = struct.iter_unpack(">III", font[table + 16 : table + 16 + 12 * count])
            return [(first, last) for first, last, glyph in groups if glyph]
    raise ValueError("no format 12 table")
