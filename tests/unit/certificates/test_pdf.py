import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from sync.signing import PrivateKey
from workshop.certificates.code import Payload, sign_certificate
from workshop.certificates.errors import PrintError
from workshop.certificates.pdf import COUNT_MAX, Certificate, Signer, Text, Words, make_pdf

WORKSHOP = PrivateKey(b"w" * 32)
LONG = "Ssemakula-Byaruhanga Namutebi Wandera Alexandrinah Tumusiime"
SIGNERS = (
    Signer(Text("Tianjin Polytechnic College", "天津工业职业学院"), Text("Dean", "院长")),
    Signer(
        Text("Uganda Technical College Elgon", "乌干达埃尔贡技术学院"), Text("Principal", "校长"), "Akello"
    ),
)


def page(payload: Payload, name: str = "Okot", name_zh: str = "", **change: object) -> Certificate:
    payload = msgspec.structs.replace(payload, name=name, name_zh=name_zh)
    certificate = Certificate(
        serial=payload.serial,
        name=name,
        name_zh=name_zh,
        course=Text(payload.title_en, payload.title_zh),
        hours=payload.hours,
        first_day="2026-07-14",
        last_day="2026-07-25",
        day=payload.day,
        code=sign_certificate(payload, WORKSHOP).text,
        workshop=Text("Uganda Luban Workshop", "乌干达鲁班工坊"),
        signers=SIGNERS,
        grade=Text("Competent", "合格"),
        skills=(Text("Prove dead before work", "作业前验电"),),
    )
    return msgspec.structs.replace(certificate, **change)


def text_of(pdf: bytes, folder: Path) -> str:
    """What a reader program takes out of it; empty where poppler is missing."""
    path = folder / "made.pdf"
    path.write_bytes(pdf)
    if not shutil.which("pdftotext"):
        return ""
    return subprocess.run(
        ["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()


def test_a_class_of_four_names(payload: Payload, tmp_path: Path) -> None:
    assert len(LONG) >= 60
    names = [("Ng'ang'a", ""), ("Ouyang", "欧阳"), (LONG, ""), ("Ŋora", "")]
    pdf = make_pdf([page(payload, *name) for name in names])
    assert pdf.startswith(b"%PDF-1.7")
    assert b"pdfaid:part>2<" in pdf
    assert b"pdfaid:conformance>A<" in pdf
    assert re.search(rb"/Type/Pages/Count 4\b", pdf)
    assert 20_000 < len(pdf) < 200_000
    text = text_of(pdf, tmp_path)
    if text:
        pages = text.split("\f")[:-1]
        assert len(pages) == 4
        for (name, name_zh), found in zip(names, pages, strict=True):
            for words in (
                name,
                name_zh,
                "结业证书",
                "CERTIFICATE OF COMPLETION",
                "可编程控制器",
                "学时",
                "40",
                payload.serial,
            ):
                assert words in found, (name, words)


def test_same_input_same_bytes_and_the_copy_differs(payload: Payload) -> None:
    first = make_pdf([page(payload)])
    assert make_pdf([page(payload)]) == first
    assert make_pdf([page(payload, copy=2)]) != first


def test_data_is_never_markup(payload: Payload, tmp_path: Path) -> None:
    name = '#panic("x") $a$ *b* _c_ \\ [d] <e> @f'
    text = text_of(make_pdf([page(payload, name)]), tmp_path)
    assert not text or name in text


def test_a_statement_of_hours_has_no_grade(payload: Payload, tmp_path: Path) -> None:
    words = Words(title=Text("Statement of Training Hours", "培训学时证明"))
    text = text_of(make_pdf([page(payload, grade=None, skills=(), words=words)]), tmp_path)
    if text:
        assert "培训学时证明" in text
        assert "合格" not in text


def test_a_character_that_no_typeface_has_is_named(payload: Payload) -> None:
    with pytest.raises(PrintError) as caught:
        make_pdf([page(payload), page(payload, "Okot 🙂")])
    assert caught.value.code == "print_character"
    assert caught.value.data == {
        "character": "🙂",
        "codepoint": "U+1F642",
        "name": "SLIGHTLY SMILING FACE",
        "field": "name",
        "serial": payload.serial,
    }


def test_a_decomposed_name_prints_as_the_composed_one(payload: Payload) -> None:
    composed = page(payload, "Jos\u00e9")
    assert make_pdf([msgspec.structs.replace(composed, name="Jose\u0301")]) == make_pdf([composed])


def test_many_skills_and_long_titles_shrink_and_too_many_are_refused(payload: Payload) -> None:
    skill = Text("Find a set fault in ten minutes and say how it was found", "十分钟内排除预设故障并说明方法")
    crowded = page(payload, LONG, "欧阳娜", skills=(skill,) * 8)
    assert re.search(rb"/Type/Pages/Count 1\b", make_pdf([crowded]))
    with pytest.raises(PrintError) as caught:
        make_pdf([page(payload, skills=(skill,) * 60)])
    assert (caught.value.code, caught.value.data) == ("print_overflow", {"serial": payload.serial})


def test_what_is_refused_before_any_work(payload: Payload) -> None:
    for certificates, version, code in (
        ([], "1", "print_none"),
        ([page(payload)] * (COUNT_MAX + 1), "1", "print_too_many"),
        ([page(payload)], "99", "print_template"),
    ):
        with pytest.raises(PrintError) as caught:
            make_pdf(certificates, version)
        assert caught.value.code == code
