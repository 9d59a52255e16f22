"""Words for what can go wrong when work is reviewed and open questions are settled."""

from workshop.problems import N_, NOTHING_CHANGED, Words

problems = {
    "no_record": Words(
        N_("There is no record at this address."),
        NOTHING_CHANGED,
        N_("Open the list and choose the record from there."),
    ),
    "review_comment_missing": Words(
        N_("Whoever gets the work back needs to know why."),
        NOTHING_CHANGED,
        N_("Go back and write in one sentence what is to be put right."),
    ),
    "review_moved": Words(
        N_("Something new arrived for this record since you opened the page."),
        NOTHING_CHANGED,
        N_("Open the record again, look at what is new, then decide."),
    ),
    "review_conflict": Words(
        N_("Two values stand against each other in this record."),
        NOTHING_CHANGED,
        N_("Settle the conflict first. Then the record can be approved."),
    ),
    "conflict_settled": Words(
        N_("This conflict has been settled meanwhile, or another value arrived."),
        NOTHING_CHANGED,
        N_("Open the record again and look whether it still needs a decision."),
    ),
    "conflict_not_yours": Words(
        N_("Somebody else decides about this conflict."),
        NOTHING_CHANGED,
        N_("Ask the instructor of the session, an administrator, or the home campus."),
    ),
    "decision_replaced": Words(
        N_("The decision does not stand any more: it was taken back, or a newer value came after it."),
        NOTHING_CHANGED,
        N_("Open the record again and look at its history."),
    ),
    "reason_missing": Words(
        N_("Whoever looks at it later needs to know why."),
        NOTHING_CHANGED,
        N_("Go back and write the reason in one sentence."),
    ),
    "value_missing": Words(
        N_("A value is missing."), NOTHING_CHANGED, N_("Go back and fill in the field that is empty.")
    ),
    "value_wrong": Words(
        N_("A value is not possible for its field."),
        NOTHING_CHANGED,
        N_("Go back and choose one of the values, or enter a whole number where a number is asked for."),
    ),
    "held_not_yours": Words(
        N_("Somebody else looks after this entry."),
        NOTHING_CHANGED,
        N_("Ask whoever made it, an administrator, or the home campus."),
    ),
    "held_gone": Words(
        N_("This entry is not held back any more: it has been taken."),
        NOTHING_CHANGED,
        N_("Open the list to see what is still held back."),
    ),
    "held_answered": Words(
        N_("Somebody has repaired this entry or set it aside meanwhile."),
        NOTHING_CHANGED,
        N_("Open it again. It can be put back on the list."),
    ),
    "repair_empty": Words(
        N_("Nothing of the entry is chosen."),
        NOTHING_CHANGED,
        N_("Go back and tick what is to be entered, or set the entry aside."),
    ),
    "duplicate_changed": Words(
        N_("One of the two records has been changed meanwhile."),
        NOTHING_CHANGED,
        N_("Open the list again and look at the two people once more."),
    ),
    "duplicate_choose": Words(
        N_("It is not said which of the two records stays."),
        NOTHING_CHANGED,
        N_("Go back and choose the record that stays."),
    ),
}
