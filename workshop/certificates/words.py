"""The checking page's words, each in both languages at once: whoever reads a verdict may know only the other one. Needs a request."""

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import force_locale, gettext

from workshop.i18n import LANGUAGES, current_lang
from workshop.problems import N_


@dataclass(frozen=True)
class Both:
    """`here` in the page's language, `there` in the other one, whose lang attribute is `there_lang`."""

    here: str
    there: str
    there_lang: str


# state -> (kind of notice, what it means, what to do)
VERDICTS: Final = {
    "valid": (
        "ok",
        N_("This certificate is genuine."),
        N_(
            "It is signed by an issuer on the list and has not been withdrawn. Compare the name with the person's identity paper."
        ),
    ),
    "altered": (
        "bad",
        N_("This certificate is not genuine: it was altered."),
        N_(
            "The signature does not fit what the code says. Do not rely on it, and tell the college named on the paper."
        ),
    ),
    "unknown_issuer": (
        "bad",
        N_("Nobody on the list of issuers signed this certificate."),
        N_(
            "Its key is not on the home campus's list, or did not count on the day of issue. Ask the home campus before you rely on it."
        ),
    ),
    "withdrawn": (
        "bad",
        N_("This certificate was withdrawn."),
        N_("It was genuine once, but the college took it back. It no longer counts."),
    ),
    "replaced": (
        "bad",
        N_("This certificate was replaced by a corrected one."),
        N_("It no longer counts. Ask the person for the new certificate."),
    ),
    "unreadable": (
        "warn",
        N_("This is not the code of a certificate."),
        N_("Nothing was checked. Scan the square code again in good light, or paste its whole text."),
    ),
    "no_list": (
        "warn",
        N_("Nothing can be checked: the list of issuers on this page is damaged."),
        N_("Open this page again when there is a network."),
    ),
    "stale": (
        "warn",
        N_("The list used is old."),
        N_(
            "A certificate may have been withdrawn since. Open this page once with a network to get the present list."
        ),
    ),
}
LABELS: Final = {
    "name": N_("Name"),
    "title": N_("Course"),
    "hours": N_("Training hours"),
    "grade": N_("Grade"),
    "day": N_("Date of issue"),
    "serial": N_("Certificate number"),
    "issuer": N_("Issuer"),
    "since": N_("Not valid since"),
    "as_of": N_("Date of the list used"),
    "statement": N_("A statement of hours: it says that the person attended, not that they are competent."),
}
GRADES: Final = {
    "competent": N_("Competent"),
    "distinction": N_("Distinction"),
    "credit": N_("Credit"),
    "pass": N_("Pass"),
}


def check_page_words() -> dict[str, Any]:
    """What certificates/verify.html needs: verdicts {state: {kind, what, do}}, labels and grades {name: Both}."""
    return {
        "verdicts": {
            state: {"kind": kind, "what": in_both(what), "do": in_both(do)}
            for state, (kind, what, do) in VERDICTS.items()
        },
        "labels": {name: in_both(label) for name, label in LABELS.items()},
        "grades": {name: in_both(word) for name, word in GRADES.items()},
    }


def in_both(message: str) -> Both:
    """A message id marked with N_, in the page's language and in the other one."""
    other = LANGUAGES["en" if current_lang() == "zh" else "zh"]
    here = gettext(message)
    with force_locale(other.locale):
        return Both(here, gettext(message), other.html)
