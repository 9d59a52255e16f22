"""Who is in the demonstration year: 96 teachers, 238 students, 520 employees, and the staff at both ends. Everybody is invented."""

from collections.abc import Sequence
from random import Random

from workshop.ids import new_id

from . import names
from .model import People, Staff, Trainee

TEACHERS, STUDENTS, EMPLOYEES = 96, 238, 520
WOMEN_PERCENT = {"local_teacher": 25, "local_student": 18, "employee": 30}
BORN = {"local_teacher": (1968, 1997), "local_student": (1998, 2007), "employee": (1980, 2006)}
# Own admission 6 + 9, taught inside their own departments 119 + 104.
STUDENT_DEPARTMENTS = (
    ("metallurgy",) * 6 + ("mechatronics",) * 9 + ("electrical",) * 119 + ("mechanical",) * 104
)
NUMBER_CODES = {"metallurgy": "FM", "mechatronics": "MT", "electrical": "EE", "mechanical": "ME"}
NO_PHONE_PERCENT, SHARED_PHONE_PERCENT, SAME_NAME_PERCENT = 5, 8, 2
NIGHT_SHIFT_PERCENT = 15

# Places of the people whose names are put in by hand, counted from 0 over teachers, students, employees.
_FIRST_ELECTRICAL = TEACHERS + 15
_OKOT, _TWINS, _SINGLE = (
    _FIRST_ELECTRICAL,
    (_FIRST_ELECTRICAL + 40, _FIRST_ELECTRICAL + 41),
    TEACHERS + 20 + 119,
)
_HYPHEN, _LONGEST = 11, 57
_NEAR = (TEACHERS + STUDENTS + 33, TEACHERS + STUDENTS + 301)
_APOSTROPHES = TEACHERS + STUDENTS + 77


