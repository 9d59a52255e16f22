"""Words for everything that can go wrong with certificates: approvals, serials, paper, lists, codes."""

from workshop.problems import N_, NOTHING_CHANGED, RECORDS_SAFE, Words

NOTHING_ISSUED = N_("No certificate was issued. No number was used.")
NOTHING_PRINTED = N_("Nothing was printed. The certificates themselves are safe.")

WORK = {
    "certificate_no_batch": Words(
        N_("There is no proposal at this address."),
        NOTHING_CHANGED,
        N_("Open the list of certificates and choose it from there."),
    ),
    "certificate_nobody": Words(
        N_("Nobody was chosen who can get a certificate or a statement of hours."),
        NOTHING_CHANGED,
        N_("Go back and tick at least one person whose line can be ticked."),
    ),
    "certificate_too_many": Words(
        N_("A proposal holds at most %(most)s people."),
        NOTHING_CHANGED,
        N_("Choose fewer people and make a second proposal for the others."),
    ),
    "certificate_own_proposal": Words(
        N_("Two people besides the one who proposed must approve, one for each side."),
        NOTHING_CHANGED,
        N_("Ask a colleague who neither proposed nor approved it yet."),
    ),
    "certificate_not_your_side": Words(
        N_("Your role does not speak for this side."),
        NOTHING_CHANGED,
        N_(
            "For the workshop an instructor or administrator of the workshop decides, for the campus a reviewer or supervisor of the campus."
        ),
    ),
    "certificate_facts_changed": Words(
        N_("The records behind this proposal are not those that were proposed."),
        NOTHING_ISSUED,
        N_("Let both sites exchange their records first. If it stays so, make a new proposal."),
    ),
    "certificate_not_approved": Words(
        N_("Both approvals are needed before certificates are issued."),
        NOTHING_ISSUED,
        N_("Wait until the workshop and the campus have approved and the approvals have arrived here."),
    ),
    "certificate_refused": Words(
        N_("This proposal was refused."),
        NOTHING_CHANGED,
        N_("Read the reason, put right what is wrong and make a new proposal."),
    ),
    "certificate_issued": Words(
        N_("The certificates of this proposal have been issued."),
        NOTHING_CHANGED,
        N_("Open the proposal to print them."),
    ),
    "certificate_comment": Words(
        N_("A refusal needs a reason of at most %(most)s characters."),
        NOTHING_CHANGED,
        N_("Go back and write the reason."),
    ),
    "certificate_reason": Words(
        N_("Withdrawing needs a reason of at most %(most)s characters."),
        NOTHING_CHANGED,
        N_("Go back and write the reason."),
    ),
    "certificate_campus_only": Words(
        N_("Only the home campus issues and withdraws certificates."),
        NOTHING_CHANGED,
        N_("Ask the home campus. What it does arrives here with the next exchange."),
    ),
    "certificate_none": Words(
        N_("There is no certificate %(serial)s here."),
        NOTHING_CHANGED,
        N_("Compare the number with the paper."),
    ),
    "certificate_withdrawn": Words(
        N_("The certificate %(serial)s was withdrawn before."),
        NOTHING_CHANGED,
        N_("There is nothing left to do."),
    ),
    "restored_not_caught_up": Words(
        N_(
            "This campus was put back from a backup, and these workshops have not exchanged their records with it since: %(sites)s."
            " Certificates may have been issued that are not known here any more."
        ),
        NOTHING_ISSUED,
        N_(
            "Let each of them exchange, or bring a file that it writes now with everything in it. If a workshop is gone for good, an"
            " administrator says so on the page of the proposal."
        ),
    ),
    "gone_reason": Words(
        N_("Going on without a workshop needs a reason of at most %(most)s characters."),
        NOTHING_CHANGED,
        N_("Go back and write the reason."),
    ),
    "gone_none": Words(
        N_("Nothing is awaited from this workshop any more."),
        NOTHING_CHANGED,
        N_("Open the proposal again. Perhaps the workshop has exchanged its records in the meantime."),
    ),
    "withdrawn_list_full": Words(
        N_("The list of withdrawn certificates is full."),
        NOTHING_CHANGED,
        N_("Tell the people who maintain this program: the list needs its next form."),
    ),
}

SERIALS = {
    "serial_form": Words(
        N_("This is not the number of a certificate."),
        NOTHING_CHANGED,
        N_("Write it as on the paper, such as LBW-UG-2026-00001-F."),
    ),
    "serial_check": Words(
        N_("A character of this number must be wrong: its check character does not fit."),
        NOTHING_CHANGED,
        N_("Compare it with the paper, character by character."),
    ),
    "serial_prefix": Words(
        N_("The prefix %(prefix)s for certificate numbers is not valid."),
        NOTHING_ISSUED,
        N_("Ask the administrator to set a prefix such as LBW-UG."),
    ),
    "serial_exhausted": Words(
        N_("There are not enough certificate numbers left for this class."),
        NOTHING_ISSUED,
        N_("Ask the administrator of the campus for a further block of numbers."),
    ),
}

PAPER = {
    "print_none": Words(
        N_("There is nothing to print: no certificate of this kind counts at present."),
        RECORDS_SAFE,
        N_("Go back to the proposal and look at its list."),
    ),
    "print_no_job": Words(
        N_("This print was not started here."),
        RECORDS_SAFE,
        N_("Open the proposal and choose what to print."),
    ),
    "print_too_many": Words(
        N_("%(count)s certificates are too many for one file; at most %(most)s."),
        NOTHING_PRINTED,
        N_("Print the certificates and the statements of hours apart."),
    ),
    "print_template": Words(
        N_("This server does not know version %(version)s of the certificate's page."),
        NOTHING_PRINTED,
        N_("Update the program on this server, then print again."),
    ),
    "print_character": Words(
        N_("The character %(character)s (%(codepoint)s) cannot be printed with the certificate's typefaces."),
        NOTHING_ISSUED,
        N_("Correct it in the roster or in the names of the course, then make a new proposal."),
    ),
    "print_overflow": Words(
        N_("The texts of certificate %(serial)s do not fit on one page."),
        NOTHING_PRINTED,
        N_("Tell the home campus: the names of skills or of the course are too long for one page."),
    ),
    "print_failed": Words(
        N_("The page could not be set."),
        NOTHING_PRINTED,
        N_("Try once more. If it fails again, tell the administrator what stands here."),
    ),
    "print_slow": Words(
        N_("Setting the pages took longer than %(seconds)s seconds and was stopped."),
        NOTHING_PRINTED,
        N_("Try again when the server has less to do, or print fewer at once."),
    ),
}

CODES = {
    "code_fields": Words(
        N_("The certificate's code cannot hold one of its texts."),
        NOTHING_ISSUED,
        N_("Names and titles may have at most 200 characters. Shorten the text, then make a new proposal."),
    ),
    "trust_key": Words(
        N_("The signing key of an issuer is not valid."),
        NOTHING_CHANGED,
        N_("Tell the administrator of the campus."),
    ),
}

problems = WORK | SERIALS | PAPER | CODES
