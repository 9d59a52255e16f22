"""Sign-in names of the demonstration. The passwords are printed on its first page: nothing here guards anything."""

from .model import Account, People

_CAST = (
    ("wandera", "mbale", "731904"),
    ("akello", "mbale", "264815"),
    ("zhao", "mbale", "905372"),
    ("nandutu", "mbale", "418630"),
    ("okot", "mbale", "573926"),
    ("li", "campus", "682047"),
    ("wang", "campus", "350791"),
    ("ouyang", "campus", "829163"),
)


def make_accounts(people: People) -> tuple[Account, ...]:
    staff = people.others | {"akello": people.local[0], "zhao": people.visiting[0]}
    okot = next(person for person in people.students if person.id == people.okot)
    return tuple(
        Account(word, f"{word}-demo-2025", pin, ("trainee",), site, okot.id, okot.name)
        if word == "okot"
        else Account(
            word, f"{word}-demo-2025", pin, staff[word].roles, site, staff[word].id, staff[word].name_en
        )
        for word, site, pin in _CAST
    )
