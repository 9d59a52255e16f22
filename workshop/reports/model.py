"""What a training report is made of, as plain frozen data. No rules, no database, no words."""

from dataclasses import dataclass
from typing import Literal

Basis = Literal["class", "session", "day"]


@dataclass(frozen=True, slots=True)
class Period:
    """Both days included, the site's own dates. `code` names the preset it came from, or "dates"."""

    first: str
    last: str
    code: str = "dates"


@dataclass(frozen=True, slots=True)
class CountingRule:
    id: str
    version: int
    min_share_bp: int
    basis: Basis


DEFAULT_RULE = CountingRule("half-1", 1, 5000, "class")
"""What a site counts by that has received no rule yet."""


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A training class with what was held of it; `first_day` and `last_day` are those of its sessions held."""

    part: str
    id: str
    name_en: str
    name_zh: str
    course_id: str
    course_en: str
    course_zh: str
    category: str
    batch: str
    place: str
    first_day: str
    last_day: str
    sessions: int
    minutes: int

    def name(self, lang: str) -> str:
        return self.name_zh if lang == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a class: `id` stands for all records of the person. `attended` holds (session number, day, minutes)."""

    part: str
    class_id: str
    id: str
    number: str
    name: str
    name_zh: str
    organisation: str
    category: str
    state: str
    attended: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """One person in one class and whether it counts: what every figure can be added up from."""

    person: Person
    held: int
    times: int
    reason: str  # share, below_share, none_attended, each_session, each_day

    @property
    def counted(self) -> bool:
        return self.times > 0

    @property
    def attended(self) -> int:
        return len(self.person.attended)

    @property
    def minutes(self) -> int:
        return sum(minutes for _number, _day, minutes in self.person.attended)

    @property
    def days(self) -> frozenset[str]:
        return frozenset(day for _number, day, _minutes in self.person.attended)

    @property
    def key(self) -> tuple[str, str]:
        return self.person.part, self.person.id


@dataclass(frozen=True, slots=True)
class Figures:
    person_times: int = 0
    persons: int = 0
    taught_minutes: int = 0
    person_minutes: int = 0
    person_days: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: `key` is what its numbers link by."""

    key: str
    figures: Figures
    en: str = ""
    zh: str = ""

    def title(self, lang: str) -> str:
        return (self.zh if lang == "zh" else self.en) or self.key


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    part: str
    title_en: str
    title_zh: str
    day: str
    people: int
    kind: str

    def title(self, lang: str) -> str:
        return self.title_zh if lang == "zh" else self.title_en


@dataclass(frozen=True, slots=True)
class Beside:
    """What the reader must know beside the table. `disputed`: marks not decided yet; `open_sessions`: past, register not closed;
    `own_classes`: teaching inside programmes; `events`: forums, briefings, visits."""

    disputed: int = 0
    open_sessions: int = 0
    own_classes: int = 0
    events: tuple[Event, ...] = ()
