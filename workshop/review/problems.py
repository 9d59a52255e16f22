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
