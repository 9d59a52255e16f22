"""One row of a list -> a candidate for a trainee, or the reason why not. Pure; whether the person is known is plan.py's."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workshop.roster import names
from workshop.roster.columns import Columns
from workshop.tables.cells import TRIGGERS, mended_digits
from workshop.tables.reading import Row

NUMBER_CHARS_MAX = 40
TEXT_CHARS_MAX = 200
BIRTH_YEAR_MIN = 1930
YOUNGEST_YEARS = 10

CATEGORIES = ("local_teacher", "local_student", "employee", "other")
_CATEGORY_WORDS = {
    "local_teacher": """local_teacher, local teacher, teacher, teachers, lecturer, instructor, trainer, tutor, teaching staff,
        本地教师, 当地教师, 本土教师, 乌方教师, 乌干达教师, 教师, 老师""",
    "local_student": """local_student, local student, student, students, learner, pupil,
        本地学生, 当地学生, 乌方学生, 乌干达学生, 学生""",
    "employee": """employee, employees, worker, workers, staff, enterprise employee, enterprise staff, company staff,
        企业员工, 员工, 职工, 工人, 企业职工, 在职员工, 乌干达员工""",
    "other": "other, others, 其他, 其它",
}
_SEX_WORDS = {"f": "f, female, woman, girl, w, 女, 女性, 女士", "m": "m, male, man, boy, 男, 男性, 男士"}
_EMPTY = frozenset({"", "-", "--", "—", "/", "n/a", "na", "nil", "none", "null", "无", "暂无", "没有", "?"})

_YEAR = re.compile(r"(?<!\d)(\d{4})(?=\D|\d{4}(?!\d)|$)")  # four digits alone, or the first four of eight
_NUMBER = re.compile(r"[^\W_](?:[\w ./#()-]*[\w)])?")
_NO_NAME = re.compile(r"[\d@=<>{}\\|_*%$^~\[\]]")


def _by_word(table: Mapping[str, str]) -> dict[str, str]:
    return {word.strip(): value for value, words in table.items() for word in words.split(",")}


_CATEGORY_OF = _by_word(_CATEGORY_WORDS)
_SEX_OF = _by_word(_SEX_WORDS)


@dataclass(frozen=True, slots=True)
class Note:
    """Something put right or left out, told to the person: code, the field, and the text as it stood in the cell."""

    code: str
    field: str
    cell: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person as a row tells of them. None: the list says nothing, so nothing is changed."""

    row: int
    name: str
    number: str | None = None
    name_zh: str | None = None
    sex: str | None = None  # f, m
    birth_year: int | None = None
    phone: str | None = None
    home: str | None = None
    organisation: str | None = None
    category: str | None = None
    class_name: str | None = None
    notes: tuple[Note, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be taken: code, the field, the cell's place ("C7") and its text."""

    row: int
    code: str
    field: str
    cell: str
    text: str
    name: str = ""


class _Refused(Exception):
    def __init__(self, code: str, field_name: str, text: str) -> None:
        super().__init__(code)
        self.code, self.field_name, self.text = code, field_name, text


def parse(row: Row, columns: Columns, this_year: int) -> Candidate | Refusal:
    """Read a row under the list's columns. `this_year` bounds the year of birth."""
    texts = {meaning: _text(row.cells, at) for meaning, at in columns.at.items()}
    notes: list[Note] = []
    try:
        name_zh = _name(texts.get("name_zh", ""), "name_zh")
        name = _name(texts["name"], "name") or name_zh
        if not name:
            raise _Refused("name_missing", "name", "")
        if name_zh is None and _is_han(name):
            name_zh = name
        return Candidate(
            row=row.number,
            name=name,
            number=_number(texts.get("number", ""), notes),
            name_zh=name_zh,
            sex=_word(texts.get("sex", ""), "sex", _SEX_OF),
            birth_year=_birth_year(texts.get("birth_year", ""), this_year),
            phone=_phone(texts.get("phone", ""), notes),
            home=_plain(texts.get("home", ""), "home"),
            organisation=_plain(texts.get("organisation", ""), "organisation"),
            category=_word(texts.get("category", ""), "category", _CATEGORY_OF),
            class_name=_plain(texts.get("class_name", ""), "class_name"),
            notes=tuple(notes),
        )
    except _Refused as refused:
        place = place_of(columns.at.get(refused.field_name, (0,))[0], row.number)
        shown = names.clean(texts["name"])[: names.NAME_CHARS_MAX]
        return Refusal(
            row.number, refused.code, refused.field_name, place, refused.text[:TEXT_CHARS_MAX], shown
        )


def says_anything(row: Row, columns: Columns) -> bool:
    """False for a line of a printed form that has only its serial number, or a remark in a column nobody knows."""
    return any(_text(row.cells, at) for at in columns.at.values())


def place_of(column: int, row: int) -> str:
    """A cell as a spreadsheet names it: column 0 of row 7 is A7, column 26 is AA7."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def phone_keys(phone: str | None) -> frozenset[str]:
    """What makes two spellings one number: the last nine digits (0772 123456, +256 772 123456)."""
    return frozenset(re.sub(r"\D", "", piece)[-9:] for piece in (phone or "").split("/")) - {""}


def number_key(number: str | None) -> str:
    return re.sub(r"\s+", "", number or "").casefold()


def bare_number(number: str | None) -> str:
    """Without leading zeros, which Excel takes away from a number: "007" and "7" may be one."""
    return number_key(number).lstrip("0")


def _text(cells: Sequence[str], at: Sequence[int]) -> str:
    return " ".join(cells[column] for column in at if column < len(cells)).strip()


def _name(text: str, field_name: str) -> str | None:
    name = names.clean(text)
    if not name:
        return None
    if len(name) > names.NAME_CHARS_MAX:
        raise _Refused("name_too_long", field_name, name)
    if (
        name.startswith(TRIGGERS)
        or _NO_NAME.search(name)
        or not any(character.isalpha() for character in name)
    ):
        raise _Refused("name_not_a_name", field_name, name)
    return name


def _is_han(name: str) -> bool:
    return all(
        unicodedata.name(character, "").startswith("CJK") for character in name if character not in " ·"
    )


def _said(text: str) -> str:
    """The cell as one clean line; "" for the many ways to write nothing."""
    said = names.clean(unicodedata.normalize("NFKC", text))
    return "" if said.casefold() in _EMPTY else said


def _plain(text: str, field_name: str) -> str | None:
    said = names.clean(text)
    if len(said) > TEXT_CHARS_MAX:
        raise _Refused("text_too_long", field_name, said)
    return None if said.casefold() in _EMPTY else said


def _word(text: str, field_name: str, known: Mapping[str, str]) -> str | None:
    said = _said(text)
    if not said:
        return None
    if said.casefold() not in known:
        raise _Refused(f"{field_name}_unknown", field_name, text)
    return known[said.casefold()]


def _number(text: str, notes: list[Note]) -> str | None:
    said = _said(text)
    number, lost = mended_digits(said)
    if lost:
        raise _Refused("number_lost", "number", text)
    if not number:
        return None
    if len(number) > NUMBER_CHARS_MAX or not _NUMBER.fullmatch(number):
        raise _Refused("number_bad", "number", text)
    if number != said:
        notes.append(Note("digits_mended", "number", said))
    return number


def _birth_year(text: str, this_year: int) -> int | None:
    """The year of "1999", "1999-04-03", "3/4/1999", "1999年4月", "19990403"; a year of two digits is not guessed."""
    said, _lost = mended_digits(_said(text))
    if not said:
        return None
    years = _YEAR.findall(said)
    if len(years) != 1 or not BIRTH_YEAR_MIN <= int(years[0]) <= this_year - YOUNGEST_YEARS:
        raise _Refused("birth_year_bad", "birth_year", text)
    return int(years[0])


def _phone(text: str, notes: list[Note]) -> str | None:
    """One or two numbers, "0772123456 / +8613812345678". Lost digits are told and left out: a phone number is no
    reason to hold up a whole roster, and half a number is worse than none.
    """
    said = _said(text.replace("\n", "/"))
    if not said:
        return None
    found = []
    for piece in filter(str.strip, re.split(r"[/,;、]", said)):
        digits, lost = mended_digits(piece.strip())
        if lost:
            notes.append(Note("phone_lost", "phone", said))
            continue
        plain = re.sub(r"[\s().‐‑–-]", "", re.sub(r"(?i)^(tel|phone|mob(ile)?)[.:\s]*", "", digits))
        if not re.fullmatch(r"\+?\d{7,15}", plain):
            raise _Refused("phone_bad", "phone", text)
        if re.fullmatch(r"[2347]\d{8}", plain):
            # Nine digits: a Ugandan number whose 0 a spreadsheet took for nothing.
            notes.append(Note("phone_zero", "phone", said))
            plain = "0" + plain
        elif digits != piece.strip():
            notes.append(Note("digits_mended", "phone", said))
        found.append(plain)
    return " / ".join(found) or None
