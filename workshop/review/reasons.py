"""Why an op is held back, or was not taken at all: words for every code of docs/reference/wire-format.md section 9."""

from workshop.problems import N_, Words

KEPT = N_("It is kept here and at every other site, and it changes no list and no figure meanwhile.")
WITH_SENDER = N_("Nothing is lost: all of it is still on the device that sent it.")

HELD: dict[str, Words] = {
    "unknown_device": Words(
        N_("It comes from a device that is not enrolled here."),
        KEPT,
        N_("If the device is yours, an administrator enrols it. Its work is then taken by itself."),
    ),
    "device_revoked": Words(
        N_("It was sent after the device had been revoked, for instance because it was stolen."),
        KEPT,
        N_("If the entry is right, repair it: that enters it in your own name. Otherwise set it aside."),
    ),
    "unknown_actor": Words(
        N_("The person who made it has no role at this site, or the role has not arrived yet."),
        KEPT,
        N_("An administrator gives the person a role, if that is right. Then it is taken by itself."),
    ),
    "actor_not_on_device": Words(
        N_("The person who made it had not signed in on this tablet before."),
        KEPT,
        N_("The person signs in on the tablet once while it is connected. Then it is taken by itself."),
    ),
    "role_missing": Words(
        N_("The person's role does not allow this entry."),
        KEPT,
        N_("Somebody with the role repairs it, or an administrator gives the person the role."),
    ),
    "wrong_part": Words(
        N_("It belongs to another site than the device does."),
        KEPT,
        N_("Enter it on a device of the right site. Tell the administrator if this happens again."),
    ),
    "unknown_type": Words(
        N_("It is of a kind that this version of the program does not know yet."),
        KEPT,
        N_("Update the program on the server. Then it is taken by itself."),
    ),
    "bad_fields": Words(
        N_("A value in it has not the form that is expected."),
        KEPT,
        N_("Repair it with a value that is possible. If that fails too, show this page to support."),
    ),
    "bad_id": Words(
        N_("The number of the record has not the form that is expected."),
        KEPT,
        N_("Repair it with a value that is possible. If that fails too, show this page to support."),
    ),
    "rule_broken": Words(
        N_("A value in it is not possible, for instance minutes late for somebody who was present."),
        KEPT,
        N_("Look at what it would have changed, and repair it with the right value."),
    ),
}

NOT_TAKEN: dict[str, Words] = {
    "bad_message": Words(
        N_("What arrived could not be read."),
        WITH_SENDER,
        N_("Send it again. If that fails too, update the app on the device."),
    ),
    "too_large": Words(
        N_("Too much was sent at once."),
        WITH_SENDER,
        N_("Nothing to do: the device sends it again in smaller parts."),
    ),
    "op_too_large": Words(
        N_("One entry is too long."), WITH_SENDER, N_("Enter it again with less text, and tell support.")
    ),
    "bad_signature": Words(
        N_("The signature does not fit: something was changed on the way, or by another device."),
        WITH_SENDER,
        N_("Send it again on another way. If that fails too, tell the administrator."),
    ),
    "chain_gap": Words(
        N_("Earlier entries of the device are missing here."),
        WITH_SENDER,
        N_(
            "Nothing to do: the device sends the missing ones as well. With files, bring the earlier file too."
        ),
    ),
    "chain_mismatch": Words(
        N_("It does not follow on what this device sent before. It may have been copied or restored."),
        WITH_SENDER,
        N_("Connect the device itself once. If the message stays, tell the administrator."),
    ),
    "unknown_version": Words(
        N_("It was made by a newer version of the program."), WITH_SENDER, N_("Update the program here.")
    ),
    "wrong_site": Words(
        N_("It was meant for another site."), WITH_SENDER, N_("Bring it to the site that it was made for.")
    ),
    "bad_receipt": Words(
        N_("A receipt in it is not genuine."), WITH_SENDER, N_("Tell the administrator where it came from.")
    ),
    "not_enrolled": Words(
        N_("The server that sent it has not been taken in."),
        WITH_SENDER,
        N_("Join the workshop to the home campus first."),
    ),
    "bundle_damaged": Words(
        N_("The file is damaged or not complete."),
        WITH_SENDER,
        N_("Write the file again and bring it once more."),
    ),
    "bundle_too_large": Words(
        N_("The file is larger than 64 MB."),
        WITH_SENDER,
        N_("Connect the two servers once by a network, or make a file with only what is new."),
    ),
    "bundle_foreign": Words(
        N_("It was meant for another site."), WITH_SENDER, N_("Bring it to the site that it was made for.")
    ),
}

REASONS: dict[str, Words] = {**HELD, **NOT_TAKEN}

UNKNOWN = Words(
    N_("The entry was not accepted."), KEPT, N_("Show this page to support, with the code below.")
)
