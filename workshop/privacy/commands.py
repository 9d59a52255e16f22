"""Erasing a person: an act of the home campus, one transaction. What follows at every site is `sync/erasing.py`."""

from collections.abc import Sequence

from sync import Change, Draft
from workshop.admission import COMMON
from workshop.courses.queries import local_day
from workshop.privacy import queries
from workshop.privacy.queries import Person
from workshop.privacy.rules import is_confirmed, is_past_day, is_reason
from workshop.problems import Problem
from workshop.site import Site

INTENT = "person.erase"
CHANGES_MAX = 100


def erase(
    site: Site,
    part: str,
    actor: str,
    person: str,
    *,
    typed: str,
    reason: str,
    asked_on: str = "",
    via: str = "form",
) -> int:
    """Erase a person everywhere; how many bodies went here. `typed` is the number in the register, to be sure who is meant.

    Raises Problem: erase_campus_only, erase_no_person, erase_done, erase_typed, erase_reason, erase_day; AdmissionError.
    """
    found = to_erase(site, part, person)
    if not is_confirmed(typed, found.number, found.id):
        raise Problem("erase_typed", 422)
    if not is_reason(reason):
        raise Problem("erase_reason", 422)
    if asked_on and not is_past_day(asked_on, local_day(site.now(), site.tz_minutes)):
        raise Problem("erase_day", 422)
    with site.writing():
        things = queries.things_of(site.node.db, part, found.ids) if found.kind == "trainee" else []
        before = site.node.model.eraser.blanked
        site.record_many(_drafts(found, things, actor, reason, asked_on, via))
        blanked = site.node.model.eraser.blanked - before
        site.settle_erasures()  # figures keep their counts from one moment to the next
    site.settle_erasures()  # and no page of the file keeps a word
    return blanked


def to_erase(site: Site, part: str, person: str) -> Person:
    """Somebody who can be erased here. Raises Problem: erase_campus_only, erase_no_person, erase_done."""
    if site.device != site.root:
        raise Problem("erase_campus_only", 409)
    found = queries.one_person(site.db, part, person) if part in (COMMON, *site.site_parts) else None
    if found is None:
        raise Problem("erase_no_person", 404)
    if found.erased:
        raise Problem("erase_done", 409)
    return found


def _drafts(
    found: Person, things: Sequence[str], actor: str, reason: str, asked_on: str, via: str
) -> list[Draft]:
    said = {"kind": found.kind, "reason": reason, "asked_on": asked_on or None}
    others = [one for one in found.ids if one != found.id]
    changes = [Change("erasure", found.id, said)]
    changes += [Change("erasure", one, {**said, "of": found.id}) for one in (*others, *things)]
    return [
        Draft(actor, INTENT, changes[start : start + CHANGES_MAX], found.part, via)
        for start in range(0, len(changes), CHANGES_MAX)
    ]
