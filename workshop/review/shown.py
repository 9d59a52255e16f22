"""Records, values and ops as a page shows them: in words of the request's language. Decides nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext, ngettext

from workshop.review import words
from workshop.review.conflicts import Conflict
from workshop.review.history import Entry, Touch
from workshop.review.names import Names

TEXT_CHARS_MAX = 400
PERSONS = frozenset({"instructor_id", "staff_id"})


def _(message: str, **values: Any) -> str:
    return str(gettext(message, **values))


def local_time(at_ms: int, tz_minutes: int) -> str:
    """`YYYY-MM-DD HH:MM` by the site's own clock; a time that no calendar holds is shown as its number."""
    try:
        return (datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(minutes=tz_minutes)).strftime(
            "%Y-%m-%d %H:%M"
        )
    except (ValueError, OverflowError, OSError):
        return str(at_ms)


def duration(milliseconds: int) -> str:
    """How far a clock was off, roughly: the largest unit that fits."""
    minutes = round(abs(milliseconds) / 60_000)
    if minutes < 120:
        return str(ngettext("%(num)s minute", "%(num)s minutes", minutes))
    if minutes < 48 * 60:
        return str(ngettext("%(num)s hour", "%(num)s hours", round(minutes / 60)))
    if minutes < 700 * 1440:
        return str(ngettext("%(num)s day", "%(num)s days", round(minutes / 1440)))
    return str(ngettext("%(num)s year", "%(num)s years", round(minutes / 1440 / 365)))


