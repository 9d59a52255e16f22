"""SELECTs of practical tests: rubrics, attempts as they stand, who stands where. What certificates need is at the end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlite_utils import Database

from workshop.assessment import log, rules
from workshop.assessment.log import AttemptOps
from workshop.assessment.rules import Signed, StepMark
from workshop.certificates.rules import Attempt, Skill


@dataclass(frozen=True)
class Step:
    """A key step in both languages."""

    id: str
    en: str
    zh: str
    critical: bool = False

    def text(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Rubric:
    """A practical test: its key steps in order. `critical`: a certificate may hang on the skill."""

    id: str
    version: int
    title_en: str
    title_zh: str
    skill_en: str
    skill_zh: str
    critical: bool
    minutes: int
    steps: tuple[Step, ...]

    def title(self, lang: str) -> str:
        return self.title_zh if lang == "zh" else self.title_en

    def skill(self, lang: str) -> str:
        return self.skill_zh if lang == "zh" else self.skill_en


@dataclass(frozen=True)
class StepRow:
    """What stands for one step of an attempt that is not signed yet."""

    mark: StepMark
    base: tuple[str, ...]
    conflict: bool


@dataclass(frozen=True)
class AttemptRow:
    """One attempt. `heads` are all ops that it rests on; `disputes` the attempts that contradict it."""

    id: str
    class_id: str
    trainee_id: str
    rubric_id: str
    started_at: int
    replaces: str | None
    outcome: str | None
    frozen: tuple[tuple[str, str, str], ...]
    void_reason: str | None
    heads: tuple[str, ...]
    conflict: bool
    ops: AttemptOps
    steps: Mapping[str, StepRow] = field(default_factory=dict)
    disputes: frozenset[str] = frozenset()
    follows: bool = True

    @property
    def signed(self) -> bool:
        return self.outcome is not None

    @property
    def void(self) -> bool:
        return self.void_reason is not None

    @property
    def running(self) -> bool:
        return not self.signed and not self.void

    def fact(self) -> Attempt:
        """As the certificate rule sees it. A result that does not follow from its steps is one that a person must look at."""
        disputed = self.signed and (self.conflict or bool(self.disputes) or not self.follows)
        return Attempt(
            id=self.id,
            rubric_id=self.rubric_id,
            at=self.started_at,
            outcome=self.outcome or "open",  # type: ignore[arg-type]  # checked at admission
            signed=self.signed,
            void=self.void,
            disputed=disputed,
            replaces=self.replaces,
        )


def rubrics_of_class(db: Database, part: str, class_id: str) -> list[Rubric]:
    """The practical tests of the class's course, in order."""
    rows = db.query(
        "select r.* from rm_training_class c join rm_rubric r on r.part = 'common' and r.course_id = c.course_id"
        " where c.part = ? and c.id = ? order by r.id",
        (part, class_id),
    )
    return [_rubric(row) for row in rows]


def one_rubric(db: Database, rubric_id: str) -> Rubric | None:
    row = next(iter(db.query("select * from rm_rubric where part = 'common' and id = ?", (rubric_id,))), None)
    return _rubric(row) if row else None


def one_attempt(db: Database, part: str, attempt_id: str) -> AttemptRow | None:
    """The attempt as it stands among the others of the same person."""
    row = next(iter(db.query("select * from rm_attempt where part = ? and id = ?", (part, attempt_id))), None)
    if row is None or not row["class_id"]:
        return None
    near = attempt_rows(db, part, row["class_id"], row["rubric_id"], row["trainee_id"])
    return next((attempt for attempt in near if attempt.id == attempt_id), None)


def attempt_rows(
    db: Database, part: str, class_id: str, rubric_id: str | None = None, trainee_id: str | None = None
) -> list[AttemptRow]:
    """Attempts of a class, of one test or of all, by person and start."""
    rows = list(
        db.query(
            "select a.*, r.steps as rubric_steps from rm_attempt a"
            " left join rm_rubric r on r.part = 'common' and r.id = a.rubric_id"
            " where a.part = :part and a.class_id = :class and a.trainee_id is not null and a.rubric_id is not null"
            " and (:rubric is null or a.rubric_id = :rubric) and (:trainee is null or a.trainee_id = :trainee)"
            " order by a.trainee_id, a.started_at, a.id",
            {"part": part, "class": class_id, "rubric": rubric_id, "trainee": trainee_id},
        )
    )
    ids = [row["id"] for row in rows]
    ops = log.ops_of(db, part, ids)
    steps = _step_rows(db, part, [row["id"] for row in rows if row["result"] is None and row["void"] is None])
    found = [_attempt(row, ops.get(row["id"], AttemptOps()), steps.get(row["id"], {})) for row in rows]
    disputed = _disputes(found)
    return [replace(attempt, disputes=disputed.get(attempt.id, frozenset())) for attempt in found]


