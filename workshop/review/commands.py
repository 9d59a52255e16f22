"""Writes of review: approve, return, say whether two records are one person. Each is one op, each can be decided anew."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sync import Change, Draft
from workshop.problems import Problem
from workshop.review import duplicates, queries
from workshop.review.queries import Item
from workshop.review.rules import Reason, seen_of
from workshop.site import Site

COMMENT_CHARS_MAX = 2000
PICKS_MAX = 200


@dataclass(frozen=True, slots=True)
class Approved:
    """What became of a row of ticks: review ids approved, and those left out with the reason."""

    done: tuple[str, ...]
    left: tuple[tuple[str, Reason], ...]


def approve_many(site: Site, part: str, actor: str, picks: Mapping[str, str]) -> Approved:
    """Approve what was ticked: {review id: digest of what was in view}. One op a record, all in one transaction.

    What has a conflict or an open question, and what changed since the page was made, is left out and named.
    """
    asked = list(picks.items())[:PICKS_MAX]
    keys = [(kind, record) for kind, _, record in (key.partition(".") for key, _ in asked)]
    known = {item.key: item for item in queries.items(site, part, keys)}
    done: list[Item] = []
    left: list[tuple[str, Reason]] = []
    for key, digest in asked:
        item = known.get(key)
        reason: Reason | None = "gone" if item is None else item.hindrance
        if item is not None and reason is None and item.digest != digest:
            reason = "moved"
        if item is None or reason is not None:
            left.append((key, reason or "gone"))
        else:
            done.append(item)
    if done:
        site.record_many([_review(part, actor, item, "approved", None) for item in done])
    return Approved(tuple(item.key for item in done), tuple(left))


def decide(
    site: Site, part: str, actor: str, kind: str, record: str, decision: str, comment: str, digest: str
) -> str:
    """Approve or return one record after looking at it; the op id.

    Raises Problem `no_record`, `review_moved`, `review_conflict`, `review_comment_missing`, `bad_request`.
    """
    item = queries.one_item(site, part, kind, record)
    if item is None:
        raise Problem("no_record", 404)
    if item.digest != digest:
        raise Problem("review_moved", 409)
    comment = comment.strip()[:COMMENT_CHARS_MAX]
    if decision == "returned":
        if not comment:
            raise Problem("review_comment_missing", 422)
        return site.record_many([_review(part, actor, item, "returned", comment)])[0]
    if decision != "approved":
        raise Problem("bad_request", 400)
    if item.conflict:
        raise Problem("review_conflict", 409)
    return site.record_many([_review(part, actor, item, "approved", comment or None)])[0]


def _review(part: str, actor: str, item: Item, decision: str, comment: str | None) -> Draft:
    fields = {"decision": decision, "comment": comment, "seen": seen_of(item.heads)}
    heads = json.loads(item.review["review_heads"]) if item.review["review_heads"] else {}
    change = Change("review", item.key, fields, tuple(heads.get("verdict", ())))
    return Draft(actor, f"review.{'approve' if decision == 'approved' else 'return'}", [change], part, "form")


# -- one person or two


def say_same(site: Site, part: str, actor: str, pair: str, stays: str) -> str:
    """Two records are one person's; `stays` is the one under which both are counted. Nothing is merged away.

    Raises Problem `no_record`, `duplicate_choose`, `duplicate_changed`.
    """
    found = _pair(site, part, pair)
    if stays not in (found.first.id, found.second.id):
        raise Problem("duplicate_choose", 422)
    keeps, goes = (found.first, found.second) if stays == found.first.id else (found.second, found.first)
    if keeps.same_as is not None or goes.same_as not in (None, keeps.id):
        raise Problem("duplicate_changed", 409)
    changes = [_decision(site, part, found.id, "same")]
    if goes.same_as is None:
        changes.append(_same_as(site, part, goes.id, keeps.id))
    return site.record(actor=actor, intent="duplicate.decide", changes=changes, part=part, via="form")


def say_different(site: Site, part: str, actor: str, pair: str) -> str:
    """Two records are two people; a decision before that said otherwise is taken back. Raises Problem `no_record`."""
    found = _pair(site, part, pair)
    changes = [_decision(site, part, found.id, "different")]
    for one, other in ((found.first, found.second), (found.second, found.first)):
        if one.same_as == other.id:
            changes.append(_same_as(site, part, one.id, None))
    return site.record(actor=actor, intent="duplicate.decide", changes=changes, part=part, via="form")


def _pair(site: Site, part: str, pair: str) -> duplicates.Pair:
    found = duplicates.one_pair(site.db, part, pair)
    if found is None:
        raise Problem("no_record", 404)
    return found


def _decision(site: Site, part: str, pair: str, decision: str) -> Change:
    return Change("duplicate", pair, {"decision": decision}, _base(site, part, "duplicate", pair, "decision"))


def _same_as(site: Site, part: str, trainee: str, other: str | None) -> Change:
    return Change("trainee", trainee, {"same_as": other}, _base(site, part, "trainee", trainee, "same_as"))


def _base(site: Site, part: str, type_: str, record: str, group: str) -> tuple[str, ...]:
    row = site.db.execute(
        f"select heads from rm_{type_} where part = ? and id = ?", (part, record)
    ).fetchone()
    return tuple(json.loads(row[0]).get(group, ())) if row else ()
