"""Words for what can go wrong between sites: on the network, with files, with a site's own folder."""

from workshop.problems import N_, NOTHING_CHANGED, RECORDS_SAFE, Words

KEPT_BY_SENDER = N_("Nothing is lost: whoever sent it still has all of it.")
NOTHING_TAKEN = N_("Nothing of the file was taken in. What is on the other side is still there.")
BOTH_SAFE = N_("All records are safe on both sides. They wait and go with the next exchange.")

problems = {
    "unreachable": Words(
        N_("The other server cannot be reached."),
        BOTH_SAFE,
        N_("Check this server's connection and try again later. Without a network, carry a file."),
    ),
    "not_ours": Words(
        N_("Something else answered instead of the other server: a sign-in page of the network, or a proxy."),
        BOTH_SAFE,
        N_("Open any web page on this network and sign in to it, then try again."),
    ),
    "wrong_peer": Words(
        N_("Another server answers at this address than the one that was joined."),
        N_("Nothing from it was taken in."),
        N_("Do not go on before the person who looks after the home campus server has explained this."),
    ),
    "not_enrolled": Words(
        N_("The other server does not know this server yet."),
        BOTH_SAFE,
        N_("At the home campus this workshop has to be joined with its key first."),
    ),
    "bad_signature": Words(
        N_("A signature does not fit: something was changed on the way."),
        KEPT_BY_SENDER,
        N_("Send it once more on another way. If that fails too, tell the administrator."),
    ),
    "bad_receipt": Words(
        N_("A receipt is not genuine."),
        N_("It was not believed. Records stay marked as waiting until a genuine one comes."),
        N_("Tell the administrator where it came from."),
    ),
    "busy": Words(
        N_("The other server is giving its whole log to other servers just now."),
        BOTH_SAFE,
        N_("It goes on by itself, in smaller parts. Nothing needs to be done."),
    ),
    "chain_gap": Words(
        N_("Earlier records of the same device are missing here."),
        KEPT_BY_SENDER,
        N_("On the network they are sent by themselves. With files, bring the earlier file first."),
    ),
    "chain_mismatch": Words(
        N_("These records do not follow on what the device sent before."),
        KEPT_BY_SENDER,
        N_("Connect the device itself once. If the message stays, tell the administrator."),
    ),
    "wrong_site": Words(
        N_("This was meant for another server."),
        KEPT_BY_SENDER,
        N_("Bring it to the site that it was made for."),
    ),
    "unknown_version": Words(
        N_("The other side uses a newer version of the program."),
        BOTH_SAFE,
        N_("Update the program on this server, then try again."),
    ),
    "bad_message": Words(
        N_("What arrived could not be read."),
        BOTH_SAFE,
        N_("Try again. If it fails again, update the program on both servers."),
    ),
    "bad_address": Words(
        N_("This is not the address of a server."),
        NOTHING_CHANGED,
        N_("An address looks like https://campus.example and has no spaces."),
    ),
    "no_peer": Words(
        N_("This server knows no other server to exchange with."),
        RECORDS_SAFE,
        N_("Carry a file, or let the administrator enter the home campus's address."),
    ),
    "bundle_damaged": Words(
        N_("The file is damaged or not complete."),
        NOTHING_TAKEN,
        N_("Copy it again from where it was made. If that fails too, make a new file there."),
    ),
    "bundle_foreign": Words(
        N_("Nothing in this file belongs to this site."),
        NOTHING_TAKEN,
        N_("Bring it to the site that it was made for."),
    ),
    "bundle_other_campus": Words(
        N_("This file comes from another home campus and its workshops."),
        NOTHING_TAKEN,
        N_("Bring it to a site of the campus that it belongs to."),
    ),
    "bundle_sealed": Words(
        N_("This file is sealed: only the home campus can open it."),
        N_("It is safe, and nothing was changed here."),
        N_("Carry it to the home campus. From there a file with receipts comes back."),
    ),
    "bundle_sealed_other": Words(
        N_("This file is sealed, and the key of this server does not open it."),
        NOTHING_TAKEN,
        N_(
            "Copy it again from where it was made. If that fails too, it was sealed for another campus: have a new file made without the seal."
        ),
    ),
    "seal_key_damaged": Words(
        N_("The key for sealed files cannot be read."),
        RECORDS_SAFE,
        N_(
            "At the home campus, put the file seal.key back from the backup. Until then, carry files without the seal."
        ),
    ),
    "no_seal_key": Words(
        N_("This server does not know yet what to seal a file with for the home campus."),
        RECORDS_SAFE,
        N_(
            "Take in one file from the home campus, or connect to it once. Until then, make the file without the seal."
        ),
    ),
    "bundle_stopped": Words(
        N_("Taking the file in stopped half-way: the disk is full, or something else on the server failed."),
        N_("What was taken in is sound and stays. The rest is still in the file."),
        N_("Put the cause right, then bring the same file in again. It goes on where it stopped."),
    ),
    "bundle_unknown": Words(
        N_("Nothing is known here of this file."),
        N_("If it was on its way in when the server stopped, nothing of it was taken in."),
        N_("Bring it in again. What is here already is not taken twice."),
    ),
    "bundle_too_large": Words(
        N_("The file is larger than 64 MB."),
        NOTHING_TAKEN,
        N_("Connect the two servers once by a network, or make a file with only what is new."),
    ),
    "bundle_own": Words(
        N_("This file was made by this very server."),
        N_("It holds nothing new for it. Nothing was changed."),
        N_("Bring it to the other side. From there a file with receipts comes back."),
    ),
    "bundle_missing": Words(
        N_("No file was chosen."),
        NOTHING_CHANGED,
        N_("Choose a file whose name ends in .luban."),
    ),
    "key_damaged": Words(
        N_("The key file of this server cannot be read."),
        N_("The records are in the database and were not touched."),
        N_("Put the key file back from the backup. Without it this server cannot sign."),
    ),
    "key_missing": Words(
        N_("The key file of this server is missing."),
        N_("The records are in the database and were not touched."),
        N_("Put the key file back from the backup. Without it this server cannot sign."),
    ),
    "not_a_site": Words(
        N_("The folder holds no site."),
        NOTHING_CHANGED,
        N_("Name the right folder, or set a site up in this one."),
    ),
    "already_a_site": Words(
        N_("The folder holds a site already."),
        NOTHING_CHANGED,
        N_("Choose an empty folder for a new site."),
    ),
    "folder_not_empty": Words(
        N_("The folder is not empty."),
        NOTHING_CHANGED,
        N_("Put the old folder aside and name an empty or a new one."),
    ),
    "backup_damaged": Words(
        N_("The backup is damaged or not complete."),
        N_("Nothing of it was put back."),
        N_("Copy it again from where it was kept, or take an older backup."),
    ),
    "backup_faults": Words(
        N_("The records in the backup do not hold: a link or a signature is wrong."),
        N_("Nothing of it was put back."),
        N_("Take an older backup. What it lacks comes back with the next exchange."),
    ),
    "log_away": Words(
        N_("The server does not reach its database. Nothing was stored."),
        N_("Everything saved before is safe. A tablet keeps its marks and sends them again by itself."),
        N_("Try again in a minute. If it lasts, tell the person who looks after the server."),
    ),
    "log_unsure": Words(
        N_("The connection to the database broke while it was saving. Your last step may be stored or not."),
        N_("Everything saved before is safe. A tablet sends its marks again, and none is counted twice."),
        N_("Load the page again and look whether your last step is there, before you do it again."),
    ),
    "log_behind": Words(
        N_("The database holds less than this server: an older copy of it was put back."),
        N_("Nothing was changed. This server still has all of it and stores nothing new."),
        N_("On this server: stop it and run the command workshop log push."),
    ),
    "log_not_moved": Words(
        N_("An address of a shared log is set, but this folder has a log of its own."),
        NOTHING_CHANGED,
        N_("Stop the server and run the command workshop log move, or take the address away."),
    ),
    "log_elsewhere": Words(
        N_("The log of this folder is a copy of a shared one, and its address is not set."),
        NOTHING_CHANGED,
        N_("Set the address again (LOG_URL, or log_url in site.json) and start the server anew."),
    ),
    "issuer_key_elsewhere": Words(
        N_("Another node of this site has the key for certificates, and this one does not."),
        NOTHING_CHANGED,
        N_(
            "Copy the file issuer.key from the node that has it into this node's folder, for its owner alone, and try again."
        ),
    ),
    "seal_key_elsewhere": Words(
        N_("Another node of this site has the key for sealed files, and this one does not."),
        NOTHING_CHANGED,
        N_(
            "Copy the file seal.key from the node that has it into this node's folder, for its owner alone, and try again."
        ),
    ),
    "log_of_another_site": Words(
        N_("The log at this address is not the one of this folder."),
        NOTHING_CHANGED,
        N_("Check the address. Each site needs a database, or a schema, of its own."),
    ),
    "log_closed": Words(
        N_("The log was moved away from this address."),
        N_("Everything is where it was moved to. Nothing was changed here."),
        N_("Ask the person who moved it. Do not start this folder any more."),
    ),
    "log_missing": Words(
        N_("There is no log at this address."),
        NOTHING_CHANGED,
        N_("Check the address, and that the database was put back from its backup."),
    ),
    "log_not_shared": Words(
        N_("The log of this site is in its own file, not on PostgreSQL."),
        NOTHING_CHANGED,
        N_("Move it first with the command workshop log move."),
    ),
    "log_differs": Words(
        N_("What was written to the database is not what is in the file."),
        N_("The site still works with its own file. Nothing was changed there."),
        N_("Empty the database and move the log once more. If it fails again, tell support."),
    ),
    "log_faults": Words(
        N_("The log has faults: a link or a signature is wrong. It was not moved."),
        NOTHING_CHANGED,
        N_("Run the command workshop verify and show its answer to support."),
    ),
    "log_moved_on": Words(
        N_("Another server of this site is still writing."),
        NOTHING_CHANGED,
        N_("Stop all servers of the site and try again."),
    ),
    "log_refused": Words(
        N_("The database refused what was to be stored."),
        N_("Nothing was stored of this step. Everything saved before is safe."),
        N_("Tell the person who looks after the server, with the line below."),
    ),
    "log_newer": Words(
        N_("The database was written by a newer version of the program."),
        NOTHING_CHANGED,
        N_("Update the program on this server as well."),
    ),
    "log_unknown": Words(
        N_("This is not an address of a log."),
        NOTHING_CHANGED,
        N_("An address looks like postgresql://user@host/database."),
    ),
    "psycopg_missing": Words(
        N_("The library for PostgreSQL is not installed."),
        NOTHING_CHANGED,
        N_("Install the program with its extra named postgres, or psycopg by itself."),
    ),
    "bad_key": Words(
        N_("This is not a server's key."),
        NOTHING_CHANGED,
        N_("Copy the whole line that begins with ed25519: from where the workshop was set up."),
    ),
    "head_not_signed": Words(
        N_("A signature is missing in this server's log."),
        N_("No record was lost, but the file cannot be made."),
        N_("Run the command workshop verify on the server and show its answer to support."),
    ),
}