def skills_of_class(db: Database, part: str, class_id: str) -> list[Skill]:
    """The skills that the class's course tests, as the certificate rule needs them."""
    return [Skill(rubric.id, rubric.critical) for rubric in rubrics_of_class(db, part, class_id)]


def attempts_of_class(db: Database, part: str, class_id: str) -> dict[str, list[Attempt]]:
    """{trainee id: attempts in all tests of the class}, as the certificate rule needs them."""
    found: dict[str, list[Attempt]] = {}
    for attempt in attempt_rows(db, part, class_id):
        found.setdefault(attempt.trainee_id, []).append(attempt.fact())
    return found


def _rubric(row: Mapping[str, Any]) -> Rubric:
    return Rubric(
        id=row["id"],
        version=row["version"] or 1,
        title_en=row["title_en"] or row["id"],
        title_zh=row["title_zh"] or row["title_en"] or row["id"],
        skill_en=row["skill_en"] or row["title_en"] or row["id"],
        skill_zh=row["skill_zh"] or row["title_zh"] or row["id"],
        critical=row["critical"] != 0,  # a rubric that does not say so counts
        minutes=row["minutes"] or 0,
        steps=_steps(row["steps"]),
    )


def _steps(text: str | None) -> tuple[Step, ...]:
    return tuple(Step(**step) for step in json.loads(text or "[]"))


def _attempt(row: Mapping[str, Any], ops: AttemptOps, steps: Mapping[str, StepRow]) -> AttemptRow:
    result = json.loads(row["result"]) if row["result"] else None
    void = json.loads(row["void"]) if row["void"] else None
    frozen = tuple((str(step[0]), str(step[1]), str(step[2])) for step in result["steps"]) if result else ()
    heads = {op for named in json.loads(row["heads"]).values() for op in named}
    return AttemptRow(
        id=row["id"],
        class_id=row["class_id"],
        trainee_id=row["trainee_id"],
        rubric_id=row["rubric_id"],
        started_at=row["started_at"] or 0,
        replaces=row["replaces"],
        outcome=result["outcome"] if result else None,
        frozen=frozen,
        void_reason=void["reason"] if void else None,
        heads=tuple(sorted(heads)),
        conflict=bool(row["conflict"]),
        ops=ops,
        steps=steps,
        follows=result is None or rules.follows(_steps(row["rubric_steps"]), frozen, result["outcome"]),
    )


def _step_rows(db: Database, part: str, ids: Sequence[str]) -> dict[str, dict[str, StepRow]]:
    found: dict[str, dict[str, StepRow]] = {}
    for attempt_id in ids:
        rows = db.query(
            "select step_id, result, remark, heads, conflict from rm_attempt_step"
            " where part = ? and id >= ? and id < ?",
            (part, attempt_id + ".", attempt_id + "/"),
        )
        found[attempt_id] = {
            row["step_id"]: StepRow(
                StepMark(row["result"], row["remark"] or ""),
                tuple(json.loads(row["heads"]).get("seen", ())),
                bool(row["conflict"]),
            )
            for row in rows
        }
    return found


def _disputes(attempts: Sequence[AttemptRow]) -> dict[str, frozenset[str]]:
    together: dict[tuple[str, str], list[AttemptRow]] = {}
    for attempt in attempts:
        if attempt.signed and not attempt.void:
            together.setdefault((attempt.trainee_id, attempt.rubric_id), []).append(attempt)
    found: dict[str, frozenset[str]] = {}
    for group in together.values():
        found |= rules.disputes(
            [Signed(one.id, one.started_at, one.fact().outcome, _in_view(one, attempts)) for one in group]
        )
    return found


def _in_view(one: AttemptRow, attempts: Sequence[AttemptRow]) -> frozenset[str]:
    """Attempts that were known when this one began: named by it, or signed before on the same device."""
    known = {one.replaces} if one.replaces else set()
    for other in attempts:
        if other.id != one.id and other.trainee_id == one.trainee_id and other.ops.signed_knows(one.ops):
            known.add(other.id)
    return frozenset(known)
