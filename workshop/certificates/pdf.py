"""Certificates on paper: one PDF for a whole class, one A4 landscape page each, set by typst. No records, no views.

The work is done in a short-lived process (`python -m workshop.certificates.pdf`, JSON in, PDF out), so that the server never holds
the typesetter's 200 MB. Data reaches the template as a JSON file beside it, never as markup. Same input, same bytes.
"""

import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from workshop.certificates.errors import PrintError
from workshop.certificates.fonts import FAMILIES, FOLDER, missing_characters

TEMPLATES = {"1": "certificate.typ"}
COUNT_MAX = 300
SECONDS_MAX = 120


class Text(msgspec.Struct, frozen=True):
    """One text in both languages."""

    en: str
    zh: str


class Signer(msgspec.Struct, frozen=True):
    """Who signs for one of the two institutions; the name may be empty, to be written by hand."""

    institution: Text
    role: Text
    name: str = ""


class Words(msgspec.Struct, frozen=True):
    """The fixed words of the page. They are data: a college can change them, or print a statement of hours with the same template."""

    title: Text = Text("Certificate of Completion", "结业证书")
    certify: Text = Text("This is to certify that", "兹证明")
    completed: Text = Text("has completed the training course", "完成以下课程的培训，准予结业")
    hours: Text = Text("Hours", "学时")
    dates: Text = Text("Dates", "培训日期")
    grade: Text = Text("Grade", "成绩")
    skills: Text = Text("Skills shown", "掌握技能")
    issued: Text = Text("Date of issue", "发证日期")
    serial: Text = Text("Certificate No.", "证书编号")
    signature: Text = Text("Signature and seal", "签字盖章")
    check: Text = Text("Scan to check this certificate", "扫码核验证书真伪")
    copy: Text = Text("Copy", "补打")


class Certificate(msgspec.Struct, frozen=True):
    """One page. Days are `2026-01-31`. code: the text for the QR code. grade: None on a statement of hours. copy: 0 for the first print."""

    serial: str
    name: str
    name_zh: str
    course: Text
    hours: int
    first_day: str
    last_day: str
    day: str
    code: str
    workshop: Text
    signers: tuple[Signer, Signer]
    grade: Text | None = None
    skills: tuple[Text, ...] = ()
    check_address: str = ""
    copy: int = 0
    words: Words = Words()


def make_pdf(certificates: Sequence[Certificate], template_version: str = "1") -> bytes:
    """One PDF/A-2a and PDF/UA-1 file with a page for each certificate.

    Raises PrintError: print_none, print_too_many, print_template, print_character {character, codepoint, field, serial},
    print_overflow {serial}, print_failed {detail}, print_slow {seconds}.
    """
    if not certificates:
        raise PrintError("print_none")
    if len(certificates) > COUNT_MAX:
        raise PrintError("print_too_many", count=len(certificates), most=COUNT_MAX)
    if template_version not in TEMPLATES:
        raise PrintError("print_template", version=template_version)
    for certificate in certificates:
        check_printable(certificate)
    job = msgspec.json.encode({"template": TEMPLATES[template_version], "certificates": certificates})
    command = [sys.executable, "-m", "workshop.certificates.pdf"]
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(  # noqa: S603 our own module
                command, input=job, stdout=out, stderr=subprocess.PIPE, timeout=SECONDS_MAX, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise PrintError("print_slow", seconds=SECONDS_MAX) from error
        out.seek(0)
        pdf = out.read()
    detail = done.stderr.decode(errors="replace")
    overflow = re.search(r"print_overflow ([A-Z0-9-]+)", detail)
    if overflow:
        raise PrintError("print_overflow", serial=overflow[1])
    if done.returncode or not pdf.startswith(b"%PDF-"):
        raise PrintError("print_failed", detail=detail[-500:])
    return pdf


def check_printable(certificate: Certificate) -> None:
    """Raises PrintError("print_character") for the first character that no typeface has, and names it."""
    for field, text in _texts(msgspec.to_builtins(certificate), ""):
        for character in missing_characters(text):
            raise PrintError(
                "print_character",
                character=character,
                codepoint=f"U+{ord(character):04X}",
                name=unicodedata.name(character, ""),
                field=field,
                serial=certificate.serial,
            )


def _texts(value: Any, field: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(field, value)]
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list | tuple)
        else ()
    )
    return [found for key, item in pairs for found in _texts(item, f"{field}.{key}" if field else str(key))]


def typeset(job: bytes) -> bytes:
    """The work of the short-lived process. `job` as `make_pdf` writes it."""
    import typst  # not above: the library takes 60 MB of a server's memory

    from workshop.certificates.qr import qr_png

    data = msgspec.json.decode(unicodedata.normalize("NFC", job.decode()))
    certificates = data["certificates"]
    with tempfile.TemporaryDirectory(prefix="certificates-") as name:
        folder = Path(name)
        main = folder / "main.typ"
        main.write_bytes(Path(__file__).with_name(data["template"]).read_bytes())
        (folder / "data.json").write_bytes(
            msgspec.json.encode({"families": FAMILIES, "certificates": certificates})
        )
        for number, certificate in enumerate(certificates):
            (folder / f"qr-{number}.png").write_bytes(qr_png(certificate["code"]))
        fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(FOLDER)])
        compiler = typst.Compiler(str(main), root=name, font_paths=fonts)
        # The day of issue, not now: the file must come out the same when it is made again.
        made = datetime.fromisoformat(max(certificate["day"] for certificate in certificates)).replace(
            tzinfo=UTC
        )
        pdf = compiler.compile(format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=int(made.timestamp()))
        assert isinstance(pdf, bytes)  # noqa: S101 always, for a PDF; the library's type says more
        return pdf


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(sys.stdin.buffer.read()))
