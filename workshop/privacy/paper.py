"""The export of a person on paper: one PDF in both languages, set by typst. No records, no views.

As with certificates the work is done in a short-lived process (`python -m workshop.privacy.paper`, JSON in, PDF out), and data reaches the
template as a file beside it, never as markup.
"""

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from workshop.certificates.fonts import FAMILIES, FOLDER
from workshop.problems import Problem

SECONDS_MAX = 120
KINDS = {
    "trainee": "Trainee 学员",
    "enrolment": "Enrolment 报名",
    "attendance": "Attendance 考勤",
    "attempt": "Practical test 实操考核",
    "attempt_step": "Step of a test 考核步骤",
    "review": "Review 审核",
    "certificate": "Certificate 证书",
    "certificate_batch": "Proposal of certificates 证书申报",
    "staff": "Staff 教职人员",
    "grant": "Role 角色",
    "device_person": "Tablet used 使用平板",
    "erasure": "Erasure 删除记录",
}
FIELDS = {
    "number": "number 编号",
    "name": "name 姓名",
    "name_en": "name 姓名",
    "name_zh": "Chinese name 中文名",
    "sex": "sex 性别",
    "birth_year": "year of birth 出生年份",
    "phone": "phone 电话",
    "home": "home 住址",
    "organisation": "organisation 单位",
    "category": "category 类别",
    "state": "state 状态",
    "status": "status 状态",
    "minutes": "minutes 分钟",
    "note": "note 备注",
    "remark": "remark 备注",
    "result": "result 结果",
    "void": "void 作废",
    "comment": "comment 意见",
    "decision": "decision 决定",
    "facts": "facts 证书内容",
    "code": "code 二维码内容",
    "reason": "reason 原因",
    "class_id": "class 班级",
    "started_at": "begun 开始时间",
    "rubric_id": "test 考核项目",
    "trainee_id": "trainee 学员",
    "replaces": "replaces 取代",
    "outcome": "outcome 结论",
    "steps": "steps 步骤",
}
VALUES = {
    "present": "present 出勤",
    "late": "late 迟到",
    "excused": "excused 请假",
    "absent": "absent 缺勤",
    "enrolled": "enrolled 在册",
    "withdrawn": "withdrawn 已退出或撤销",
    "yes": "yes 做到",
    "no": "no 未做到",
    "not_seen": "not seen 未观察",
    "competent": "competent 合格",
    "not_yet": "not yet competent 暂不合格",
    "open": "open 未完成",
    "approved": "approved 通过",
    "returned": "returned 退回",
    "refused": "refused 未通过",
    "issued": "issued 已签发",
    "m": "male 男",
    "f": "female 女",
    "local_teacher": "local teacher 本土教师",
    "local_student": "local student 本土学生",
    "employee": "enterprise employee 企业员工",
    "other": "other 其他",
}
WORDED = frozenset(("status", "state", "result", "outcome", "decision", "sex", "category"))
TEXT_CHARS_MAX = 400


def make_pdf(data: dict[str, Any]) -> bytes:
    """The PDF of `export.as_data`. Raises Problem person_print_failed."""
    command = [sys.executable, "-m", "workshop.privacy.paper"]
    try:
        done = subprocess.run(  # noqa: S603 our own module
            command,
            input=msgspec.json.encode(_shown(data)),
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Problem("person_print_failed", 500) from error
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise Problem("person_print_failed", 500)
    return done.stdout


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """What the page prints: texts only."""
    person = data["person"]
    return {
        "made": data["made_at"],
        "person": [
            ["Name", "姓名", " ".join(filter(None, (person["name"], person["name_zh"])))],
            ["Number", "编号", person["number"]],
            ["Id", "标识", ", ".join(person["ids"])],
            ["Site", "站点", person["part"]],
            ["Made on", "制作日期", f"{_day(data['made_at'])} UTC"],
        ],
        "now": [
            [
                KINDS.get(kind, kind),
                [[row["id"], _line({k: v for k, v in row.items() if k != "id"})] for row in rows],
            ]
            for kind, rows in data["now"].items()
        ],
        "said": [
            [
                _day(one["at"]),
                f"{KINDS.get(one['type'], one['type'])} {one['id']}",
                _line(one["fields"]),
                " ".join(filter(None, (one["by_name"], one["by"]))),
                one["op"],
            ]
            for one in data["said"]
        ],
    }


def _line(fields: dict[str, Any]) -> str:
    said = (
        f"{FIELDS.get(name, name)}: {_value(name, value)}"
        for name, value in fields.items()
        if value is not None
    )
    return "; ".join(said)


def _value(name: str, value: Any) -> str:
    """In words where a field has a few known values, as a moment where it is one."""
    if name in WORDED and isinstance(value, str):
        return VALUES.get(value, value)
    if name.endswith("_at") and isinstance(value, int):
        return f"{_day(value)} UTC"
    if name == "steps" and isinstance(value, list):
        return ", ".join(_step(one) for one in value)
    if isinstance(value, dict):
        return _line(value)
    return _text(value)


def _step(step: Any) -> str:
    """[id, seen, remark] in words; whatever else somebody sent, as it is."""
    if not isinstance(step, list) or not all(isinstance(one, str) for one in step):
        return _text(step)
    return " ".join(VALUES.get(one, one) if n == 1 else one for n, one in enumerate(step) if one)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= TEXT_CHARS_MAX else text[:TEXT_CHARS_MAX] + " ..."


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def typeset(job: bytes) -> bytes:
    """The work of the short-lived process."""
    import typst  # not above: the library takes 60 MB of a server's memory

    data = msgspec.json.decode(job)
    with tempfile.TemporaryDirectory(prefix="person-") as name:
        folder = Path(name)
        main = folder / "main.typ"
        main.write_bytes(Path(__file__).with_name("person.typ").read_bytes())
        (folder / "data.json").write_bytes(msgspec.json.encode({"families": FAMILIES, **data}))
        fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(FOLDER)])
        compiler = typst.Compiler(str(main), root=name, font_paths=fonts)
        pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=data["made"] // 1000)
        assert isinstance(pdf, bytes)  # noqa: S101 always, for a PDF; the library's type says more
        return pdf


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(sys.stdin.buffer.read()))
