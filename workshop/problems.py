"""Everything that can go wrong, by code: what happened, what is safe, what to do next. Words only; no Flask here.

A feature adds its own codes in `workshop/<feature>/problems.py` as `problems: dict[str, Words]`; `catalogue` merges them.
The texts are message ids: they are translated when they are shown (`workshop/problem_pages.py`), so they may stand at module level.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


def N_(message: str) -> str:  # noqa: N802 - the usual gettext mark for "translate later"
    """Marks a text for translation without translating it."""
    return message


@dataclass(frozen=True)
class Words:
    """Three sentences for a person, as message ids; `%(name)s` takes its value from the problem's data."""

    what: str
    safe: str
    do: str


class Problem(Exception):
    """An answer other than the one asked for: stable `code`, HTTP `status`, and `data` for its words.

    Raised by commands and views alike; becomes a page, or JSON for scripts.
    """

    def __init__(self, code: str, status: int = 400, /, **data: Any) -> None:
        super().__init__(code, status, data)
        self.code = code
        self.status = status
        self.data = data


NOTHING_CHANGED = N_("Nothing was changed. Everything saved before is still here.")
RECORDS_SAFE = N_("All records are safe.")

SHELL: dict[str, Words] = {
    "bad_request": Words(
        N_("The request could not be understood."),
        NOTHING_CHANGED,
        N_("Go back, load the page again and try once more."),
    ),
    "csrf": Words(
        N_("This form was opened before you signed in or too long ago."),
        NOTHING_CHANGED,
        N_("Go back, load the page again and send the form once more."),
    ),
    "bad_next": Words(
        N_("The link asked us to send you to a page that is not ours."),
        N_("You were not sent there. Nothing was changed."),
        N_("Open the start page and go on from there."),
    ),
    "signed_out": Words(
        N_("You are not signed in, or your sign-in has ended."),
        NOTHING_CHANGED,
        N_("Sign in and try again."),
    ),
    "not_allowed": Words(
        N_("Your role does not allow this."),
        NOTHING_CHANGED,
        N_("Ask the workshop's administrator if you need this for your work."),
    ),
    "not_found": Words(
        N_("There is no page at this address."),
        RECORDS_SAFE,
        N_("Check the address, or open the start page and look for it from there."),
    ),
    "method_not_allowed": Words(
        N_("This address cannot be opened in this way."),
        NOTHING_CHANGED,
        N_("Open the start page and go on from there."),
    ),
    "too_large": Words(
        N_("What you sent is too large."),
        NOTHING_CHANGED,
        N_("Choose a smaller file, or send it in several parts."),
    ),
    "too_many": Words(
        N_("Too many requests came in a short time."),
        NOTHING_CHANGED,
        N_("Wait a minute, then try again."),
    ),
    "no_site": Words(
        N_("This server has not been set up yet."),
        N_("Nothing can be lost, because nothing has been saved here."),
        N_("Ask the person who looks after the server to set it up."),
    ),
    "broken": Words(
        N_("The server made a mistake. The fault is ours, not yours."),
        N_("Everything saved before is still here. Your last step may not have been saved."),
        N_("Go back and look whether your last step is there. If it fails again, tell the administrator."),
    ),
    "disk_full": Words(
        N_("The server's disk is full. Nothing was saved."),
        N_("Everything saved before is still here and can be read. Tablets keep what they have and wait."),
        N_("Tell the administrator: there must be more room on the server's disk. Then do it once more."),
    ),
    "refused": Words(
        N_("The record was not accepted."),
        NOTHING_CHANGED,
        N_("Load the page again, check what you entered and try once more."),
    ),
    "role_missing": Words(
        N_("Your role does not allow this record."),
        NOTHING_CHANGED,
        N_("Ask the workshop's administrator if you need this for your work."),
    ),
    "op_too_large": Words(
        N_("The text is too long to be saved."),
        NOTHING_CHANGED,
        N_("Shorten it and try again."),
    ),
}

BY_STATUS = {
    400: "bad_request",
    401: "signed_out",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many",
}


def catalogue(features: Iterable[Mapping[str, Words]]) -> dict[str, Words]:
    """All codes with their words. Raises ValueError when two features use one code for different things."""
    merged = dict(SHELL)
    for problems in features:
        for code, words in problems.items():
            if merged.setdefault(code, words) != words:
                raise ValueError(f"two meanings of problem {code!r}")
    return merged
