"""A term with its pinyin, word by word: reads "过载/guòzài 保护/bǎohù", refuses what cannot be right. No dictionary."""

import re
import unicodedata

from workshop.lessons.errors import BadLesson

_INITIALS = "zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]"
_FINALS = (
    "iang|iong|uang|ueng|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|üe|üan|ün"
    "|a|e|i|o|u|ü"
)
# Inside a word a syllable without an initial is set off by an apostrophe (GB/T 16159): xī'ān, but xiān.
_FIRST = f"(?:(?:{_INITIALS})?(?:{_FINALS}))"
_NEXT = f"(?:(?:{_INITIALS})(?:{_FINALS})|['’](?:{_FINALS}))"
_TONES = {"\u0304", "\u0301", "\u030c", "\u0300"}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

Word = tuple[str, str]


def words_of(text: str) -> tuple[Word, ...]:
    """("过载", "guòzài"), ...: the words of a term in order; a word without Chinese signs has empty pinyin.

    Raises BadLesson("lesson_pinyin") when a Chinese word has no pinyin, the pinyin bears no tone mark, or it
    cannot be cut into as many syllables as the word has signs.
    """
    return tuple(_word(piece) for piece in text.split())


def _word(piece: str) -> Word:
    written, _slash, pinyin = piece.partition("/")
    signs = len(_HAN.findall(written))
    if not signs and not pinyin and written:
        return written, ""
    pinyin = unicodedata.normalize("NFC", pinyin)
    if signs != len(written) or not _is_pinyin_of(pinyin, signs):
        raise BadLesson("lesson_pinyin", word=piece)
    return written, pinyin


def _is_pinyin_of(pinyin: str, signs: int) -> bool:
    letters = unicodedata.normalize("NFD", pinyin.lower())
    tones = sum(letters.count(tone) for tone in _TONES)
    bare = unicodedata.normalize("NFC", "".join(sign for sign in letters if sign not in _TONES))
    syllables = f"{_FIRST}{_NEXT}{{{signs - 1}}}"
    return 0 < tones <= signs and bool(re.fullmatch(syllables, bare))
