"""What a demonstration year is made of, as plain frozen data. No drawing, no rules, no I/O.

Times: `*_ms` are UTC milliseconds of true time, except `Act.wall_ms`, which is what the device's own clock showed.
"""

from dataclasses import dataclass
from datetime import date

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Trainee:
    id: str
    number: str
    name: str
    name_zh: str | None
    sex: str  # f, m
    birth_year: int
    phone: str | None
    home: str
    organisation: str
    category: str  # local_teacher, local_student, employee
    department: str  # electrical, mechanical, metallurgy, mechatronics, general
    night_shift: bool


@dataclass(frozen=True, slots=True)
class Staff:
    id: str
    name_en: str
    name_zh: str | None
    kind: str  # visiting, local, assessor, office, campus
    site: str  # mbale, campus
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    teachers: tuple[Trainee, ...]
    students: tuple[Trainee, ...]
    employees: tuple[Trainee, ...]
    visiting: tuple[Staff, ...]
    local: tuple[Staff, ...]
    others: dict[str, Staff]  # by the word the cast calls them: nandutu, wandera, wang, li, ouyang
    okot: str  # trainee id
    near_names: tuple[str, str]  # two people, two firms, names one letter apart
    twins: tuple[str, str]

    @property
    def trainees(self) -> tuple[Trainee, ...]:
        return self.teachers + self.students + self.employees

    @property
    def staff(self) -> tuple[Staff, ...]:
        return self.visiting + self.local + tuple(self.others.values())


@dataclass(frozen=True, slots=True)
class Course:
    id: str
    title_en: str
    title_zh: str
    planned_minutes: int


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    en: str
    zh: str
    critical: bool


@dataclass(frozen=True, slots=True)
class Rubric:
    id: str
    course_id: str
    version: int
    title_en: str
    title_zh: str
    skill_en: str
    skill_zh: str
    minutes: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class TrainingClass:
    id: str
    course_id: str
    name_en: str
    name_zh: str
    batch: str | None  # B1, B2, B3; None where only local instructors taught
    category: str
    place: str  # UTC, PARK
    slot: str  # am, pm
    first_day: date
    last_day: date
    kind: str  # training, own
    instructor_id: str
    co_instructor_id: str | None
    person_times: int  # listed people
    sessions: int


@dataclass(frozen=True, slots=True)
class Session:
    class_id: str
    number: int
    day: date
    slot: str
    start_minute: int  # of the local day
    minutes: int
    instructor_id: str

    @property
    def id(self) -> str:
        return f"{self.class_id}.{self.number}"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`listed` people attend half or more. A drop-out comes to the sessions in `attends` only, always fewer than half."""

    class_id: str
    trainee_id: str
    category: str
    listed: bool
    attends: tuple[int, ...] = ()
    withdrawn_after: int | None = (
        None  # session number after which the office withdraws them; no marks follow
    )


@dataclass(frozen=True, slots=True)
class Mark:
    class_id: str
    number: int
    trainee_id: str
    status: str  # present, late, excused, absent
    minutes: int | None

    @property
    def id(self) -> str:
        return f"{self.class_id}.{self.number}.{self.trainee_id}"

    @property
    def attended(self) -> bool:
        return self.status in ("present", "late")


@dataclass(frozen=True, slots=True)
class Attempt:
    id: str
    class_id: str
    trainee_id: str
    rubric_id: str
    assessor_id: str
    started_ms: int
    signed_ms: int
    steps: tuple[tuple[str, str, str], ...]  # step id, yes | no | not_seen, remark or ""
    outcome: str  # competent, not_yet, open
    replaces: str | None = None
    void_reason: str | None = None
    voided_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    title_en: str
    title_zh: str
    day: date
    people: int
    kind: str  # forum, information, visit


@dataclass(frozen=True, slots=True)
class Device:
    name: str  # tab-utc-1; the real id comes from its key
    label: str
    kind: str  # tablet, workshop, campus
    site: str  # mbale; common for the campus
    staff: tuple[str, ...]  # who may act on it, at most ten on a tablet


@dataclass(frozen=True, slots=True)
class Contact:
    """One meeting. `network` carries both ways at `at_ms`; a `stick` carries to `peer` at `at_ms` what `device` held at `made_ms`."""

    at_ms: int
    device: str
    peer: str
    road: str  # network, stick
    minutes: int  # how long the line stays up; 0 for a stick
    made_ms: int


@dataclass(frozen=True, slots=True)
class ActChange:
    """One change of an act. `base` holds the numbers of the acts (`Act.no`) whose values the actor had in view.

    `seen` is for reviews only: the acts whose ops belong into the field `seen`, everything the verdict rests on.
    """

    type: str
    id: str
    fields: Fields
    base: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """What becomes one op: made by `actor` on `device`. `no` is its place in `Year.acts`."""

    no: int
    at_ms: int
    wall_ms: int
    device: str
    actor: str
    part: str  # common, mbale
    intent: str
    changes: tuple[ActChange, ...]
    trouble: str | None = None  # double_mark, double_registration, renamed, withdrawn, stolen


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    password: str
    pin: str
    roles: tuple[str, ...]
    site: str
    person_id: str
    name: str
