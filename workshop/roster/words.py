"""Fates, refusals, notes and fields in words. Message ids only: translated where they are shown (shown.py, export.py)."""

from workshop.problems import N_

FIELDS = {
    "number": N_("Trainee number"),
    "name": N_("Name"),
    "name_zh": N_("Chinese name"),
    "sex": N_("Sex"),
    "birth_year": N_("Year of birth"),
    "phone": N_("Phone"),
    "home": N_("Home district"),
    "organisation": N_("Organisation"),
    "category": N_("Category"),
    "class_name": N_("Class"),
}
VALUES = {
    "sex": {"f": N_("Female"), "m": N_("Male")},
    "category": {
        "local_teacher": N_("Local teacher"),
        "local_student": N_("Local student"),
        "employee": N_("Enterprise employee"),
        "other": N_("Other"),
    },
}
FATES = {
    "new": N_("New"),
    "changed": N_("Changes"),
    "same": N_("Already here"),
    "ask": N_("Question"),
    "twice_in_file": N_("Twice in the file"),
    "refused": N_("Refused"),
}
REASONS = {
    "name_missing": N_("The name is missing. Write it in cell %(cell)s."),
    "name_too_long": N_("The name in cell %(cell)s is longer than 120 characters. Shorten it."),
    "name_not_a_name": N_(
        "“%(text)s” in cell %(cell)s is not a name. Write the name without figures and signs."
    ),
    "number_lost": N_(
        "Excel has shortened the number in cell %(cell)s to “%(text)s”: its last digits are gone. Type it again, as text."
    ),
    "number_bad": N_(
        "“%(text)s” in cell %(cell)s is not a trainee number. Up to 40 letters and digits are allowed."
    ),
    "number_taken": N_(
        "The number “%(text)s” in cell %(cell)s belongs to somebody else. Give this person another one."
    ),
    "sex_unknown": N_(
        "“%(text)s” in cell %(cell)s is not understood as a sex. Write F or M, 女 or 男, or leave it empty."
    ),
    "birth_year_bad": N_(
        "“%(text)s” in cell %(cell)s is not a year of birth. Write four digits, for example 1999."
    ),
    "phone_bad": N_("“%(text)s” in cell %(cell)s is not a phone number. Put it right or leave it empty."),
    "category_unknown": N_(
        "“%(text)s” in cell %(cell)s is no category. Write Local teacher, Local student, Enterprise employee or Other."
    ),
    "text_too_long": N_("The text in cell %(cell)s is longer than 200 characters. Shorten it."),
    "perhaps_known": N_("Perhaps this person is here already."),
    "number_of_another": N_("This number belongs to a person of another name."),
    "twice": N_("The same person stands in row %(row)s. This row is passed over."),
    "twice_differs": N_(
        "The same person stands in row %(row)s with something else under: %(fields)s. Keep one of the two rows in your file."
    ),
}
NOTES = {
    "digits_mended": N_("%(field)s: Excel had written “%(cell)s”; no digit is lost."),
    "phone_zero": N_("Phone: the 0 that Excel took from “%(cell)s” was put back."),
    "phone_lost": N_(
        "Phone: Excel has shortened it to “%(cell)s”. Its last digits are gone, so it is left out."
    ),
}
