"""Is this row somebody whom the roster knows? Pure. Looks only where an answer can be, so 5,000 rows stay quick.

match: the same person, beyond reasonable doubt.  ask: perhaps, a person decides.  no: somebody else.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workshop.roster import names
from workshop.roster.rules import Candidate, bare_number, number_key, phone_keys

Verdict = Literal["match", "ask", "no"]
COMPARED = ("number", "name", "name_zh", "sex", "birth_year", "phone", "home", "organisation", "category")


@dataclass(frozen=True, slots=True)
class Known:
    """A trainee as the roster has them. None: not recorded."""

    id: str
    number: str | None
    name: str
    name_zh: str | None
    sex: str | None
    birth_year: int | None
    phone: str | None
    home: str | None
    organisation: str | None
    category: str | None


def agrees(field: str, said: object, stored: object) -> bool:
    """Do two values say the same? Case, word order of names, spelling of phone numbers and lost zeros do not count."""
    if said == stored:
        return True
    if not isinstance(said, str) or not isinstance(stored, str):
        return False
    if field == "name":
        return names.likeness(said, stored) == "equal"
    if field == "phone":
        return phone_keys(said) == phone_keys(stored)
    if field == "number":
        return bool(bare_number(said)) and bare_number(said) == bare_number(stored)
    return names.clean(said).casefold() == names.clean(stored).casefold()


def differing(candidate: Candidate, known: Known | Candidate) -> tuple[str, ...]:
    """The fields that the row would change. A field about which it says nothing is left alone."""
    return tuple(
        field
        for field in COMPARED
        if getattr(candidate, field) is not None
        and not agrees(field, getattr(candidate, field), getattr(known, field))
    )


def verdict(candidate: Candidate, known: Known) -> Verdict:
    """By name and what stands beside it; equal numbers are `Roster.by_number`'s affair."""
    likeness = _likeness(candidate, known)
    if likeness == "other":
        return "no"
    against = _against(candidate, known)
    same_phone = bool(phone_keys(candidate.phone) & phone_keys(known.phone))
    same_year = candidate.birth_year is not None and candidate.birth_year == known.birth_year
    if likeness == "near":
        return (
            "ask"
            if (same_phone or (same_year and "birth_year" not in against)) and "sex" not in against
            else "no"
        )
    if "number" in against:
        return "ask" if same_phone or same_year else "no"
    if "birth_year" in against and not same_phone:
        return "no"
    same_number = candidate.number is not None and agrees("number", candidate.number, known.number)
    if same_phone or same_year or same_number:
        return "ask" if against else "match"
    # The name alone. The very same entry once more is the same person (a list taken twice must change nothing);
    # anything else a person has to say.
    return "match" if _is_same_entry(candidate, known) else "ask"


def _likeness(candidate: Candidate, known: Known) -> names.Likeness:
    if candidate.name_zh and known.name_zh and names.words(candidate.name_zh) == names.words(known.name_zh):
        return "equal"
    return names.likeness(candidate.name, known.name)


def _against(candidate: Candidate, known: Known) -> set[str]:
    """What both say and say differently."""
    return {
        field
        for field in ("number", "birth_year", "sex", "phone")
        if None not in (getattr(candidate, field), getattr(known, field))
        and not agrees(field, getattr(candidate, field), getattr(known, field))
    }


def _is_same_entry(candidate: Candidate, known: Known) -> bool:
    return not differing(candidate, known) and all(
        (getattr(candidate, field) is None) == (getattr(known, field) is None)
        for field in COMPARED
        if field != "category"
    )


class Roster:
    """The people to compare with, found by number, phone, name, and by year of birth with one word of the name."""

    def __init__(self, people: Iterable[Known] = ()) -> None:
        self._by_id: dict[str, Known] = {}
        self._by_key: dict[tuple[object, ...], list[str]] = defaultdict(list)
        for person in people:
            self.add(person)

    def add(self, person: Known, also_number: str | None = None) -> None:
        """Take somebody in; the same id again replaces what was known. `also_number`: as a list writes the number."""
        self._by_id[person.id] = person
        for number in (person.number, also_number):
            if number:
                self._by_key["number", number_key(number)].append(person.id)
        for key in _keys(person):
            self._by_key[key].append(person.id)

    def by_number(self, number: str | None) -> Known | None:
        """Who has this number now (lost zeros do not count): a person added a second time may have left an older one behind."""
        key = number_key(number)
        held = (self._by_id[person] for person in self._by_key.get(("number", key), ())) if key else ()
        return next((person for person in held if bare_number(person.number) == bare_number(number)), None)

    def like(self, candidate: Candidate) -> list[tuple[Verdict, Known]]:
        """Everybody who may be this person, in the order in which they were added."""
        ids = dict.fromkeys(person for key in _keys(candidate) for person in self._by_key.get(key, []))
        found = [(verdict(candidate, self._by_id[person]), self._by_id[person]) for person in ids]
        return [pair for pair in found if pair[0] != "no"]


def _keys(person: Known | Candidate) -> list[tuple[object, ...]]:
    spoken = names.words(person.name)
    keys: list[tuple[object, ...]] = [("name", spoken)]
    keys += [("phone", key) for key in sorted(phone_keys(person.phone))]
    if person.name_zh:
        keys.append(("name_zh", names.words(person.name_zh)))
    if person.birth_year is not None:
        keys += [("year", person.birth_year, word) for word in spoken]
    return keys
