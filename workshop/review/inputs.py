"""Forms for the fields of any declared record: which control a field needs, what stands in it, and what a person entered. No database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import UnsetType

from sync import RecordType
from workshop.problems import Problem

Kind = Literal["choice", "number", "text", "yesno"]
TEXT_CHARS_MAX = 400


@dataclass(frozen=True, slots=True)
class Input:
    """`name` in the form, `field` of the record; `options` of a choice; `value` as text, "" for none."""

    name: str
    field: str
    kind: Kind
    options: tuple[str, ...]
    optional: bool
    value: str


def inputs(
    declared: RecordType, fields: Sequence[str], values: Mapping[str, Any], prefix: str = "v"
) -> list[Input] | None:
    """Controls for some fields; None where one holds more than a form of this kind can show (a list of steps)."""
    kinds = get_type_hints(declared.fields)
    found = []
    for field in fields:
        control = _control(kinds[field])
        if control is None:
            return None
        kind, options = control
        optional = NoneType in get_args(kinds[field])
        value = _as_text(kind, options, values.get(field))
        found.append(Input(f"{prefix}-{field}", field, kind, options, optional, value))
    return found


def read(controls: Sequence[Input], form: Mapping[str, str]) -> dict[str, Any]:
    """What was entered, by field; None for what was left empty and may be. Raises Problem `value_missing`, `value_wrong`."""
    return {control.field: _value(control, form.get(control.name, "").strip()) for control in controls}


def _value(control: Input, text: str) -> Any:
    if not text:
        if not control.optional:
            raise Problem("value_missing", 422)
        return None
    if control.kind == "number":
        if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 15:
            raise Problem("value_wrong", 422)
        return int(text)
    if control.kind == "text":
        return text[:TEXT_CHARS_MAX]
    if text not in control.options:
        raise Problem("value_wrong", 422)
    return text == "yes" if control.kind == "yesno" else text


def _control(hint: Any) -> tuple[Kind, tuple[str, ...]] | None:
    plain = [one for one in get_args(hint) or (hint,) if one not in (UnsetType, NoneType)]
    if plain == [bool]:
        return "yesno", ("yes", "no")
    if plain == [int]:
        return "number", ()
    if plain == [str]:
        return "text", ()
    if len(plain) == 1 and get_origin(plain[0]) is Literal:
        return "choice", tuple(get_args(plain[0]))
    return None


def _as_text(kind: Kind, options: Sequence[str], value: Any) -> str:
    """A value that the field does not allow is shown where it can be: as text, so that somebody can mend it."""
    if value is None:
        return ""
    if kind == "yesno":
        return "yes" if value else "no"
    if kind == "choice":
        return value if value in options else ""
    return str(value)[:TEXT_CHARS_MAX] if isinstance(value, (str, int)) else ""
