"""What a batch of certificates rests on, frozen: who gets a certificate, who a statement of hours, with which hours and skills. Pure.

The hash over it is what two people approve. It is made again from the records whenever somebody looks; a different hash means that the
records behind the proposal have changed, or have not all arrived here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workshop.certificates.code import facts_hash
from workshop.certificates.pdf import Text
from workshop.certificates.rules import Eligibility, Reason, Rule

Kind = Literal["certificate", "statement", "none"]
LESSON_MINUTES = 45
UNDECIDED = {"register_open", "attendance_disputed", "skill_disputed", "attendance_none"}
"""Reasons after which not even the hours are certain, or a person must decide first."""


@dataclass(frozen=True, slots=True)
class Skill:
    """A practical test's skill as printed."""

    rubric_id: str
    text: Text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trainee of the class with the judgement of the rule. `serial`: of the certificate that the person has of this class already."""

    id: str
    number: str
    name: str
    name_zh: str
    eligibility: Eligibility
    skills: tuple[Skill, ...]
    serial: str = ""

    @property
    def attended_minutes(self) -> int:
        return self.eligibility.share.attended if self.eligibility.share else 0

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.eligibility.reasons

    @property
    def kind(self) -> Kind:
        """What the person would get. While something is undecided: nothing yet."""
        if self.serial:
            return "none"
        if self.eligibility.eligible:
            return "certificate"
        undecided = any(reason.code in UNDECIDED for reason in self.reasons)
        return "none" if undecided or not self.attended_minutes else "statement"


@dataclass(frozen=True)
class ClassFile:
    """A class as its certificates see it. Days are those of the first and last session held."""

    part: str
    id: str
    name_en: str
    name_zh: str
    course_id: str
    course: Text
    first_day: str
    last_day: str
    held_minutes: int
    rule_id: str
    rule: Rule
    rule_title: Text
    candidates: tuple[Candidate, ...]

    def name(self, lang: str) -> str:
        return self.name_zh if lang == "zh" else self.name_en

    def of(self, people: Iterable[str]) -> list[Candidate]:
        """The candidates with these ids, in the order of the list."""
        wanted = set(people)
        return [one for one in self.candidates if one.id in wanted]


def batch_facts(found: ClassFile, people: Iterable[str]) -> dict[str, Any]:
    """Everything that two people approve for a batch. Only texts, integers, lists and objects."""
    return {
        "v": 1,
        "class": found.id,
        "course": [found.course_id, found.course.en, found.course.zh],
        "days": [found.first_day, found.last_day],
        "held_minutes": found.held_minutes,
        "rule": [found.rule_id, found.rule.version, found.rule_title.en, found.rule_title.zh],
        "people": [_person_facts(one) for one in sorted(found.of(people), key=lambda one: one.id)],
    }


def batch_hash(found: ClassFile, people: Iterable[str]) -> str:
    """SHA-256 in hex, for the records."""
    return facts_hash(batch_facts(found, people)).hex()


def certificate_facts(
    found: ClassFile, one: Candidate, day: str, printed: Mapping[str, Any], approved_hash: str
) -> dict[str, Any]:
    """One certificate's record of itself: with it the same page can be printed anywhere, for ever.

    `printed`: what the issuing campus adds for the page (template, institutions, signers, address).
    """
    is_certificate = one.kind == "certificate"
    minutes = found.held_minutes if is_certificate else one.attended_minutes
    return {
        "v": 1,
        "kind": one.kind,
        "name": one.name,
        "name_zh": one.name_zh,
        "class": found.id,
        "course": found.course_id,
        "course_en": found.course.en,
        "course_zh": found.course.zh,
        "title_en": found.rule_title.en if is_certificate else STATEMENT.en,
        "title_zh": found.rule_title.zh if is_certificate else STATEMENT.zh,
        "hours": minutes // LESSON_MINUTES,
        "attended_minutes": one.attended_minutes,
        "held_minutes": found.held_minutes,
        "first_day": found.first_day,
        "last_day": found.last_day,
        "day": day,
        "grade": "competent" if is_certificate else "",
        "skills": [[skill.text.en, skill.text.zh] for skill in _shown(one)],
        "approved": approved_hash,
        **printed,
    }


STATEMENT = Text("Statement of Hours", "学时证明")


def _person_facts(one: Candidate) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "name_zh": one.name_zh,
        "attended_minutes": one.attended_minutes,
        "skills": [skill.rubric_id for skill in _shown(one)],
    }


def _shown(one: Candidate) -> Sequence[Skill]:
    """The skills that the person has shown, also on a statement of hours."""
    return [skill for skill in one.skills if one.eligibility.skills.get(skill.rubric_id) == "competent"]
