"""Who is there: numbers, names that break software, phones shared and missing."""

from collections import Counter

from workshop.demo import names
from workshop.demo.year import Year


def test_how_many(year: Year) -> None:
    people = year.people
    assert (len(people.teachers), len(people.students), len(people.employees)) == (96, 238, 520)
    assert (len(people.visiting), len(people.local)) == (10, 14)
    assert {one.kind for one in people.visiting} == {"visiting"}
    assert Counter(person.department for person in people.students) == {
        "metallurgy": 6,
        "mechatronics": 9,
        "electrical": 119,
        "mechanical": 104,
    }
    assert len({person.organisation for person in people.employees}) == 16
    assert len({person.organisation for person in people.teachers}) == 14


def test_sexes(year: Year) -> None:
    people = year.people
    women = [
        sum(one.sex == "f" for one in group) for group in (people.teachers, people.students, people.employees)
    ]
    assert women == [24, 43, 156]


def test_ids_and_numbers_are_unique(year: Year) -> None:
    people = year.people.trainees
    assert len({person.id for person in people} | {one.id for one in year.people.staff}) == 854 + len(
        year.people.staff
    )
    assert len({person.number for person in people}) == 854
    assert "UTC/ME/24/00017" in {person.number for person in people}


def test_two_in_a_hundred_share_a_full_name(year: Year) -> None:
    found = Counter(person.name for person in year.people.trainees)
    shared = [times for times in found.values() if times > 1]
    assert sum(shared) == 17
    assert sorted(shared) == [2] * 7 + [3]


def test_names_put_in_by_hand(year: Year) -> None:
    found = Counter(person.name for person in year.people.trainees)
    for name in (
        names.APOSTROPHES,
        names.HYPHEN,
        names.SINGLE,
        names.LONGEST,
        *names.TWINS,
        *names.NEAR,
        names.OKOT,
    ):
        assert found[name] == 1, name
    assert sum(letter.isalpha() for letter in names.LONGEST) == 60
    assert " " not in names.SINGLE
    assert any((one.name_zh or "").startswith("欧阳") for one in year.people.visiting)


def test_twins_share_home_phone_and_year(year: Year) -> None:
    by_id = {person.id: person for person in year.people.trainees}
    kato, nakato = (by_id[id_] for id_ in year.people.twins)
    assert (kato.birth_year, kato.home, kato.phone) == (nakato.birth_year, nakato.home, nakato.phone)
    assert kato.phone is not None
    assert (kato.sex, nakato.sex) == ("m", "f")


def test_phones(year: Year) -> None:
    phones = Counter(person.phone for person in year.people.trainees)
    assert phones[None] == 43
    assert sum(times for phone, times in phones.items() if phone and times > 1) == 68


def test_a_third_have_a_chinese_name(year: Year) -> None:
    assert sum(person.name_zh is not None for person in year.people.trainees) == 854 // 3


def test_students_are_born_1998_to_2007(year: Year) -> None:
    years = {person.birth_year for person in year.people.students}
    assert min(years) == 1998
    assert max(years) == 2007


def test_accounts_belong_to_people_with_these_roles(year: Year) -> None:
    staff = {one.id: one for one in year.people.staff}
    assert {account.username for account in year.accounts} == {
        *("wandera", "akello", "zhao", "nandutu", "okot", "li", "wang", "ouyang"),
    }
    for account in year.accounts:
        if account.roles == ("trainee",):
            assert account.person_id == year.people.okot
        else:
            assert set(account.roles) == set(staff[account.person_id].roles)
            assert account.site == staff[account.person_id].site
