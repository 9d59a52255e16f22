"""Words for what can go wrong when a person's data is handed over or erased."""

from workshop.problems import N_, NOTHING_CHANGED, RECORDS_SAFE, Words

problems = {
    "erase_campus_only": Words(
        N_("Only the home campus can erase a person, so that it happens at every site alike."),
        NOTHING_CHANGED,
        N_("Ask the home campus, and tell them the number in the register."),
    ),
    "erase_no_person": Words(
        N_("There is nobody with this number or id."),
        RECORDS_SAFE,
        N_("Check the number, or look the person up by name."),
    ),
    "erase_many": Words(
        N_("More than one person has this number."),
        RECORDS_SAFE,
        N_("Name the person by the id that stands on their page."),
    ),
    "erase_done": Words(
        N_("This person has been erased already."),
        NOTHING_CHANGED,
        N_("There is nothing left to do."),
    ),
    "erase_typed": Words(
        N_("What was typed is not this person's number."),
        NOTHING_CHANGED,
        N_("Check that this is the right person, and type the number exactly as it stands in the register."),
    ),
    "erase_reason": Words(
        N_("No reason was chosen."),
        NOTHING_CHANGED,
        N_("Choose why the person is erased. It is kept with the act."),
    ),
    "erase_day": Words(
        N_("The day on which the person asked is no day, or lies ahead."),
        NOTHING_CHANGED,
        N_("Choose a day up to today, or leave it empty."),
    ),
    "person_print_failed": Words(
        N_("The PDF could not be made."),
        RECORDS_SAFE,
        N_("Take the JSON file: it holds the same. Tell whoever looks after this server."),
    ),
}
