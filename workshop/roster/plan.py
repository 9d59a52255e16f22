"""A list and the people already known -> the fate of every row, before anything is written. Pure.

Planning the same list again after it was taken finds everybody `same`: taking a list twice changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from workshop.roster.columns import Columns, find_columns
from workshop.roster.errors import RosterError
from workshop.roster.matching import COMPARED, Known, Roster, differing
from workshop.roster.names import likeness
from workshop.roster.rules import Candidate, Note, Refusal, parse, place_of, says_anything
from workshop.tables.reading import Row

FateName = Literal["new", "same", "changed", "ask", "twice_in_file", "refused"]
FATES: tuple[FateName, ...] = ("new", "changed", "same", "ask", "twice_in_file", "refused")
SAME = "same:"
DIFFERENT = "different"
ROW = "row."  # an answer may name an earlier row of the same file: "same:row.5"


@dataclass(frozen=True, slots=True)
class Fate:
    """What will happen to a row. `person`: the trainee it is (same, changed). `detail` depends on the fate:

    changed: {"fields": {field: {"old", "new"}}}; ask: {"options": [{"id", "name", "number", "birth_year", ...}]};
    twice_in_file: {"row": the earlier row, "fields": what differs from it}; refused: {"field", "cell", "text"}.
    """

    row: int
    fate: FateName
    name: str
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    candidate: Candidate | None = None
    person: str | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        return self.candidate.notes if self.candidate else ()

    @property
    def blocks(self) -> bool:
        """True while the list cannot be taken because of this row."""
        return self.fate in ("ask", "refused") or (
            self.fate == "twice_in_file" and bool(self.detail["fields"])
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """`basis`: the people it was made in view of; it may be taken only while they are still the roster."""

    fates: tuple[Fate, ...]
    columns: Columns
    basis: tuple[Known, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Every fate and how many rows have it, zeros too."""
        found = Counter(fate.fate for fate in self.fates)
        return {name: found[name] for name in FATES}

    @property
    def takeable(self) -> bool:
        """All or nothing: nothing is refused, nothing open, nothing contradicts itself."""
        return bool(self.fates) and not any(fate.blocks for fate in self.fates)


def plan_rows(
    rows: Sequence[Row], known: Iterable[Known], this_year: int, answers: Mapping[int, str] | None = None
) -> Plan:
    """Decide on every row. `answers`: row number -> "same:<id>" or "different", for rows whose fate was `ask`.

    Raises RosterError: heading_missing, heading_twice, no_people (a heading and nothing below it).
    """
    columns = find_columns(rows)
    heading = next(row for row in rows if row.number == columns.heading_row)
    body = [
        row
        for row in rows
        if row.number > columns.heading_row and row.cells != heading.cells and says_anything(row, columns)
    ]
    if not body:
        raise RosterError("no_people")
    basis = tuple(known)
    sorter = _Sorter(Roster(basis), answers or {}, columns)
    return Plan(tuple(sorter.fate(parse(row, columns, this_year)) for row in body), columns, basis)


class _Sorter:
    """Goes through the rows in order and remembers who has appeared."""

    def __init__(self, roster: Roster, answers: Mapping[int, str], columns: Columns) -> None:
        self._roster = roster
        self._answers = answers
        self._columns = columns
        self._seen: dict[str, Candidate] = {}  # person or "row.<n>" -> the row that is this person

    def fate(self, parsed: Candidate | Refusal) -> Fate:
        if isinstance(parsed, Refusal):
            detail = {"field": parsed.field, "cell": parsed.cell, "text": parsed.text}
            return Fate(parsed.row, "refused", parsed.name, parsed.code, detail)
        holder = self._roster.by_number(parsed.number)
        if holder is not None:
            return self._of_number(parsed, holder)
        found = self._roster.like(parsed)
        people = [person for _verdict, person in found]
        certain = [person for verdict, person in found if verdict == "match"]
        named = self._named(parsed, people) or (certain[0] if len(certain) == 1 else None)
        if named is not None:
            return self._of_person(parsed, named)
        if not people or self._answers.get(parsed.row) == DIFFERENT:
            return self._new(parsed)
        return self._ask(parsed, people, "perhaps_known")

    def _of_number(self, parsed: Candidate, holder: Known) -> Fate:
        """The number is known. With quite another name it was mistyped or given twice: never overwrite, ask."""
        if likeness(parsed.name, holder.name) != "other" or _same_in_chinese(parsed, holder):
            return self._of_person(parsed, holder)
        if self._named(parsed, [holder]):
            return self._of_person(parsed, holder)
        if self._answers.get(parsed.row) != DIFFERENT:
            return self._ask(parsed, [holder], "number_of_another")
        cell = place_of(self._columns.at["number"][0], parsed.row)
        detail = {"field": "number", "cell": cell, "text": parsed.number}
        return Fate(parsed.row, "refused", parsed.name, "number_taken", detail)

    def _named(self, parsed: Candidate, people: Sequence[Known]) -> Known | None:
        """Whom the answer for this row names; an answer that names nobody of these counts as none."""
        answer = self._answers.get(parsed.row)
        return next((person for person in people if answer == SAME + person.id), None)

    def _ask(self, parsed: Candidate, people: Sequence[Known], reason: str) -> Fate:
        options = [
            {"id": person.id, **{name: getattr(person, name) for name in COMPARED}} for person in people
        ]
        return Fate(parsed.row, "ask", parsed.name, reason, {"options": options}, parsed)

    def _of_person(self, parsed: Candidate, person: Known) -> Fate:
        earlier = self._seen.get(person.id)
        if earlier is not None:
            detail = {"row": earlier.row, "fields": list(differing(parsed, earlier))}
            return Fate(parsed.row, "twice_in_file", parsed.name, "twice", detail, parsed)
        self._seen[person.id] = parsed
        fields = {
            name: {"old": getattr(person, name), "new": getattr(parsed, name)}
            for name in differing(parsed, person)
        }
        # Later rows meet the person as this row leaves them: a number given here is taken from here on.
        after = replace(person, **{name: value["new"] for name, value in fields.items()})
        self._roster.add(after, also_number=parsed.number)
        fate: FateName = "changed" if fields else "same"
        return Fate(
            parsed.row, fate, parsed.name, detail={"fields": fields}, candidate=parsed, person=person.id
        )

    def _new(self, parsed: Candidate) -> Fate:
        provisional = Known(ROW + str(parsed.row), **{name: getattr(parsed, name) for name in COMPARED})
        self._roster.add(provisional)
        self._seen[provisional.id] = parsed
        return Fate(parsed.row, "new", parsed.name, candidate=parsed)


def _same_in_chinese(parsed: Candidate, holder: Known) -> bool:
    return bool(parsed.name_zh) and parsed.name_zh == holder.name_zh
