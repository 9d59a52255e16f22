"""People who may be registered twice: pairs of near-equal names within one site, and what was said about them. Reads only."""

import json
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from sqlite_utils import Database

from workshop.review.rules import pair_id
from workshop.roster import names
from workshop.roster.matching import COMPARED, Known, agrees, verdict
from workshop.roster.queries import each_known
from workshop.roster.rules import Candidate, number_key, phone_keys

Clue = Hashable
Answers = dict[str, tuple[str, bool, str, int]]
Words = tuple[str, ...]
BUCKET_MAX = 60
"""People who share one clue, such as a year of birth and one name; a larger group says nothing about anybody."""


@dataclass(frozen=True, slots=True)
class Person:
    """A trainee with what tells two people apart. `marks` counts the sessions attended; `same_as` as it stands."""

    known: Known
    same_as: str | None
    classes: tuple[str, ...] = ()
    marks: int = 0
    made_at: int = 0
    actor: str = ""

    @property
    def id(self) -> str:
        return self.known.id


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, in the order of their ids. `decision` is "", "same" or "different"; `shared` the fields that agree."""

    id: str
    first: Person
    second: Person
    shared: tuple[str, ...]
    decision: str
    conflict: bool
    actor: str = ""
    wall: int = 0


def asked(db: Database, part: str) -> list[Pair]:
    """Pairs about which nobody has said anything, or two people different things; the most alike first."""
    answers = _decided(db, part)
    everybody = list(each_known(db, part))
    found = [pair for one, other in likely(everybody) if (pair := pair_id(one, other)) not in answers]
    found += [pair for pair, answer in answers.items() if answer[1]]
    pairs = _pairs(db, part, found, answers)
    return sorted(pairs, key=lambda pair: (-len(pair.shared), pair.first.known.name, pair.id))


def decided(db: Database, part: str, limit: int = 100) -> list[Pair]:
    """Pairs about which somebody has decided, the latest first."""
    known = {pair: answer for pair, answer in _decided(db, part).items() if not answer[1]}
    wanted = sorted(known, key=lambda pair: -known[pair][3])[:limit]
    return _pairs(db, part, wanted, known)


def one_pair(db: Database, part: str, pair: str) -> Pair | None:
    """Any two people of the part, whether they look alike or not."""
    ids = pair.split(".")
    if len(ids) != 2 or ids[0] == ids[1]:
        return None
    return next(iter(_pairs(db, part, [pair_id(*ids)], _decided(db, part))), None)


def likely(people: Sequence[Known]) -> list[tuple[str, str]]:
    """Ids of two people who may be one. Only those who share a clue are compared, so a whole site stays quick.

    One kind of clue after the other: all clues of all people at once are the largest thing in a server's memory.
    """
    spoken = {person.id: names.words(person.name) for person in people}
    found: dict[tuple[str, str], None] = {}
    compared: set[tuple[str, str]] = set()
    for clues in _CLUES:
        for one, other in _sharing(people, spoken, clues):
            pair = (one.id, other.id) if one.id < other.id else (other.id, one.id)
            if pair in compared:
                continue
            compared.add(pair)
            if _may_be_one(one, other):
                found[pair] = None
    return list(found)


def _sharing(
    people: Sequence[Known], spoken: Mapping[str, Words], clues: Callable[[Known, Words], Iterable[Clue]]
) -> Iterator[tuple[Known, Known]]:
    """Two and two who share a clue that says something."""
    buckets: dict[Clue, list[Known]] = {}
    for person in people:
        for clue in set(clues(person, spoken[person.id])):
            buckets.setdefault(clue, []).append(person)
    for bucket in buckets.values():
        if len(bucket) <= BUCKET_MAX:
            yield from combinations(bucket, 2)


def _may_be_one(one: Known, other: Known) -> bool:
    """As for a row of a list; or a near name beside a year of birth that looks like a slip of the pen.

    A Chinese name alone says nothing here: a few syllables stand for many Ugandan names.
    """
    shared_clue = bool(phone_keys(one.phone) & phone_keys(other.phone)) or (
        one.number is not None and agrees("number", one.number, other.number)
    )
    slip = is_year_slip(one.birth_year, other.birth_year) and one.sex == other.sex
    if not slip and verdict(_candidate(one), other) == "no":
        return False
    return shared_clue or names.likeness(one.name, other.name) != "other"


def is_year_slip(one: int | None, other: int | None) -> bool:
    """Two years that a hurried hand mixes up: neighbours, or the same digits in another order."""
    if one is None or other is None or one == other:
        return False
    return abs(one - other) == 1 or sorted(str(one)) == sorted(str(other))


def _by_name(_person: Known, spoken: Words) -> Iterable[Clue]:
    yield spoken


def _by_chinese_name(person: Known, _spoken: Words) -> Iterable[Clue]:
    if person.name_zh:
        yield names.words(person.name_zh)


def _by_number(person: Known, _spoken: Words) -> Iterable[Clue]:
    if person.number:
        yield number_key(person.number)


def _by_phone(person: Known, _spoken: Words) -> Iterable[Clue]:
    return phone_keys(person.phone)


def _by_year(person: Known, spoken: Words) -> Iterable[Clue]:
    return () if person.birth_year is None else [(person.birth_year, word) for word in spoken]


def _by_digits(person: Known, spoken: Words) -> Iterable[Clue]:
    if person.birth_year is None:
        return ()
    digits = "".join(sorted(str(person.birth_year)))
    return [(digits, word) for word in spoken]


def _by_neighbours(person: Known, spoken: Words) -> Iterable[Clue]:
    """Two years that follow each other share one of the two halves, counted from the even or from the odd one."""
    if person.birth_year is None:
        return ()
    years = ((person.birth_year // 2, "even"), ((person.birth_year + 1) // 2, "odd"))
    return [(*year, word) for year in years for word in spoken]


_CLUES = (_by_name, _by_chinese_name, _by_number, _by_phone, _by_year, _by_digits, _by_neighbours)


def _candidate(person: Known) -> Candidate:
    return Candidate(0, **{field: getattr(person, field) for field in COMPARED})


def _pair(pair: str, people: dict[str, Person], decided: Answers) -> Pair:
    one, other = (people[id_] for id_ in pair.split("."))
    shared = tuple(
        field
        for field in COMPARED
        if getattr(one.known, field) is not None
        and agrees(field, getattr(one.known, field), getattr(other.known, field))
    )
    decision, conflict, actor, wall = decided.get(pair, ("", False, "", 0))
    return Pair(pair, one, other, shared, decision, conflict, actor, wall)


def _decided(db: Database, part: str) -> Answers:
    rows = db.execute(
        "select id, decision, conflict, actor, wall from rm_duplicate where part = ? and decision is not null",
        (part,),
    )
    return {row[0]: (row[1], bool(row[2]), row[3], row[4]) for row in rows}


def _pairs(db: Database, part: str, pairs: Sequence[str], decided: Answers) -> list[Pair]:
    """Those of the pairs whose two people are here and have names."""
    people = _people(db, part, {one for pair in pairs for one in pair.split(".")})
    return [_pair(pair, people, decided) for pair in pairs if all(one in people for one in pair.split("."))]


def _people(db: Database, part: str, ids: Collection[str]) -> dict[str, Person]:
    columns = ", ".join(COMPARED)
    rows = db.execute(
        f"select t.id, {columns}, same_as, wall, actor from json_each(?) j cross join rm_trainee t"
        " on t.part = ? and t.id = j.value where name is not null",
        (json.dumps(sorted(ids)), part),
    )
    return {
        row[0]: Person(Known(*row[: len(COMPARED) + 1]), row[-3], made_at=row[-2], actor=row[-1])
        for row in rows
    }


def with_work(db: Database, part: str, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with the classes and marks of their people: only for those that a page shows."""
    return [
        replace(pair, first=_work(db, part, pair.first), second=_work(db, part, pair.second))
        for pair in pairs
    ]


def _work(db: Database, part: str, person: Person) -> Person:
    classes = db.execute(
        "select class_id from rm_enrolment where part = ? and trainee_id = ? order by class_id",
        (part, person.id),
    ).fetchall()
    marks = db.execute(
        "select count(*) from rm_attendance where part = ? and trainee_id = ? and status is not null",
        (part, person.id),
    ).fetchone()
    return replace(person, classes=tuple(row[0] for row in classes), marks=int(marks[0]))
