"""Who has earned a certificate. Pure functions over plain values; the rule itself is data. No database, no clock, no words.

All shares are basis points (8000 = 80.00 %) and compared as products of integers: exactly 80.00 % passes, 79.999 % does not.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

Mark = Literal["present", "late", "excused", "absent"]
Outcome = Literal["competent", "not_yet", "open"]
SkillState = Literal["competent", "not_yet", "open", "disputed", "none"]


class Rule(msgspec.Struct, frozen=True):
    """One version of a certificate rule.

    excused: how an excused absence counts: "absent" (the default), "attended", or "left_out" (as if that session were not held).
    """

    version: int = 1
    min_attendance_bp: int = 8000
    need_all_critical: bool = True
    excused: Literal["absent", "attended", "left_out"] = "absent"


class Session(msgspec.Struct, frozen=True):
    number: int
    minutes: int
    state: Literal["planned", "held", "cancelled"]
    register: Literal["open", "closed"] = "closed"


class Share(msgspec.Struct, frozen=True):
    """Minutes, and `bp` rounded down for showing. `unmarked` sessions were held, have no mark and count as not attended."""

    attended: int
    held: int
    unmarked: int = 0

    @property
    def bp(self) -> int:
        return self.attended * 10_000 // self.held

    def reaches(self, min_bp: int) -> bool:
        return self.attended * 10_000 >= self.held * min_bp


class Attempt(msgspec.Struct, frozen=True):
    """One assessment attempt. `at` is its start in UTC ms; `disputed`: two different signed results stand side by side."""

    id: str
    rubric_id: str
    at: int
    outcome: Outcome
    signed: bool
    void: bool = False
    disputed: bool = False
    replaces: str | None = None


class Skill(msgspec.Struct, frozen=True):
    """A rubric of the course; `critical`: the certificate may hang on it."""

    rubric_id: str
    critical: bool = True


class Reason(msgspec.Struct, frozen=True):
    """Why not: a stable code and what a person needs to know."""

    code: str
    data: Mapping[str, Any] = {}


class Eligibility(msgspec.Struct, frozen=True):
    eligible: bool
    reasons: tuple[Reason, ...]
    share: Share | None
    skills: Mapping[str, SkillState]


def attendance_share(sessions: Iterable[Session], marks: Mapping[int, Mark], rule: Rule) -> Share | None:
    """Attended minutes of held minutes; late counts as attended in full. None when nothing was held: no session is no share, not 100 %.

    sessions: those since the trainee's enrolment. marks: session number -> mark.
    """
    attended = held = unmarked = 0
    for session in sessions:
        mark = marks.get(session.number)
        if session.state != "held" or (mark == "excused" and rule.excused == "left_out"):
            continue
        held += session.minutes
        unmarked += mark is None
        if mark in ("present", "late") or (mark == "excused" and rule.excused == "attended"):
            attended += session.minutes
    return Share(attended, held, unmarked) if held else None


def skill_state(attempts: Iterable[Attempt]) -> SkillState:
    """The outcome of the latest signed attempt that is not void, of one rubric's attempts.

    An attempt that another one replaces is never the latest, whatever the clocks of the tablets said; after that the later start
    counts. Signed results that contradict each other make the skill disputed until a person decides.
    """
    standing = {attempt.id: attempt for attempt in attempts if attempt.signed and not attempt.void}
    if any(attempt.disputed for attempt in standing.values()):
        return "disputed"
    replaced = {attempt.replaces for attempt in standing.values()}
    last = max(
        (attempt for attempt in standing.values() if attempt.id not in replaced),
        key=lambda attempt: (attempt.at, attempt.id),
        default=None,
    )
    return last.outcome if last else "none"


def eligibility(
    rule: Rule,
    sessions: Iterable[Session],
    marks: Mapping[int, Mark],
    skills: Iterable[Skill],
    attempts: Iterable[Attempt],
    *,
    enrolled: bool = True,
    disputed_sessions: Iterable[int] = (),
) -> Eligibility:
    """Judge one trainee of one class.

    Codes: not_enrolled, register_open {sessions}, attendance_disputed {sessions}, attendance_none, attendance_low {bp, min_bp,
    missing_minutes, unmarked}, skill_disputed, skill_open, skill_not_yet, skill_none {rubric_id}. All reasons are given, not only the first.
    """
    sessions, attempts = list(sessions), list(attempts)
    share = attendance_share(sessions, marks, rule)
    reasons = [] if enrolled else [Reason("not_enrolled")]
    reasons += _register_reasons(sessions, sorted(disputed_sessions))
    reasons += _share_reasons(share, rule)
    states: dict[str, SkillState] = {}
    for skill in skills:
        state = skill_state(attempt for attempt in attempts if attempt.rubric_id == skill.rubric_id)
        states[skill.rubric_id] = state
        needed = rule.need_all_critical and skill.critical
        # A dispute stops a certificate even where the skill is not needed: the certificate would name or not name it.
        if state == "disputed" or (needed and state != "competent"):
            reasons.append(Reason(f"skill_{state}", {"rubric_id": skill.rubric_id}))
    return Eligibility(not reasons, tuple(reasons), share, states)


def _register_reasons(sessions: list[Session], disputed: list[int]) -> list[Reason]:
    reasons = []
    still_open = sorted(s.number for s in sessions if s.state == "held" and s.register == "open")
    if still_open:
        reasons.append(Reason("register_open", {"sessions": still_open}))
    if disputed:
        reasons.append(Reason("attendance_disputed", {"sessions": disputed}))
    return reasons


def _share_reasons(share: Share | None, rule: Rule) -> list[Reason]:
    if share is None:
        return [Reason("attendance_none")]
    if share.reaches(rule.min_attendance_bp):
        return []
    missing = -((share.attended * 10_000 - share.held * rule.min_attendance_bp) // 10_000)
    data = {
        "bp": share.bp,
        "min_bp": rule.min_attendance_bp,
        "missing_minutes": missing,
        "unmarked": share.unmarked,
    }
    return [Reason("attendance_low", data)]
