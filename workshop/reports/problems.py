"""Words for what can go wrong with a report."""

from workshop.problems import N_, RECORDS_SAFE, Words

problems = {
    "report_period": Words(
        N_("These dates are no period."),
        RECORDS_SAFE,
        N_("Give a first and a last day, the last not before the first."),
    ),
    "report_site": Words(
        N_("This server holds no site of that name."),
        RECORDS_SAFE,
        N_("Go back to the report and choose a site from the list."),
    ),
}
