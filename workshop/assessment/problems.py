"""Words for what can go wrong with a practical test."""

from workshop.problems import N_, NOTHING_CHANGED, RECORDS_SAFE, Words

problems = {
    "no_test": Words(
        N_("There is no such practical test in this class."),
        RECORDS_SAFE,
        N_("Open the class and choose the test from there."),
    ),
    "no_attempt": Words(
        N_("There is no such attempt."),
        RECORDS_SAFE,
        N_("It may still be on a tablet only. Open the test and look there."),
    ),
    "not_in_class": Words(
        N_("This person is not enrolled in the class."),
        NOTHING_CHANGED,
        N_("Enrol the person first, then begin the test."),
    ),
    "bad_step": Words(
        N_("This step could not be recorded."),
        NOTHING_CHANGED,
        N_("Load the test again and choose yes, no or not seen."),
    ),
    "attempt_over": Words(
        N_("This attempt is signed off or void. It cannot be changed any more."),
        NOTHING_CHANGED,
        N_("To correct it, give a reason and begin a new attempt that replaces it."),
    ),
    "steps_changed": Words(
        N_("The steps have changed since you looked at them. Nothing was signed."),
        NOTHING_CHANGED,
        N_("Look at the steps again, then sign off."),
    ),
    "void_reason": Words(
        N_("A reason is missing."),
        NOTHING_CHANGED,
        N_("Write in a few words why this attempt must not count."),
    ),
}