def make_people(rng: Random) -> People:
    kinds = ["local_teacher"] * TEACHERS + ["local_student"] * STUDENTS + ["employee"] * EMPLOYEES
    sexes = _sexes(rng, kinds)
    full_names = _names(rng, sexes)
    phones = _phones(rng, len(kinds))
    chinese = set(rng.sample(range(len(kinds)), len(kinds) // 3))
    homes = rng.choices(names.DISTRICTS, weights=(30, 10, 9, 9, 12, 8, 8, 7, 7), k=len(kinds))
    homes[_TWINS[1]] = homes[_TWINS[0]]
    places = _organisations(rng)
    born = [rng.randint(*BORN[kind]) for kind in kinds]
    born[_TWINS[1]] = born[_TWINS[0]]
    shift = set(rng.sample(range(TEACHERS + STUDENTS, len(kinds)), EMPLOYEES * NIGHT_SHIFT_PERCENT // 100))
    everybody = tuple(
        Trainee(
            id=new_id("t", rng.choice),
            number=number,
            name=full_names[i],
            name_zh=_chinese_name(rng, sexes[i]) if i in chinese else None,
            sex=sexes[i],
            birth_year=born[i],
            phone=phones[i],
            home=homes[i],
            organisation=places[i][0],
            category=kinds[i],
            department=places[i][1],
            night_shift=i in shift,
        )
        for i, number in enumerate(_numbers(places))
    )
    visiting, local, others = _staff(rng)
    return People(
        teachers=everybody[:TEACHERS],
        students=everybody[TEACHERS : TEACHERS + STUDENTS],
        employees=everybody[TEACHERS + STUDENTS :],
        visiting=visiting,
        local=local,
        others=others,
        okot=everybody[_OKOT].id,
        near_names=(everybody[_NEAR[0]].id, everybody[_NEAR[1]].id),
        twins=(everybody[_TWINS[0]].id, everybody[_TWINS[1]].id),
    )


def _by_hand() -> dict[int, tuple[str, str]]:
    """Place -> sex and name."""
    return {
        _OKOT: ("m", names.OKOT),
        _TWINS[0]: ("m", names.TWINS[0]),
        _TWINS[1]: ("f", names.TWINS[1]),
        _SINGLE: ("f", names.SINGLE),
        _HYPHEN: ("f", names.HYPHEN),
        _LONGEST: ("m", names.LONGEST),
        _NEAR[0]: ("m", names.NEAR[0]),
        _NEAR[1]: ("m", names.NEAR[1]),
        _APOSTROPHES: ("m", names.APOSTROPHES),
    }


def _sexes(rng: Random, kinds: Sequence[str]) -> list[str]:
    sexes = ["m"] * len(kinds)
    fixed = {place: sex for place, (sex, _name) in _by_hand().items()}
    for kind, percent in WOMEN_PERCENT.items():
        members = [i for i, each in enumerate(kinds) if each == kind]
        women = [i for i in members if fixed.get(i) == "f"]
        women += rng.sample(
            [i for i in members if i not in fixed], (len(members) * percent + 50) // 100 - len(women)
        )
        for i in women:
            sexes[i] = "f"
    return sexes


def _names(rng: Random, sexes: Sequence[str]) -> list[str]:
    by_hand = {place: name for place, (_sex, name) in _by_hand().items()}
    taken = {frozenset(name.split()) for name in by_hand.values()}
    found = []
    for i, sex in enumerate(sexes):
        found.append(by_hand.get(i) or _new_name(rng, sex, taken))
    free = [i for i in range(len(sexes)) if i not in by_hand]
    sharing = (len(sexes) * SAME_NAME_PERCENT + 50) // 100
    # Pairs, and one group of three when the number is odd: all of a group carry the first one's name.
    rng.shuffle(free)
    while sharing:
        first = free.pop()
        others = [i for i in free if sexes[i] == sexes[first]][: 2 if sharing == 3 else 1]
        for other in others:
            found[other] = found[first]
            free.remove(other)
        sharing -= 1 + len(others)
    return found


def _new_name(rng: Random, sex: str, taken: set[frozenset[str]]) -> str:
    while True:
        parts = [rng.choice(names.LOCAL_NAMES[sex]), rng.choice(names.GIVEN_NAMES[sex])]
        if frozenset(parts) not in taken:
            taken.add(frozenset(parts))
            return " ".join(parts if rng.random() < 0.6 else reversed(parts))


def _phones(rng: Random, count: int) -> list[str | None]:
    """No number in Uganda begins with 000, so none of these rings anywhere."""
    phones: list[str | None] = [
        f"+256 000 {n // 1000:03d} {n % 1000:03d}" for n in rng.sample(range(10**6), count)
    ]
    order = [i for i in range(count) if i not in _TWINS]
    rng.shuffle(order)
    silent = (count * NO_PHONE_PERCENT + 50) // 100
    for i in order[:silent]:
        phones[i] = None
    sharing = [*_TWINS, *order[silent:]][: (count * SHARED_PHONE_PERCENT + 50) // 100 // 2 * 2]
    for first, second in zip(sharing[::2], sharing[1::2], strict=True):
        phones[second] = phones[first]
    return phones


def _chinese_name(rng: Random, sex: str) -> str:
    return rng.choice(names.ZH_FAMILY) + rng.choice(names.ZH_GIVEN[sex])


def _organisations(rng: Random) -> list[tuple[str, str]]:
    """Organisation and department of each person, in their order."""
    fields = ("electrical", "mechanical", "metallurgy", "mechatronics", "general")
    schools = (names.COLLEGE, *names.SCHOOLS)
    teachers = [
        (schools[i % len(schools)] if i >= 30 else names.COLLEGE, rng.choices(fields, (32, 32, 16, 12, 8))[0])
        for i in range(TEACHERS)
    ]
    students = [(names.COLLEGE, department) for department in STUDENT_DEPARTMENTS]
    employees = [names.FIRMS[i % len(names.FIRMS)] for i in range(EMPLOYEES)]
    rng.shuffle(employees)
    return teachers + students + employees


def _numbers(places: Sequence[tuple[str, str]]) -> list[str]:
    counts: dict[str, int] = {}
    numbers = []
    for i, (_organisation, department) in enumerate(places):
        code = (
            NUMBER_CODES[department]
            if TEACHERS <= i < TEACHERS + STUDENTS
            else "TR"
            if i < TEACHERS
            else "EM"
        )
        counts[code] = counts.get(code, 0) + 1
        numbers.append(f"UTC/{code}/24/{counts[code]:05d}")
    return numbers


def _staff(rng: Random) -> tuple[tuple[Staff, ...], tuple[Staff, ...], dict[str, Staff]]:
    teach = ("instructor", "assessor")
    visiting = tuple(
        Staff(new_id("s", rng.choice), en, zh, "visiting", "mbale", teach) for en, zh in names.VISITING
    )
    local = tuple(
        Staff(new_id("s", rng.choice), en, None, "local", "mbale", ("instructor",))
        for en in names.LOCAL_INSTRUCTORS
    )
    cast = (
        ("nandutu", "Nandutu Esther", None, "assessor", "mbale", ("assessor",)),
        ("wandera", "Wandera Joseph", None, "office", "mbale", ("admin",)),
        ("wang", "Wang Lei", "王磊", "campus", "campus", ("reviewer",)),
        ("ouyang", "Ouyang Jing", "欧阳静", "campus", "campus", ("supervisor",)),
        ("li", "Li Na", "李娜", "campus", "campus", ("admin",)),
    )
    others = {
        word: Staff(new_id("s", rng.choice), en, zh, kind, site, roles)
        for word, en, zh, kind, site, roles in cast
    }
    return visiting, local, others
