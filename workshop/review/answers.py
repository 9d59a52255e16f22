"""Answers to open questions: settle a conflict, take a decision back, repair what is held back, set it aside. Each is one op.

Nothing here takes an op out of the log or out of quarantine: what is answered leaves a work list, and comes back when the answer is undone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sync import Change, Draft
from sync.merge import DECIDE, UNDO
from workshop.accounts.queries import Actor
from workshop.admission import COMMON
from workshop.problems import Problem
from workshop.review import conflicts, held
from workshop.review.conflicts import Conflict
from workshop.review.held import Held
from workshop.review.log import op_named
from workshop.review.rules import question_id
from workshop.review.wanted import class_in
from workshop.site import Site

REASON_CHARS_MAX = 400
REPAIR, SET_ASIDE, REOPEN = "quarantine.repair", "quarantine.set_aside", "quarantine.reopen"
ANSWER = "answer"
UNDO_REASON = "conflict.undo_reason"


# -- conflicts


def settle(
    site: Site,
    actor: Actor,
    conflict: Conflict,
    heads: Sequence[str],
    value: Mapping[str, Any] | str,
    reason: str = "",
) -> str:
    """Put one value in the place of all that stand against each other: the one of an op, named by its id, or another one with a reason.

    `heads` is what the person had in view. Raises Problem `conflict_settled`, `conflict_not_yours`, `reason_missing`; AdmissionError.
    """
    if not conflicts.may_decide(site, actor, conflict.part, conflict.type, conflict.owner):
        raise Problem("conflict_not_yours", 403)
    if sorted(heads) != sorted(conflict.heads):
        raise Problem("conflict_settled", 409)
    reason = _reason(reason, needed=not isinstance(value, str))
    if isinstance(value, str):
        chosen = next((side.value for side in conflict.sides if side.op == value), None)
        if chosen is None:
            raise Problem("conflict_settled", 409)
        value = chosen
    fields = {**_names_again(site, conflict), **_said(value)}
    question = question_id(conflict.type, conflict.id, conflict.group)
    about = "/".join((conflict.type, conflict.id, conflict.group))
    changes = [
        Change(conflict.type, conflict.id, fields, tuple(conflict.heads)),
        _answer(
            site, conflict.part, question, "decided", reason, [change_of(conflict.type, conflict.id)], about
        ),
    ]
    return site.record(actor=actor.id, intent=DECIDE, changes=changes, part=conflict.part, via="form")


def undo(site: Site, actor: Actor, parts: Sequence[str], op: str, reason: str = "") -> tuple[str, str]:
    """Take a decision back that still stands; what it settled is open again. (type, id) of the record.

    Raises Problem `no_record`, `decision_replaced`, `conflict_not_yours`.
    """
    found = op_named(site.db, op)
    if found is None or found.header.part not in parts or found.header.intent != DECIDE:
        raise Problem("no_record", 404)
    part = found.header.part
    said = [change for change in found.changes() if change.type != ANSWER]
    for change in said:
        if not may_undo(site, actor, part, change):
            raise Problem("conflict_not_yours", 403)
    if not said or not any(_stands(site, part, op, change) for change in said):
        raise Problem("decision_replaced", 409)
    # The undo itself tells nothing of a person, and the reason goes in an op of its own: an erasure takes the words, never the undo.
    by_name = site.node.registry.by_name
    changes = [
        Change(change.type, change.id, by_name[change.type].impersonal(change.fields) or change.fields, (op,))
        for change in said
    ]
    answer = _answer(site, part, op, "undone", _reason(reason), said)
    site.record_many(
        [Draft(actor.id, UNDO, changes, part, "form"), Draft(actor.id, UNDO_REASON, [answer], part, "form")]
    )
    return said[0].type, said[0].id


def may_undo(site: Site, actor: Actor, part: str, change: Change) -> bool:
    """Whoever may decide about a record may take a decision about it back."""
    classes = conflicts.attempt_classes(site.db, [part], [(change.type, change.id)])
    class_id = class_in(change.type, change.id, classes)
    owner = conflicts.owner_of(site.db, part, change.type, change.id, class_id)
    return conflicts.may_decide(site, actor, part, change.type, owner)


def change_of(type_: str, record: str) -> Change:
    """A change that names a record and nothing else, to ask who may decide about it."""
    return Change(type_, record, {})


def _stands(site: Site, part: str, op: str, change: Change) -> bool:
    return any(op in ops for ops in held.heads(site.db, part, change.type, change.id).values())


def _names_again(site: Site, conflict: Conflict) -> dict[str, Any]:
    """Every change of an attempt says whose it is: what a role for one class only is weighed by."""
    if conflict.type != "attempt":
        return {}
    row = site.db.execute(
        "select class_id, trainee_id, rubric_id from rm_attempt where part = ? and id = ?",
        (conflict.part, conflict.id),
    ).fetchone()
    names = dict(zip(("class_id", "trainee_id", "rubric_id"), row or (), strict=False))
    return {name: value for name, value in names.items() if value is not None and name != conflict.group}


# -- what is held back


def may_answer(site: Site, actor: Actor, item: Held) -> bool:
    """Her own, or with a role that looks after all; and where this site may write."""
    looks_after = bool(actor.roles & conflicts.EVERYWHERE)
    writes = bool(actor.roles & site.node.registry.by_name[ANSWER].writers)
    here = site.role == "campus" or item.op.header.part != COMMON
    return writes and here and (looks_after or item.op.header.actor == actor.id)


def may_repair(site: Site, actor: Actor, change: Change) -> bool:
    """Of work only: what admission rests on, and what servers state, is mended at its own page."""
    declared = site.node.registry.by_name.get(change.type)
    if declared is None or declared.server_only or change.type in site.node.admission.basis:
        return False
    return bool(actor.roles & declared.writers)


def repair(
    site: Site, actor: Actor, item: Held, values: Sequence[tuple[Change, Mapping[str, Any]]], reason: str
) -> str:
    """Enter what an op that is held back wanted to say, with other values, in one's own name; the new op's id.

    Its base names what stands now and the held op itself: should that be taken later, it does not come back over the repair.
    Raises Problem `held_not_yours`, `held_answered`, `reason_missing`, `repair_empty`; AdmissionError.
    """
    _check_open(site, actor, item)
    part, reason = item.op.header.part, _reason(reason, needed=True)
    changes = []
    for change, fields in values:
        if not may_repair(site, actor, change):
            raise Problem("held_not_yours", 403)
        base = [op for ops in held.heads(site.db, part, change.type, change.id).values() for op in ops]
        changes.append(Change(change.type, change.id, _said(fields), tuple(dict.fromkeys((*base, item.id)))))
    if not changes:
        raise Problem("repair_empty", 422)
    changes.append(_answer(site, part, item.id, "repaired", reason, changes))
    return site.record(actor=actor.id, intent=REPAIR, changes=changes, part=part, via="form")


def set_aside(site: Site, actor: Actor, item: Held, reason: str) -> str:
    """Take it off the list; it stays in the log. Raises Problem `held_not_yours`, `held_answered`, `reason_missing`."""
    _check_open(site, actor, item)
    change = _answer(
        site, item.op.header.part, item.id, "set_aside", _reason(reason, needed=True), item.op.changes()
    )
    return site.record(
        actor=actor.id, intent=SET_ASIDE, changes=[change], part=item.op.header.part, via="form"
    )


def reopen(site: Site, actor: Actor, item: Held) -> str:
    """Put it on the list again. What a repair entered stays: that is changed where it was entered. Raises Problem `held_not_yours`."""
    if not may_answer(site, actor, item):
        raise Problem("held_not_yours", 403)
    change = _answer(site, item.op.header.part, item.id, "open", "", [])
    return site.record(actor=actor.id, intent=REOPEN, changes=[change], part=item.op.header.part, via="form")


def _check_open(site: Site, actor: Actor, item: Held) -> None:
    if not may_answer(site, actor, item):
        raise Problem("held_not_yours", 403)
    if not item.is_open:
        raise Problem("held_answered", 409)


# -- both


def _answer(
    site: Site, part: str, question: str, kind: str, reason: str, about: Sequence[Change], named: str = ""
) -> Change:
    """`about` are the changes that the reason speaks of: it goes when the one person whose they are is erased."""
    people = {person for change in about if (person := _trainee(site, part, change))}
    fields = {
        "kind": kind,
        "about": named or None,
        "trainee_id": people.pop() if len(people) == 1 else None,
        "reason": reason or None,
    }
    return Change(
        ANSWER, question, fields, tuple(held.heads(site.db, part, ANSWER, question).get("answer", ()))
    )


def _trainee(site: Site, part: str, change: Change) -> str | None:
    pieces = change.id.split(".")
    if change.type in ("attempt", "attempt_step"):
        row = site.db.execute(
            "select trainee_id from rm_attempt where part = ? and id = ?", (part, pieces[0])
        ).fetchone()
        return str(row[0]) if row and row[0] else None
    if change.type in ("attendance", "enrolment", "trainee"):
        return pieces[-1]
    return None


def _said(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not there: a group's missing fields count as null. All null is said in full."""
    said = {name: one for name, one in value.items() if one is not None}
    return said or dict.fromkeys(value, None)


def _reason(text: str, *, needed: bool = False) -> str:
    text = text.strip()[:REASON_CHARS_MAX]
    if needed and not text:
        raise Problem("reason_missing", 422)
    return text
