"""Words for reasons, kinds of people and kinds of records. Message ids; translated where they are shown."""

from workshop.problems import N_

REASONS = {
    "asked": N_("The person asked for it"),
    "period_over": N_("The time for keeping it is over"),
    "no_ground": N_("There was no ground to keep it"),
}
KINDS = {"trainee": N_("Trainee"), "staff": N_("Staff")}
COUNTED = {
    "enrolment": N_("Enrolments"),
    "attendance": N_("Marks in registers"),
    "attempt": N_("Practical tests"),
    "certificate": N_("Certificates"),
}
