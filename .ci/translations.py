"""Keep the catalogue in step with the sources: extract, update, compile. One person at a time (a file lock).

python .ci/translations.py                 extract from Python, templates and JavaScript, update zh_Hans, compile
python .ci/translations.py --add more.po   the same, and take translations from more.po
python .ci/translations.py --check         change nothing; fail when the catalogue is stale, has gaps or is not compiled
"""

import argparse
import fcntl
import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
METHODS = [
    ("workshop/**.py", "python"),
    ("workshop/templates/**.html", "jinja2"),
    ("workshop/static/js/**.js", "javascript"),
]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "N_": None,
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def extracted() -> Catalog:
    catalog = Catalog(project="luban-workshop-companion", charset="utf-8")
    options = {
        "workshop/templates/**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}
    }
    found = extract_from_dir(ROOT, METHODS, options, keywords=KEYWORDS, comment_tags=("i18n:",))
    for filename, _line, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        catalog.add(message, locations=[(filename, 0)], auto_comments=comments, context=context)
    return catalog


def updated(additions: Path | None) -> Catalog:
    old = read_po(io.BytesIO(PO.read_bytes()), locale="zh_Hans") if PO.exists() else Catalog(locale="zh_Hans")
    if additions:
        for message in read_po(io.BytesIO(additions.read_bytes()), locale="zh_Hans"):
            if message.id and message.string:
                known = old.get(message.id)
                if known is None:
                    old.add(message.id, message.string)
                else:
                    known.string = message.string
                    known.flags.discard("fuzzy")
    old.update(extracted(), no_fuzzy_matching=True)
    old.obsolete.clear()
    return old


def problems(catalog: Catalog) -> list[str]:
    found = []
    for message in catalog:
        if not message.id:
            continue
        strings = [message.string] if isinstance(message.string, str) else list(message.string or [""])
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        if not all(strings):
            found.append(
                f"not translated: {ids[0]!r} ({message.locations[0][0] if message.locations else '?'})"
            )
        elif {m.group(0) for m in PLACEHOLDER.finditer(ids[-1])} != {
            m.group(0) for m in PLACEHOLDER.finditer(strings[0])
        }:
            found.append(f"placeholders differ: {ids[0]!r}")
    return found


def rendered(catalog: Catalog) -> tuple[bytes, bytes]:
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)
    write_mo(mo, catalog)
    return re.sub(rb'"(POT-Creation|PO-Revision)-Date: [^"]*"\n', b"", po.getvalue()), mo.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--add", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    PO.parent.mkdir(parents=True, exist_ok=True)
    with (ROOT / "translations" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        catalog = updated(arguments.add)
        po, _mo = rendered(catalog)
        issues = problems(catalog)
        if arguments.check:
            if not PO.exists() or PO.read_bytes() != po:
                issues.insert(0, "the catalogue is stale: run `make translations`")
            elif not PO.with_suffix(".mo").exists():
                issues.insert(0, "the catalogue is not compiled: run `make translations`")
        else:
            PO.write_bytes(po)
            PO.with_suffix(".mo").write_bytes(rendered(read_po(io.BytesIO(po), locale="zh_Hans"))[1])
    for issue in issues:
        print(issue, file=sys.stderr)  # noqa: T201 - this is a command
    return 1 if issues and arguments.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
