"""Writes of a practical test as plain forms: the same ops as a tablet makes, signed by the server.

Every change of an attempt names class, person and test again, so that whoever admits it sees the scope in the change itself.
"""

import json
from collections.abc import Mapping, Sequence

from sync import Change, limits
from workshop.assessment import queries, rules
from workshop.assessment.queries import AttemptRow, Rubric
from workshop.assessment.records import Seen
from workshop.assessment.rules import REASON_CHARS_MAX, REMARK_CHARS_MAX, SEEN, StepMark
from workshop.courses import queries as courses
from workshop.ids import new_id
from workshop.problems import Problem
from workshop.site import Site


def start(site: Site, part: str, actor: str, class_id: str, rubric_id: str, trainee_id: str) -> str:
    """Begin an attempt; its id. Raises Problem "not_in_class"."""
    enrolled = [row["id"] for row in courses.people_of(site.db, part, class_id) if row["state"] == "enrolled"]
    if trainee_id not in enrolled:
        raise Problem("not_in_class", 422)
    known = queries.attempt_rows(site.db, part, class_id, rubric_id, trainee_id)
    attempt_id = new_id("a")
    change = _opening(site, attempt_id, class_id, rubric_id, trainee_id, known)
    site.record(actor=actor, intent="attempt.start", changes=[change], part=part, via="form")
    return attempt_id


def record_step(
    site: Site,
    part: str,
    actor: str,
    rubric: Rubric,
    attempt_id: str,
    step_id: str,
    result: str,
    remark: str,
    base: str,
) -> AttemptRow:
    """Record what was seen of one step. `base` is the JSON list that the form carried. Raises Problem "bad_step", "attempt_over"."""
    attempt = _running(site, part, attempt_id)
    known = step_id in {step.id for step in rubric.steps} and attempt.rubric_id == rubric.id
    if not known or result not in ("", *SEEN) or len(remark) > REMARK_CHARS_MAX:
        raise Problem("bad_step", 422)
    fields = {"result": result or None, "remark": remark.strip() or None}
    change = Change("attempt_step", f"{attempt_id}.{step_id}", fields, _base(base))
    site.record(actor=actor, intent="attempt.step", changes=[change], part=part, via="form")
    return attempt


def sign_off(site: Site, part: str, actor: str, rubric: Rubric, attempt_id: str, seen: str) -> AttemptRow:
    """Freeze all steps and what follows from them. `seen` is the JSON that the confirmation showed: nothing else is signed.

    Raises Problem "attempt_over", "steps_changed".
    """
    attempt = _running(site, part, attempt_id)
    frozen = rules.frozen_steps(rubric.steps, {key: row.mark for key, row in attempt.steps.items()})
    if json.dumps(frozen) != seen:
        raise Problem("steps_changed", 409)
    outcome = rules.outcome_of(rubric.steps, {step[0]: step[1] for step in frozen})
    base = [*attempt.heads, *(op for row in attempt.steps.values() for op in row.base)]
    fields = {**_scope(attempt), "result": {"steps": frozen, "outcome": outcome}}
    change = Change("attempt", attempt_id, fields, _bounded(base))
    site.record(actor=actor, intent="attempt.sign_off", changes=[change], part=part, via="form")
    return attempt


def void(
    site: Site, part: str, actor: str, rubric: Rubric, attempt_id: str, reason: str, *, correct: bool
) -> tuple[AttemptRow, str | None]:
    """Say that an attempt must not count, and why; with `correct` also begin the one that replaces it, its steps as they were.

    The attempt, and the new one's id. Raises Problem "no_attempt", "attempt_over", "void_reason".
    """
    attempt = _attempt(site, part, attempt_id)
    reason = " ".join(reason.split())[:REASON_CHARS_MAX]
    if attempt.void:
        raise Problem("attempt_over", 409)
    if not reason:
        raise Problem("void_reason", 422)
    fields = {**_scope(attempt), "void": {"reason": reason}}
    changes = [Change("attempt", attempt_id, fields, _bounded(attempt.heads))]
    made = new_id("a") if correct else None
    if made:
        known = queries.attempt_rows(site.db, part, attempt.class_id, attempt.rubric_id, attempt.trainee_id)
        changes.append(
            _opening(site, made, attempt.class_id, attempt.rubric_id, attempt.trainee_id, known, attempt_id)
        )
        changes += _copied(made, rubric, attempt)
    intent = "attempt.correct" if made else "attempt.void"
    site.record(actor=actor, intent=intent, changes=changes, part=part, via="form")
    return attempt, made


def _opening(
    site: Site,
    attempt_id: str,
    class_id: str,
    rubric_id: str,
    trainee_id: str,
    known: Sequence[AttemptRow],
    replaces: str | None = None,
) -> Change:
    """The first change of an attempt. Its base names the results that were in view, so that a retest is told from a dispute."""
    fields: dict[str, object] = {
        "class_id": class_id,
        "trainee_id": trainee_id,
        "rubric_id": rubric_id,
        "started_at": rules.start_time(site.now(), [one.started_at for one in known if one.signed]),
    }
    if replaces:
        fields["replaces"] = replaces
    in_view = [one.ops.signed.op for one in known if one.ops.signed]
    return Change("attempt", attempt_id, fields, _bounded(in_view))


def _copied(attempt_id: str, rubric: Rubric, old: AttemptRow) -> list[Change]:
    marks = {step: row.mark for step, row in old.steps.items()}
    marks |= {step: StepMark(_seen(result), remark) for step, result, remark in old.frozen}
    return [
        Change(
            "attempt_step",
            f"{attempt_id}.{step.id}",
            {"result": marks[step.id].result, "remark": marks[step.id].remark or None},
        )
        for step in rubric.steps
        if step.id in marks
    ]


def _seen(result: str) -> Seen | None:
    return next((each for each in SEEN if each == result), None)


def _scope(attempt: AttemptRow) -> Mapping[str, str]:
    return {
        "class_id": attempt.class_id,
        "trainee_id": attempt.trainee_id,
        "rubric_id": attempt.rubric_id,
    }


def _attempt(site: Site, part: str, attempt_id: str) -> AttemptRow:
    found = queries.one_attempt(site.db, part, attempt_id)
    if found is None:
        raise Problem("no_attempt", 404)
    return found


def _running(site: Site, part: str, attempt_id: str) -> AttemptRow:
    found = _attempt(site, part, attempt_id)
    if not found.running:
        raise Problem("attempt_over", 409)
    return found


def _bounded(ops: Sequence[str]) -> tuple[str, ...]:
    """The latest of them that a change may name."""
    return tuple(dict.fromkeys(ops))[-limits.BASE_PER_CHANGE :]


def _base(text: str) -> tuple[str, ...]:
    try:
        found = json.loads(text or "[]")
    except ValueError as error:
        raise Problem("bad_step", 422) from error
    if not isinstance(found, list) or not all(isinstance(op, str) for op in found):
        raise Problem("bad_step", 422)
    return tuple(found)
