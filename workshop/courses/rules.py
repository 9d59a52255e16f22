"""Planning a class: which days it meets; pure. Days are the site's own dates `YYYY-MM-DD`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from workshop.courses.records import CATEGORIES
from workshop.problems import Problem

SESSIONS_MAX = 120
MINUTES = {"am": (8 * 60 + 30, 180), "pm": (14 * 60, 180)}


@dataclass(frozen=True)
class ClassPlan:
    """What a form asked for, checked. `sessions` are (number, day, start_minute, minutes)."""

    fields: Mapping[str, object]
    sessions: tuple[tuple[int, str, int, int], ...]


def plan_class(form: Mapping[str, str], weekdays: list[str], instructor: str | None) -> ClassPlan:
    """Check the form of a new class and work out its sessions.

    Raises Problem `class_name`, `class_days`, `class_time`, `class_too_many`, `class_course`.
    """
    name_en, name_zh = form.get("name_en", "").strip(), form.get("name_zh", "").strip()
    if not 1 <= len(name_en) <= 120 or len(name_zh) > 120:
        raise Problem("class_name", 422)
    if not form.get("course_id") or form.get("category") not in CATEGORIES:
        raise Problem("class_course", 422)
    first, last = _day(form.get("first_day", "")), _day(form.get("last_day", ""))
    chosen = {int(day) for day in weekdays if day.isdigit() and int(day) < 7}
    if first is None or last is None or last < first or not chosen:
        raise Problem("class_days", 422)
    start, minutes = times(form)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    meeting = [day for day in days if day.weekday() in chosen]
    if not 1 <= len(meeting) <= SESSIONS_MAX:
        raise Problem("class_too_many", 422, n=len(meeting), most=SESSIONS_MAX)
    fields = {
        "course_id": form["course_id"],
        "name_en": name_en,
        "name_zh": name_zh or name_en,
        "category": form["category"],
        "place": form.get("place", "").strip()[:60],
        "batch": form.get("batch", "").strip()[:20] or None,
        "instructor_id": instructor,
        "first_day": meeting[0].isoformat(),
        "last_day": meeting[-1].isoformat(),
        "kind": "own" if form.get("kind") == "own" else "training",
    }
    return ClassPlan(fields, tuple((n, day.isoformat(), start, minutes) for n, day in enumerate(meeting, 1)))


def times(form: Mapping[str, str]) -> tuple[int, int]:
    """Start in minutes of the day, and length in minutes. Raises Problem("class_time")."""
    hour, _, minute = form.get("start", "").partition(":")
    length = form.get("minutes", "")
    if not (hour.isdigit() and minute.isdigit() and length.isdigit()):
        raise Problem("class_time", 422)
    start = int(hour) * 60 + int(minute)
    if not (0 <= start < 24 * 60 and int(minute) < 60 and 15 <= int(length) <= 600):
        raise Problem("class_time", 422)
    return start, int(length)


def parse_steps(text: str) -> list[dict[str, object]]:
    """Key steps as people type them: one a line, `English | 中文`, a `*` in front of the critical ones.

    Raises Problem("test_steps", line=n).
    """
    steps: list[dict[str, object]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        critical = line.lstrip().startswith("*")
        en, bar, zh = line.strip().lstrip("*").partition("|")
        if not bar or not en.strip() or not zh.strip() or len(line) > 400:
            raise Problem("test_steps", 422, line=number)
        steps.append({"id": f"s{len(steps) + 1}", "en": en.strip(), "zh": zh.strip(), "critical": critical})
    if not 1 <= len(steps) <= 40:
        raise Problem("test_steps", 422, line=1)
    return steps


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
