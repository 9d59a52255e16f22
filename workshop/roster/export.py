"""The blank list, the present roster and the report on an upload as files. What goes out can come in again unchanged."""

from collections.abc import Iterable, Iterator, Sequence

from flask_babel import gettext as _

from workshop.roster.columns import FIELDS
from workshop.roster.matching import COMPARED, Known
from workshop.roster.plan import Plan
from workshop.roster.shown import field_word, shown, value_word
from workshop.tables.writing import Cell, Sheet, csv_bytes, xlsx_bytes


def template_xlsx() -> bytes:
    """An empty list with our headings. The hints stand on a sheet of their own: below the list they would be people."""
    headings = [field_word(field) for field in FIELDS if field != "class_name"]
    hints = [
        [_("Only the name is needed. Everything else helps to tell people apart.")],
        [_("Trainee number: with it a later list finds the same person again.")],
        [_("Sex: F or M, 女 or 男. Year of birth: four digits.")],
        [_("Category: Local teacher, Local student, Enterprise employee or Other.")],
        [_("All cells are set as text, so that Excel leaves zeros and long numbers as they are.")],
    ]
    return xlsx_bytes(
        [
            Sheet(_("Roster"), headings, [], text_columns=True),
            Sheet(_("How to fill it in"), [_("How to fill it in")], hints),
        ]
    )


def roster_xlsx(people: Iterable[Known]) -> bytes:
    return xlsx_bytes([Sheet(_("Roster"), [field_word(field) for field in COMPARED], list(_rows(people)))])


def roster_csv(people: Iterable[Known]) -> bytes:
    return csv_bytes([field_word(field) for field in COMPARED], _rows(people))


def report_xlsx(plan: Plan) -> bytes:
    """Every row of an upload with its fate, to be handed to whoever made the list."""
    rows: list[Sequence[Cell]] = []
    for fate in plan.fates:
        row = shown(fate)
        rows.append([row.row, row.number, row.name, row.fate, " ".join(row.lines)])
    headings = [_("Row"), field_word("number"), field_word("name"), _("What happens"), _("Why")]
    return xlsx_bytes([Sheet(_("Report"), headings, rows)])


def _rows(people: Iterable[Known]) -> Iterator[list[Cell]]:
    for person in people:
        yield [
            person.birth_year if field == "birth_year" else value_word(field, getattr(person, field))
            for field in COMPARED
        ]
