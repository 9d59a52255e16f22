"""Which column of a list means which field, from its heading in English or Chinese. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workshop.roster.errors import RosterError
from workshop.tables.reading import Row

# The order of our own files. "class_name" is shown and not stored: the class is chosen on the page.
FIELDS = (
    "number",
    "name",
    "name_zh",
    "sex",
    "birth_year",
    "phone",
    "home",
    "organisation",
    "category",
    "class_name",
)

_HEADINGS = {
    "number": """number, student number, student no, trainee number, trainee no, registration number, registration no,
        reg number, reg no, regno, admission number, admission no, student id, trainee id, id number, index number, sourced id,
        学号, 编号, 学员编号, 学员号, 学生编号, 工号, 证号""",
    "name": """name, names, full name, full names, trainee name, trainee, student name, participant, participant name,
        name of trainee, name of participant, name of student, 姓名, 名字, 学员姓名, 学生姓名, 教师姓名, 员工姓名, 学员""",
    "name_en": "english name, name in english, latin name, foreign name, 英文名, 英文姓名, 外文名, 外文姓名, 拼音, 拼音姓名",
    "name_zh": "chinese name, name in chinese, name zh, 中文名, 中文姓名, 中文名字, 汉语名, 汉字姓名",
    "given_name": "given name, given names, first name, first names, other names, christian name, 名",
    "family_name": "family name, surname, last name, sur name, 姓, 姓氏",
    "sex": "sex, gender, 性别",
    "birth_year": """birth year, year of birth, born, birth date, birthdate, date of birth, dob, d o b, yob,
        出生年份, 出生年, 出生年月, 出生日期, 生日""",
    "phone": """phone, phone number, phone no, telephone, telephone number, tel, tel no, mobile, mobile number,
        mobile phone, mobile no, contact, contact number, phone contact, sms,
        电话, 电话号码, 联系电话, 手机, 手机号, 手机号码, 联系方式""",
    "home": """home, home district, district, district of origin, home area, region, address, residence, place of origin,
        籍贯, 地区, 家乡, 住址, 家庭住址, 区县, 来源地, 所在地区""",
    "organisation": """organisation, organization, employer, company, enterprise, factory, school, college, institution,
        institute, work place, workplace, firm, 单位, 企业, 学校, 工作单位, 公司, 所在单位, 院校, 单位名称, 企业名称""",
    "category": "category, type, trainee category, trainee type, role, status, 类别, 类型, 学员类别, 学员类型, 人员类别, 身份",
    "class_name": "class, class name, training class, group, course, 班级, 班, 培训班, 班级名称, 课程",
    "serial": "s n, sn, no, nr, serial, serial number, serial no, 序号, 行号",
}

SEARCHED_ROWS = 20  # titles and logos stand above the headings, seldom more than five rows of them

_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
# "Name 姓名", "Name/姓名": between scripts and at strokes a heading falls into its two languages.
_BORDER = re.compile(
    r"[/|\n:：;；、·]|(?<=[a-z.])\s*(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])\s*(?=[a-z])", re.IGNORECASE
)
_HAN = re.compile(r"[\u3400-\u9fff]")


def _key(heading: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", heading).casefold())


_FIELD_OF = {
    _key(name): field
    for field, names in _HEADINGS.items()
    for name in re.split(r",\s*", names)
    if name.strip()
}


@dataclass(frozen=True, slots=True)
class Columns:
    """`at`: field -> its columns, from 0 (two for a name in two columns). `ignored`: headings nobody knows."""

    heading_row: int
    at: Mapping[str, tuple[int, ...]]
    ignored: tuple[str, ...] = ()


def field_of(heading: str) -> str | None:
    """The field that a heading means; "Name (as on ID)" and "Name / 姓名" are names. None when nobody knows."""
    found = _FIELD_OF.get(_key(heading))
    if found:
        return found
    outside = _BRACKETS.sub(" ", heading)
    parts = [part for part in map(_key, _BORDER.split(outside)) if part]
    fields = {_FIELD_OF.get(part) for part in parts}
    return fields.pop() if len(fields) == 1 else None


def find_columns(rows: Sequence[Row]) -> Columns:
    """The heading row among the first 20 and what its columns mean.

    Raises RosterError: heading_missing (no column of names), heading_twice (two columns mean one field).
    """
    best = max(rows[:SEARCHED_ROWS], key=_fitness, default=None)
    if best is None or not _fitness(best)[0]:
        seen = [cell.strip() for cell in rows[0].cells if cell.strip()] if rows else []
        raise RosterError("heading_missing", headings=seen[:12])
    at: dict[str, list[int]] = {}
    ignored = []
    for column, cell in enumerate(best.cells):
        field = field_of(cell)
        if field in (None, "serial"):
            if cell.strip():
                ignored.append(" ".join(cell.split()))
        else:
            at.setdefault(field or "", []).append(column)
    return Columns(best.number, _settled(at, best.cells), tuple(ignored))


def _fitness(row: Row) -> tuple[bool, int]:
    fields = {field_of(cell) for cell in row.cells} - {None}
    has_name = bool(fields & {"name", "name_en", "name_zh", "given_name", "family_name"})
    return has_name, len(fields) if has_name else 0


def _settled(at: dict[str, list[int]], headings: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """One meaning a column: "Name" beside "姓名" is the name and the Chinese name; a name in two columns keeps their order."""
    names = at.get("name", [])
    if len(names) == 2 and "name_zh" not in at:
        han = [column for column in names if _HAN.search(headings[column])]
        if len(han) == 1:
            at["name_zh"] = han
            at["name"] = [column for column in names if column not in han]
    if "name_en" in at:
        if "name" in at:
            at.setdefault("name_zh", at["name"])
        at["name"] = at.pop("name_en")
    pieces = at.pop("given_name", []) + at.pop("family_name", [])
    for field, columns in at.items():
        if len(columns) > 1:
            raise RosterError(
                "heading_twice", field=field, headings=[headings[column].strip() for column in columns]
            )
    if pieces and "name" not in at:
        at["name"] = sorted(pieces)
    if "name" not in at:
        at["name"] = at["name_zh"]
    return {field: tuple(columns) for field, columns in at.items()}
