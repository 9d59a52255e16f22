"""How many questions are open for a person: for her start page. Counts only."""

from dataclasses import dataclass

from workshop.accounts.queries import Actor
from workshop.admission import COMMON
from workshop.review import conflicts, held
from workshop.review.common import SEE_ALL, STAFF
from workshop.site import Site


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of one site; `site` is "" at a workshop, whose pages are about itself."""

    site: str
    conflicts: int
    held: int


def waiting_for(site: Site, actor: Actor | None) -> list[Waiting]:
    """Sites with something open that this person sees; all of it, or her own."""
    if actor is None or not actor.roles & set(STAFF):
        return []
    person = None if actor.roles & SEE_ALL else actor.id
    found = []
    for part in site.site_parts:
        parts = [part, COMMON]
        one = Waiting(
            part if site.role == "campus" else "",
            conflicts.count(site.db, parts, person),
            held.count(site.db, parts, person),
        )
        if one.conflicts or one.held:
            found.append(one)
    return found
