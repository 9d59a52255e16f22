"""What a device says of itself at a contact: its heads and its state. Reads what may be nonsense; pure."""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from sync import limits

BUILD_CHARS_MAX = 40
TIPS_MAX = 40


@dataclass(frozen=True)
class Tip:
    """The last op of one of its own chains, as it says; `link` is b64 of the chain's link there."""

    epoch: str
    part: str
    seq: int
    link: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """`state` of the first line (wire format, section 5). Sizes in KiB, times by the device's own clock in UTC ms; None: it does not say.

    `kept`: the browser has promised to keep the store. `oldest`: when the oldest op was made that no server had when it called.
    `pages`: how many pages open on it without a network; `view`: when the oldest of them was fetched.
    """

    build: str | None = None
    kept: bool | None = None
    used: int | None = None
    quota: int | None = None
    oldest: int | None = None
    pages: int | None = None
    view: int | None = None


def read_statement(found: Any) -> Statement:
    """From a message or from the table; a member that is not of its form counts as not said."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            found = {}
    given = found if isinstance(found, dict) else {}
    kept = given.get("kept")
    build = given.get("build")
    numbers = {
        name: value
        for name in ("used", "quota", "oldest", "pages", "view")
        if isinstance(value := given.get(name), int)
        and not isinstance(value, bool)
        and 0 <= value <= limits.SAFE_INTEGER
    }
    return Statement(
        build=build[:BUILD_CHARS_MAX] if isinstance(build, str) and build else None,
        kept=kept if isinstance(kept, bool) else None,
        **numbers,
    )


def tips_of(heads: Any) -> list[Tip]:
    """From `head` of a first line. Whatever is not of that form counts as not said."""
    found = []
    for part, tips in heads.items() if isinstance(heads, dict) else ():
        for tip in tips if isinstance(tips, list) else ():
            if isinstance(tip, list) and [type(each) for each in tip] == [str, int, str] and tip[1] > 0:
                found.append(Tip(tip[0], str(part), tip[1], tip[2]))
    return found[-TIPS_MAX:]
