"""The training report as one value: everything that page, file and command show, made from its classes and details. Pure."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import cached_property

from workshop.courses.records import CATEGORIES
from workshop.reports.model import Beside, ClassInfo, CountingRule, Detail, Figures, Period, Row
from workshop.reports.rules import LESSON_MINUTES, figures


@dataclass(frozen=True)
class TrainingReport:
    """Everything that page, file and command show, all made from `details` and `classes`."""

    period: Period
    sites: tuple[str, ...]
    rule: CountingRule
    classes: tuple[ClassInfo, ...]
    details: tuple[Detail, ...]
    cut_off: str
    lesson_minutes: int = LESSON_MINUTES
    beside: Beside = field(default_factory=Beside)

    @cached_property
    def total(self) -> Figures:
        return figures(self.details, self.classes)

    @cached_property
    def by_category(self) -> list[Row]:
        return _rows(self, CATEGORIES, lambda one: one.category, lambda one: one.person.category)

    @cached_property
    def by_course(self) -> list[Row]:
        names = {one.course_id: (one.course_en, one.course_zh) for one in self.classes}
        rows = _rows(self, sorted(names), lambda one: one.course_id, lambda one: self.class_of(one).course_id)
        return [Row(row.key, row.figures, *names[row.key]) for row in rows]

    @cached_property
    def by_batch(self) -> list[Row]:
        batches = sorted({one.batch for one in self.classes}, key=lambda batch: (batch == "", batch))
        return _rows(self, batches, lambda one: one.batch, lambda one: self.class_of(one).batch)

    @cached_property
    def by_site(self) -> list[Row]:
        return _rows(self, self.sites, lambda one: one.part, lambda one: one.person.part)

    def class_of(self, one: Detail) -> ClassInfo:
        return self._classes[one.person.part, one.person.class_id]

    @cached_property
    def hash(self) -> str:
        """SHA-256 over period, rule, cut-off and every row that was counted or not: equal hash, equal report."""
        rows = [
            [
                *one.key,
                one.person.class_id,
                one.person.category,
                one.attended,
                one.held,
                one.minutes,
                len(one.days),
                one.times,
            ]
            for one in self.details
        ]
        content = [asdict(self.period), self.sites, asdict(self.rule), self.cut_off, self.lesson_minutes]
        text = json.dumps([*content, asdict(self.total), rows], separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def _classes(self) -> dict[tuple[str, str], ClassInfo]:
        return {(one.part, one.id): one for one in self.classes}


def _rows(
    report: TrainingReport,
    keys: Iterable[str],
    class_key: Callable[[ClassInfo], str],
    detail_key: Callable[[Detail], str],
) -> list[Row]:
    details: dict[str, list[Detail]] = {}
    classes: dict[str, list[ClassInfo]] = {}
    for one in report.details:
        details.setdefault(detail_key(one), []).append(one)
    for each in report.classes:
        classes.setdefault(class_key(each), []).append(each)
    return [Row(key, figures(details.get(key, ()), classes.get(key, ()))) for key in keys]
