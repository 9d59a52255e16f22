"""Words for what can go wrong with classes."""

from workshop.problems import N_, NOTHING_CHANGED, RECORDS_SAFE, Words

problems = {
    "no_such_site": Words(
        N_("This server holds no site of that name."),
        RECORDS_SAFE,
        N_("Choose the site from the list on the start page."),
    ),
    "no_sites_yet": Words(
        N_("No workshop has joined this campus yet."),
        RECORDS_SAFE,
        N_("Let a workshop join with its key: see the guide, under joining a workshop."),
    ),
    "no_class": Words(
        N_("There is no class at this address."),
        NOTHING_CHANGED,
        N_("Open the list of classes and choose it from there."),
    ),
}