def exact_duration(milliseconds: int) -> str:
    """How far a clock was off, in its two largest units: "3 h 12 min"."""
    minutes = round(abs(milliseconds) / 60_000)
    hours, days = minutes // 60, minutes // 1440
    if minutes < 60:
        return _("%(n)s min", n=minutes)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes % 60)
    if days < 730:
        return _("%(days)s d %(hours)s h", days=days, hours=hours % 24)
    return _("%(years)s years %(days)s d", years=days // 365, days=days % 365)


def kind_word(kind: str) -> str:
    return str(gettext(words.KINDS[kind])) if kind in words.KINDS else kind


def intent_word(intent: str) -> str:
    return str(gettext(words.INTENTS[intent])) if intent in words.INTENTS else intent


def group_word(type_: str, group: str, members: Sequence[str]) -> str:
    own = words.GROUPS.get(f"{type_}.{group}")
    if own:
        return str(gettext(own))
    named = words.FIELDS.get(members[0]) if len(members) == 1 else None
    return str(gettext(named)) if named else group


def person_word(names: Names, person: str) -> str:
    return names.person(person) or _("the server itself")


def subject(names: Names, type_: str, record: str) -> str:
    """What a record is about, in one line: the person first where there is one."""
    pieces = record.split(".")
    if type_ == "attendance" and len(pieces) == 3:
        return f"{names.trainee(pieces[2])} · {_session(names, '.'.join(pieces[:2]))}"
    if type_ in ("register", "session"):
        return _session(names, record)
    if type_ in ("attempt", "attempt_step"):
        found = names.attempt(pieces[0])
        title = f"{names.trainee(found[1])} · {names.rubric(found[2])}" if found else record
        return f"{title} · {names.step(*pieces)}" if type_ == "attempt_step" and len(pieces) == 2 else title
    if type_ == "enrolment" and len(pieces) == 2:
        return f"{names.trainee(pieces[1])} · {names.training_class(pieces[0])}"
    if type_ == "duplicate" and len(pieces) == 2:
        return f"{names.trainee(pieces[0])} · {names.trainee(pieces[1])}"
    if type_ == "review":
        return subject(names, pieces[0], ".".join(pieces[1:]))
    return _simple_subject(names, type_, record)


def _simple_subject(names: Names, type_: str, record: str) -> str:
    first = record.split(".")[0]
    if type_ == "trainee":
        return names.trainee(record)
    if type_ == "training_class":
        return names.training_class(record)
    if type_ in ("staff", "grant"):
        return names.person(first)
    if type_ in ("device", "device_person", "clock"):
        return names.device(first)
    if type_ == "rubric":
        return names.rubric(record)
    return names.course(record) if type_ == "course" else record


def _session(names: Names, session: str) -> str:
    return f"{names.training_class(session.split('.')[0])} · {names.session(session)}"


# -- values


def field_label(field: str) -> str:
    return str(gettext(words.FIELDS[field])) if field in words.FIELDS else field


def coded_word(value: str) -> str:
    return str(gettext(words.VALUES[value])) if value in words.VALUES else value


def row_value(names: Names, type_: str, row: Mapping[str, Any] | None) -> str:
    """What a record's row says, in the words of an op's values: lists and objects stand in it as JSON."""

    def plain(value: Any) -> Any:
        if isinstance(value, str) and value[:1] in ("[", "{"):
            try:
                return json.loads(value)
            except ValueError:
                return value
        return value

    return group_value(names, type_, {name: plain(value) for name, value in row.items()} if row else None)


def group_value(names: Names, type_: str, values: Mapping[str, Any] | None) -> str:
    """A merge group's value in words; "nothing" for what was not there."""
    if values is None or all(value is None for value in values.values()):
        return (
            gettext("Not marked") if type_ == "attendance" and values and "status" in values else _("nothing")
        )
    if type_ == "attendance" and values.get("status") == "late" and values.get("minutes"):
        return _("Late, %(n)s min", n=values["minutes"])
    shown = [
        value_word(names, field, value)
        for field, value in values.items()
        if value is not None and field != "seen"
    ]
    if type_ != "review" and "seen" in values:
        shown.append(value_word(names, "seen", values["seen"]))
    return " · ".join(shown)


def value_word(names: Names, field: str, value: Any) -> str:
    """One field's value in words."""
    if value is None:
        return _("nothing")
    if isinstance(value, bool):
        return _("Yes") if value else gettext("No")
    if isinstance(value, str):
        return _text_word(names, field, value)
    if isinstance(value, int):
        return _number_word(names, field, value)
    if field == "void" and isinstance(value, dict):
        return str(value.get("reason", ""))[:TEXT_CHARS_MAX]
    if field == "result" and isinstance(value, dict):
        return _result_word(value)
    if field == "people" and isinstance(value, list):
        return str(ngettext("%(num)s trainee", "%(num)s trainees", len(value)))
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= TEXT_CHARS_MAX else text[:TEXT_CHARS_MAX] + "…"


def _text_word(names: Names, field: str, value: str) -> str:
    if field in words.CODED and value in words.VALUES:
        return str(gettext(words.VALUES[value]))
    if field in PERSONS:
        return person_word(names, value)
    look_up = {
        "trainee_id": names.trainee,
        "same_as": names.trainee,
        "class_id": names.training_class,
        "rubric_id": names.rubric,
        "course_id": names.course,
    }
    return look_up[field](value) if field in look_up else value[:TEXT_CHARS_MAX]


def _number_word(names: Names, field: str, value: int) -> str:
    if field == "start_minute":
        return f"{value // 60:02}:{value % 60:02}"
    if field in ("minutes", "planned_minutes"):
        return _("%(n)s min", n=value)
    if field == "started_at":
        return local_time(value, names.tz_minutes or 0)
    if field == "offset_ms":
        return ("−" if value < 0 else "") + duration(value)
    if field.endswith("_bp"):
        return f"{value // 100} %"
    return str(value)


def _result_word(value: Mapping[str, Any]) -> str:
    steps = value.get("steps", [])
    outcome = value.get("outcome", "")
    said = words.OUTCOME_OPEN if outcome == "open" else words.VALUES.get(outcome, "")
    passed = sum(1 for step in steps if len(step) > 1 and step[1] == "yes")
    told = _("%(yes)s of %(all)s steps right", yes=passed, all=len(steps))
    return f"{gettext(said) if said else outcome} · {told}"


# -- histories


@dataclass(frozen=True, slots=True)
class Line:
    """What an op changed, the same for all in `who`: empty where the page is about one record only."""

    label: str
    old: str
    new: str
    standing: str
    by: int
    who: tuple[str, ...]


def lines(names: Names, entry: Entry, numbers: Mapping[str, int], *, one_record: bool) -> list[Line]:
    """An op's changes in words, equal ones for many people in one line. `numbers`: op id -> its number on the page."""
    found: dict[tuple[str, str, str, str, int], list[str]] = {}
    for touch in entry.touches:
        key = (
            group_word(touch.type, touch.group, list(touch.new)),
            group_value(names, touch.type, touch.old) if touch.old is not None else "",
            group_value(names, touch.type, touch.new),
            touch.standing,
            numbers.get(touch.by, 0),
        )
        found.setdefault(key, []).append("" if one_record else _who(names, touch))
    return [Line(*key, tuple(one for one in who if one)) for key, who in found.items()]


def _who(names: Names, touch: Touch) -> str:
    pieces = touch.id.split(".")
    if touch.type == "attendance" and len(pieces) == 3:
        return names.trainee(pieces[2])
    return names.step(*pieces) if touch.type == "attempt_step" and len(pieces) == 2 else ""


def conflict_sentence(names: Names, conflict: Conflict) -> str:
    """What stands against what, and about whom, in one sentence."""
    return _(
        "%(sentence)s: %(what)s",
        sentence=conflict_short(conflict),
        what=subject(names, conflict.type, conflict.id),
    )


def conflict_short(conflict: Conflict) -> str:
    """The same on the page of the record itself."""
    if sum(side.decides for side in conflict.sides) > 1:
        return _("Decided differently at two places")
    if conflict.type == "attendance" and conflict.group == "mark":
        devices = len({side.device for side in conflict.sides})
        if devices == 2:
            return _("Two tablets marked differently")
        return (
            _("%(devices)s tablets marked differently", devices=devices)
            if devices > 2
            else _("Two people marked differently")
        )
    field = group_word(conflict.type, conflict.group, list(conflict.sides[0].value))
    return _("“%(field)s” was entered differently", field=field)
