"""Words for what can go wrong with a register."""

from workshop.problems import N_, NOTHING_CHANGED, Words

problems = {
    "bad_mark": Words(
        N_("This mark is not complete."),
        NOTHING_CHANGED,
        N_("Load the register again and choose present, late, excused or absent."),
    ),
    "no_session": Words(
        N_("There is no session at this address."),
        NOTHING_CHANGED,
        N_("Open the class and choose the session from there."),
    ),
}
