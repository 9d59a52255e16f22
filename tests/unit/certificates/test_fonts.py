import re
import struct
from pathlib import Path

import pytest
import typst._typst

from workshop.certificates.fonts import cmap_ranges, latin_ranges, missing_characters


@pytest.mark.parametrize(
    "name", ["Ng'ang'a", "Ŋora ŋ", "欧阳", "O'Kello-Smith", "O’Kello", "Đặng Thị", "José", "䶮", "㛃", "Ẹ̀kọ́"]
)
def test_names_that_can_be_printed(name: str) -> None:
    assert missing_characters(name) == []


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("Okot 🙂", ["🙂"]),
        ("عمر", ["ع", "م", "ر"]),
        ("አበበ", ["አ", "በ"]),
        ("Wang\u200b", ["\u200b"]),
        ("Wang\u202egnaW", ["\u202e"]),
        ("a\nb", ["\n"]),
        ("\ue801", ["\ue801"]),
    ],
)
def test_characters_that_no_typeface_has_are_named(name: str, missing: list[str]) -> None:
    assert missing_characters(name) == missing


def test_the_list_of_latin_characters_is_true() -> None:
    """Read the fonts inside the typst library: an update that drops a character must not go unseen."""
    library = Path(typst._typst.__file__).read_bytes()
    promised = {code for first, last in latin_ranges() for code in range(first, last + 1)}
    found: dict[str, set[int]] = {}
    place = -1
    while (place := library.find(b"OTTO", place + 1)) >= 0:
        tables = struct.unpack_from(">H", library, place + 4)[0]
        if tables > 40:
            continue  # not a font
        size = max(sum(struct.unpack_from(">II", library, place + 12 + 16 * i + 8)) for i in range(tables))
        font = library[place : place + size]
        style = re.search(rb"LibertinusSerif-[A-Za-z]+", font)
        if style:
            found[style[0].decode()] = {
                code for first, last in cmap_ranges(font) for code in range(first, last + 1)
            }
    for style in ("Regular", "Semibold"):
        assert sorted(map(chr, promised - found[f"LibertinusSerif-{style}"])) == []
