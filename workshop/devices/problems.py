"""Words for what can go wrong with devices."""

from workshop.problems import N_, NOTHING_CHANGED, RECORDS_SAFE, Words

problems = {
    "enrol_name": Words(
        N_("A tablet needs a name of 1 to 60 characters."),
        NOTHING_CHANGED,
        N_("Type a short name, such as: UTC tablet 3."),
    ),
    "enrol_full": Words(
        N_("Too many devices are waiting for approval."),
        RECORDS_SAFE,
        N_("Ask an administrator to approve or refuse the waiting ones, then try again."),
    ),
    "enrol_code": Words(
        N_("The six digits are not those on the tablet's screen."),
        N_("The tablet was not approved."),
        N_("Read the digits off the tablet again."),
    ),
    "enrol_unknown": Words(
        N_("This device is not waiting for approval."),
        NOTHING_CHANGED,
        N_("Open the page on the tablet again and ask anew."),
    ),
    "invite_bad": Words(
        N_("The invitation code is wrong, used, or older than a day."),
        RECORDS_SAFE,
        N_("Ask the administrator for a new code, or enrol without one and wait for approval."),
    ),
    "enrol_campus": Words(
        N_("This is the home campus. Tablets are enrolled at their workshop."),
        RECORDS_SAFE,
        N_("Open this page at the workshop's own address and enrol the tablet there."),
    ),
    "enrol_revoked": Words(
        N_("This tablet was taken out of service here."),
        N_("What is recorded on it stays on it. The workshop takes nothing more from it."),
        N_(
            "If it is in the right hands again, an administrator takes the revocation back on the page Devices."
        ),
    ),
    "revoke_choice": Words(
        N_("It is not clear up to which record this tablet should count."),
        NOTHING_CHANGED,
        N_("Choose one of the three lines; for the third one, give a day and a time."),
    ),
    "replace_how": Words(
        N_("It is not clear what happened to the old tablet."),
        NOTHING_CHANGED,
        N_("Say whether it is lost, or broken but still here, and try again."),
    ),
    "no_device": Words(
        N_("There is no such tablet at this site."),
        NOTHING_CHANGED,
        N_("Open the page Devices and choose the tablet from there."),
    ),
}
