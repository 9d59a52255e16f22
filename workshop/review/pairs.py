"""Who is registered twice: the questions, and what was said about them. Thin."""

from typing import Any

from flask import Response, request

from workshop.review import commands, duplicates
from workshop.review.common import PER_PAGE, SETTLERS, Desk, bp, desk, page, page_number
from workshop.roster.shown import field_word, value_word
from workshop.web import require, see_other

MAY_SAY_SAME = frozenset({"admin", "instructor", "reviewer", "supervisor"})
"""Who may write on a trainee's record."""

FACTS = ("number", "name_zh", "sex", "birth_year", "phone", "home", "organisation", "category")


@bp.get("/review/duplicates", endpoint="duplicates")
@require(*SETTLERS)
def show_duplicates() -> Response:
    at, number = desk(), page_number()
    asked = duplicates.asked(at.site.db, at.part)
    shown_now = asked[(number - 1) * PER_PAGE : number * PER_PAGE]
    settled = duplicates.decided(at.site.db, at.part, limit=PER_PAGE) if number == 1 else []
    return page(
        at,
        "review/duplicates.html",
        asked=[_shown_pair(at, pair) for pair in duplicates.with_work(at.site.db, at.part, shown_now)],
        decided=[_shown_pair(at, pair) for pair in duplicates.with_work(at.site.db, at.part, settled)],
        total=len(asked),
        number=number,
        pages=max(1, -(-len(asked) // PER_PAGE)),
        page_url=lambda n: at.url("review.duplicates", page=n),
        may=bool(at.actor.roles & MAY_SAY_SAME),
    )


@bp.post("/review/duplicates")
@require(*MAY_SAY_SAME)
def say() -> Response:
    at, form = desk(), request.form
    pair, stays = form.get("pair", ""), form.get("stays", "")
    if form.get("decision") == "different":
        commands.say_different(at.site, at.part, at.actor.id, pair)
    else:
        commands.say_same(at.site, at.part, at.actor.id, pair, stays)
    return see_other(at.url("review.duplicates"))


def _shown_pair(at: Desk, pair: duplicates.Pair) -> dict[str, Any]:
    return {
        "pair": pair,
        "url": at.url("review.record", kind="duplicate", record=pair.id),
        "who": at.person(pair.actor) if pair.actor else "",
        "at": at.time(pair.wall) if pair.wall else "",
        "people": [_shown_person(at, person, pair) for person in (pair.first, pair.second)],
    }


def _shown_person(at: Desk, person: duplicates.Person, pair: duplicates.Pair) -> dict[str, Any]:
    known = person.known
    return {
        "id": person.id,
        "name": known.name,
        "facts": [
            {
                "label": field_word(field),
                "value": value_word(field, getattr(known, field)),
                "same": field in pair.shared,
            }
            for field in FACTS
            if getattr(known, field) is not None
        ],
        "classes": [(one, at.url("courses.class_page", class_id=one)) for one in person.classes],
        "marks": person.marks,
        "made": at.time(person.made_at),
        "by": at.person(person.actor),
        "gone": person.same_as is not None,
        "url": at.url("review.record", kind="trainee", record=person.id),
    }
