"""A plan as a page shows it: every code becomes words in the language of the request. Decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from workshop.roster import words
from workshop.roster.plan import DIFFERENT, ROW, SAME, Fate
from workshop.roster.rules import Note

TONES = {"new": "ok", "changed": "warn", "same": "", "ask": "warn", "twice_in_file": "", "refused": "bad"}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row. `options` (value, who, what is known of them) only for a question."""

    row: int
    name: str
    number: str
    fate: str
    tone: str
    lines: tuple[str, ...]
    options: tuple[tuple[str, str, str], ...] = ()


def shown(fate: Fate) -> ShownRow:
    tone = "bad" if fate.fate == "twice_in_file" and fate.blocks else TONES[fate.fate]
    number = (fate.candidate.number if fate.candidate else None) or ""
    return ShownRow(
        fate.row,
        fate.name,
        number,
        gettext(words.FATES[fate.fate]),
        tone,
        (*_reason(fate), *_changes(fate), *map(_note, fate.notes)),
        tuple(_options(fate)),
    )


def field_word(field: str) -> str:
    return str(gettext(words.FIELDS[field]))


def value_word(field: str, value: Any) -> str:
    """A stored value as a person reads it; "" for nothing."""
    if value is None:
        return ""
    known: Mapping[str, str] = words.VALUES.get(field, {})
    return str(gettext(known[value])) if value in known else str(value)


def _reason(fate: Fate) -> list[str]:
    code = fate.reason
    data = dict(fate.detail)
    if code == "twice" and fate.blocks:
        code = "twice_differs"
        data["fields"] = gettext(", ").join(field_word(field) for field in fate.detail["fields"])
    plain = {name: value for name, value in data.items() if isinstance(value, str | int)}
    return [gettext(words.REASONS[code], **plain)] if code else []


def _changes(fate: Fate) -> list[str]:
    if fate.fate != "changed":
        return []
    return [
        gettext(
            "%(field)s: “%(old)s” becomes “%(new)s”.",
            field=field_word(field),
            old=value_word(field, value["old"]) or gettext("nothing"),
            new=value_word(field, value["new"]),
        )
        for field, value in fate.detail["fields"].items()
    ]


def _note(note: Note) -> str:
    return str(gettext(words.NOTES[note.code], field=field_word(note.field), cell=note.cell))


def _options(fate: Fate) -> list[tuple[str, str, str]]:
    if fate.fate != "ask":
        return []
    found = [_option(option) for option in fate.detail["options"]]
    return [*found, (DIFFERENT, gettext("No, this is somebody else"), "")]


def _option(option: Mapping[str, Any]) -> tuple[str, str, str]:
    person: str = option["id"]
    if person.startswith(ROW):
        who = gettext("Yes, the person of row %(row)s: %(name)s", row=person[len(ROW) :], name=option["name"])
    else:
        who = gettext("Yes, this is %(name)s", name=option["name"])
    facts: Sequence[str] = ("number", "name_zh", "sex", "birth_year", "phone", "organisation")
    known = [value_word(field, option[field]) for field in facts if option[field] is not None]
    return SAME + person, who, gettext(", ").join(known)
