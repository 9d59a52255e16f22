"""Why somebody does not get a certificate, in words. Needs a request."""

from collections.abc import Mapping

from flask_babel import gettext as _

from workshop.certificates.facts import Candidate
from workshop.certificates.rules import Reason


def reasons_of(one: Candidate, skills: Mapping[str, str]) -> list[str]:
    """Every reason as a sentence. `skills`: {rubric id: name in the page's language}."""
    found = [_words(reason, skills) for reason in one.reasons]
    if one.serial:
        found.append(str(_("Has the certificate %(serial)s already.", serial=one.serial)))
    return found


def percent(bp: int) -> str:
    """8005 -> "80.05", 8000 -> "80"; rounded down, so that nobody seems to have reached what was missed."""
    return f"{bp // 100}.{bp % 100:02}".rstrip("0").rstrip(".")


def _words(reason: Reason, skills: Mapping[str, str]) -> str:
    data = reason.data
    sessions = ", ".join(map(str, data.get("sessions", ())))
    skill = skills.get(data.get("rubric_id", ""), data.get("rubric_id", ""))
    match reason.code:
        case "not_enrolled":
            text = _("Withdrew from the class.")
        case "register_open":
            text = _("Registers that are not closed: session %(sessions)s.", sessions=sessions)
        case "attendance_disputed":
            text = _("Two marks differ and wait for a decision: session %(sessions)s.", sessions=sessions)
        case "attendance_none":
            text = _("No session of the class was held.")
        case "attendance_low":
            share, least = percent(data["bp"]), percent(data["min_bp"])
            text = _(
                "Attended %(share)s %%; the rule asks for %(least)s %%. %(minutes)s minutes are missing.",
                share=share,
                least=least,
                minutes=data["missing_minutes"],
            )
        case "skill_disputed":
            text = _("“%(skill)s”: two signed results contradict each other.", skill=skill)
        case "skill_open":
            text = _("“%(skill)s”: a critical step was not seen.", skill=skill)
        case "skill_not_yet":
            text = _("“%(skill)s”: not yet competent.", skill=skill)
        case _other:
            text = _("“%(skill)s”: not tested.", skill=skill)
    return str(text)
