"""The report's words in both languages at once, for its file, its command and the rule under its table; needs no request."""

import gettext
from functools import cache
from typing import Any, Final

from workshop.config import TRANSLATIONS
from workshop.problems import N_
from workshop.reports.model import CountingRule
from workshop.reports.rules import percent

CATEGORIES: Final = {
    "local_teacher": N_("Local teachers"),
    "local_student": N_("Local students"),
    "employee": N_("Enterprise employees"),
    "other": N_("Others"),
}
FIGURES: Final = {
    "person_times": N_("Person-times"),
    "persons": N_("Persons"),
    "taught_hours": N_("Taught hours"),
    "person_hours": N_("Person-hours"),
    "person_days": N_("Person-days"),
}
TOTAL: Final = N_("All together")
NO_BATCH: Final = N_("Local instructors only")
REASONS: Final = {
    "share": N_("Counted: reached the share"),
    "each_session": N_("Counted for each session attended"),
    "each_day": N_("Counted for each day attended"),
    "below_share": N_("Not counted: below the share"),
    "none_attended": N_("Not counted: attended no session"),
}
EVENTS: Final = {
    "forum": N_("Forum"),
    "information": N_("Information session"),
    "visit": N_("Visit"),
}
BASIS: Final = {
    "class": N_(
        "One person in one training class is one person-time when present, or late, in at least %(share)s %% of the sessions held of that class."
    ),
    "session": N_("Each session attended, present or late, is one person-time."),
    "day": N_(
        "Each day on which a person attended a session of a class, present or late, is one person-time."
    ),
}
RULES: Final = (
    N_(
        "Sessions that were cancelled or not held yet do not count. No mark, absent and excused are not attended."
    ),
    N_(
        "A class belongs to the period in which its last session held lies, with all its sessions and hours: no class is counted in two periods."
    ),
    N_(
        "Records that were decided to be the same person are one person. A person in two classes is two person-times and one person."
    ),
    N_("Who left a class early still counts when the share was reached."),
    N_(
        "The category is the one of the enrolment. A person who changed category is one person in each of the rows and one in the total."
    ),
    N_(
        "Taught hours are the minutes of the sessions held, divided by %(minutes)s, under the category of the class."
    ),
    N_(
        "Person-hours are the minutes of the sessions that the persons counted attended, divided by %(minutes)s; who came late counts in full."
    ),
    N_("Person-days are the different days on which the persons counted attended."),
    N_("Hours are rounded to one decimal at the end, so rows may differ from the total by a tenth."),
    N_("Where two marks differ and nobody has decided yet, the one that counts for now is used."),
    N_("Teaching inside programmes, forums, information sessions and visits are not counted as training."),
)


@cache
def _chinese() -> gettext.NullTranslations:
    return gettext.translation("messages", TRANSLATIONS, ["zh_Hans"], fallback=True)


def in_both(message: str, **data: Any) -> tuple[str, str]:
    """A message id in English and in Chinese, with its values put in."""
    chinese = _chinese().gettext(message)
    return (message % data, chinese % data) if data else (message, chinese)


def joined(message: str) -> str:
    """A heading in both languages, Chinese first: `人次 Person-times`."""
    en, zh = in_both(message)
    return en if en == zh else f"{zh} {en}"


def rule_words(rule: CountingRule, lesson_minutes: int) -> list[tuple[str, str]]:
    """The counting rule sentence by sentence, each in English and Chinese: what is printed under the table."""
    data = {"share": percent(rule.min_share_bp), "minutes": lesson_minutes}
    return [in_both(sentence, **data) for sentence in (BASIS[rule.basis], *RULES)]
