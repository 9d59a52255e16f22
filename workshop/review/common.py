"""What all pages of review share: the blueprint, who may open them, which site they are about, names, times, the row of tabs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from workshop.admission import COMMON
from workshop.i18n import current_lang
from workshop.parts import chosen_part
from workshop.review import conflicts, held
from workshop.review.names import Names
from workshop.review.rules import Made, clock_of
from workshop.review.shown import duration, exact_duration, kind_word, local_time, person_word
from workshop.review.wanted import Wanted, offered
from workshop.web import Actor, Problem, Site, current_actor, current_site, lang_url, render
from workshop.when import zone_name

bp = Blueprint("review", __name__)

REVIEWERS = ("reviewer", "supervisor")
STAFF = ("admin", "instructor", "assessor", *REVIEWERS)
SETTLERS = ("admin", "instructor", *REVIEWERS)
SEE_ALL = frozenset({"admin", *REVIEWERS})
PER_PAGE = 25


@dataclass(frozen=True)
class Desk:
    """Somebody at work on one site's records."""

    site: Site
    part: str
    actor: Actor
    names: Names

    @property
    def parts(self) -> list[str]:
        return [self.part, COMMON]

    @property
    def at(self) -> dict[str, str]:
        """What an address must carry so that it is about this site."""
        return {"site": self.part} if self.site.role == "campus" else {}

    @property
    def tz_minutes(self) -> int:
        known = self.names.tz_minutes
        return self.site.tz_minutes if known is None else known

    @property
    def reviews(self) -> bool:
        return bool(self.actor.roles & set(REVIEWERS))

    @property
    def only_hers(self) -> str | None:
        """Whose open questions this person sees: her own, or with None all."""
        return None if self.actor.roles & SEE_ALL else self.actor.id

    def time(self, at_ms: int) -> str:
        return local_time(at_ms, self.tz_minutes)

    def made(self, made: Made, device: str = "") -> dict[str, Any]:
        """When an op was made, in words: by the device's clock, corrected where that was off, received here; how the clock stood."""
        kind = "campus" if device == self.site.root else self.names.device_kind(device)
        return {
            "clock": clock_of(made, kind),
            "exact": exact_duration(made.offset or made.corrected - made.received),
            "wall": self.time(made.wall),
            "off": made.off,
            "corrected": self.time(made.corrected) if made.offset else "",
            "by": duration(made.offset or made.corrected - made.received) if made.off else "",
            "fast": (made.offset or 1) > 0,
            "received": self.time(made.received),
        }

    def person(self, person_id: str) -> str:
        return person_word(self.names, person_id)

    def url(self, endpoint: str, **values: Any) -> str:
        return lang_url(endpoint, **{**self.at, **values})


def desk() -> Desk:
    """The desk of this request; for views behind `@require`."""
    site, actor = current_site(), current_actor()
    if actor is None:
        raise Problem("signed_out", 401)
    part = chosen_part(site)
    return Desk(site, part, actor, Names(site.db, part, current_lang()))


def page(at: Desk, template: str, **context: Any) -> Response:
    """A page with the tabs above it."""
    return render(
        template,
        desk=at,
        tabs=_tabs(at),
        sites=[
            (row[0], row[1 + (current_lang() == "zh")] or row[0])
            for row in at.site.db.execute(
                "select id, name_en, name_zh from rm_site where part = ? and role = 'workshop' order by id",
                (COMMON,),
            )
        ]
        if at.site.role == "campus"
        else [],
        zone=zone_name(at.tz_minutes),
        **context,
    )


def page_number() -> int:
    asked = request.args.get("page", "1")
    return int(asked) if asked.isdigit() and 0 < len(asked) < 6 else 1


def wanted_of(at: Desk) -> Wanted:
    """The filter that an address asks for."""
    asked = request.args
    return Wanted(
        asked.get("class", "")[:40], asked.get("type", "")[:40], asked.get("tablet", "")[:40], asked.get("show") == "done"
    )  # fmt: skip


def filters(
    at: Desk, wanted: Wanted, classes: Iterable[str], kinds: Iterable[str], devices: Iterable[str]
) -> dict[str, Any]:
    """What the row of choices above a list offers: only what is in the list."""

    def named(values: Iterable[str], chosen: str, word: Callable[[str], str]) -> list[tuple[str, str]]:
        return [(one, word(one)) for one in offered([*values, chosen])]

    return {
        "wanted": wanted,
        "classes": named(classes, wanted.class_id, lambda one: f"{one} · {at.names.training_class(one)}"),
        "kinds": named(kinds, wanted.kind, kind_word),
        "devices": named(devices, wanted.device, at.names.device),
    }


def _tabs(at: Desk) -> list[dict[str, Any]]:
    """(endpoint, how many open) of the four lists; counts only where they cost nothing."""
    here = (request.endpoint or "").removeprefix("review.")
    counts = {
        "conflicts": conflicts.count(at.site.db, at.parts, at.only_hers),
        "quarantine": held.count(at.site.db, at.parts, at.only_hers),
    }
    return [
        {"name": name, "url": at.url(f"review.{name}"), "here": name == here, "count": counts.get(name)}
        for name in ("worklist", "conflicts", "quarantine", "duplicates")
        if at.actor.roles & set(SETTLERS) or name in ("conflicts", "quarantine")
    ]
