"""What can go wrong at sign-in, in words."""

from workshop.problems import N_, NOTHING_CHANGED, Words

NOT_SIGNED_IN = N_("You are not signed in. Nothing was changed.")

problems = {
    "sign_in_wrong": Words(
        N_("The user name or the password is not right."),
        NOT_SIGNED_IN,
        N_("Check both and try again. If you forgot the password, ask the administrator for a new one."),
    ),
    "sign_in_wait": Words(
        N_("There were too many tries to sign in."),
        NOT_SIGNED_IN,
        N_("Wait %(wait)s, then try again. Tries before that do not count."),
    ),
    "sign_in_empty": Words(
        N_("The user name or the password is missing."),
        NOT_SIGNED_IN,
        N_("Fill in both and try again."),
    ),
    "device_unknown": Words(
        N_("This tablet is not enrolled here."),
        N_("You are not signed in on it. Records on this tablet stay where they are."),
        N_("Ask the administrator to enrol the tablet, then sign in again."),
    ),
    "tablet_full": Words(
        N_("Ten people use this tablet already."),
        N_("You are not signed in on it. Records on this tablet stay where they are."),
        N_("Use another tablet, or ask the administrator to remove somebody who no longer uses this one."),
    ),
    "username_bad": Words(
        N_("A user name has letters, digits, dot, hyphen or underscore, and no spaces."),
        NOTHING_CHANGED,
        N_("Choose another user name."),
    ),
    "username_taken": Words(
        N_("This user name is taken, or the person has an account already."),
        NOTHING_CHANGED,
        N_("Choose another user name, or use the account that is there."),
    ),
    "user_unknown": Words(
        N_("There is no account with this user name."),
        NOTHING_CHANGED,
        N_("See which accounts there are, and type the name as it stands there."),
    ),
    "class_unknown": Words(
        N_("There is no class of this number at this site."),
        NOTHING_CHANGED,
        N_("See the number in the class's address, such as T01, and try again."),
    ),
    "password_refused": Words(
        N_("The new password is too short or too easy to guess."),
        NOTHING_CHANGED,
        N_("Use at least 8 characters: three or four words that do not belong together are good."),
    ),
    "pin_refused": Words(
        N_("The PIN must have 6 to 8 digits and be hard to guess."),
        NOTHING_CHANGED,
        N_("Choose digits that are not all alike and not in a row, such as 123456."),
    ),
    "password_differs": Words(
        N_("The two new passwords are not the same."),
        NOTHING_CHANGED,
        N_("Type the new password twice in the same way."),
    ),
}
