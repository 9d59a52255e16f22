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
    "class_name": Words(
        N_("A class needs an English name of at most 120 characters."),
        N_("No class was made."),
        N_("Write the name and send the form again."),
    ),
    "class_course": Words(
        N_("The course or the category is missing."),
        N_("No class was made."),
        N_("Choose both and send the form again."),
    ),
    "class_days": Words(
        N_("The days do not fit together."),
        NOTHING_CHANGED,
        N_("Choose a first day, a last day that is not before it, and at least one day of the week."),
    ),
    "class_time": Words(
        N_("The time is not complete."),
        NOTHING_CHANGED,
        N_("Give the start as hours and minutes, such as 08:30, and a length of 15 to 600 minutes."),
    ),
    "class_too_many": Words(
        N_("These days make %(n)s sessions. A class has 1 to %(most)s."),
        N_("No class was made."),
        N_("Choose other days, or make two classes."),
    ),
    "course_fields": Words(
        N_("A title in one of the languages or a number is missing."),
        NOTHING_CHANGED,
        N_("Fill in both titles and the number, then send the form again."),
    ),
    "test_steps": Words(
        N_("Line %(line)s of the key steps cannot be read."),
        NOTHING_CHANGED,
        N_("Write one step a line: English, a bar |, Chinese. Put a * in front of a critical step."),
    ),
    "campus_only": Words(
        N_("Courses and tests are published by the home campus only."),
        NOTHING_CHANGED,
        N_("Ask the campus to publish it; it arrives here with the next exchange."),
    ),
}
