// Why nothing leaves the tablet, when something waits: from what the last tries left in the store to a reason and a next step. Pure but for words.
import { _ } from "../lib/i18n.js";

const TRIES = 3; // failures in a row before a network that comes and goes counts as a reason
const LONG_MS = 3 * 24 * 3600 * 1000;
const BACK_MS = 10 * 60 * 1000; // a clock that shows this much less than it did at the last contact was set back
const STRANGERS = ["stranger", "other_server", "wrong_site"];
const NETWORK = ["offline", "timeout", "too_large"];

/** @typedef {"clock"|"certificate"|"other_server"|"portal"|"disk_full"|"version"|"refuses"|"slow"|"unanswered"|"no_network"|"not_taken"|"not_enrolled"} Reason */

/**
 * @param {import("./status.js").Summary} now
 * @param {{wall: number, online: boolean}} here this tablet's clock, UTC ms, and what the browser believes of the network
 * @returns {{reason: Reason, long: boolean}|null} null when nothing waits or nothing is wrong; `long`: for more than three days
 */
export function stuckReason(now, { wall, online }) {
  if (!now.waiting) return null;
  const reason = reasonOf(now, wall, online);
  return reason && { reason, long: now.oldest !== null && wall - now.oldest > LONG_MS };
}

/**
 * The first that fits: what a person can mend comes before what is only seen.
 * @param {import("./status.js").Summary} now
 * @param {number} wall
 * @param {boolean} online
 * @returns {Reason|null}
 */
function reasonOf({ problem, failures, last, until, barren, enrolment }, wall, online) {
  const network = problem !== null && NETWORK.includes(problem);
  if (network && last !== null && wall < last - BACK_MS) return "clock";
  if (network && until && wall > until) return "certificate";
  if (problem !== null && STRANGERS.includes(problem)) return problem === "stranger" ? "portal" : "other_server";
  if (problem === "disk_full") return "disk_full";
  if (problem === "unknown_version") return "version";
  if (network && failures >= TRIES) {
    if (problem !== "offline") return "slow";
    return online ? "unanswered" : "no_network";
  }
  if (problem !== null && !network && failures >= TRIES) return "refuses";
  if (problem === null && barren >= TRIES) return "not_taken";
  return enrolment === "enrolled" ? null : "not_enrolled";
}

/**
 * What is wrong, and what to do: whole sentences. That the marks are safe is said beside them.
 * @param {Reason} reason
 * @returns {{what: string, act: string}}
 */
export function reasonWords(reason) {
  switch (reason) {
    case "clock":
      return { what: _("The clock of this tablet was set back, so no secure connection can be made."), act: _("Set date and time in the tablet's settings, then tap Send now.") };
    case "certificate":
      return { what: _("The certificate of the server's address has ended, so no secure connection can be made. Recording goes on."), act: _("Export the marks to a file and carry them, and tell the administrator to renew the certificate.") };
    case "other_server":
      return { what: _("Another server answers than the one that enrolled this tablet."), act: _("Connect to the Wi-Fi of your workshop. If you are there, tell an administrator.") };
    case "portal":
      return { what: _("This Wi-Fi asks for a sign-in of its own, or another server answers."), act: _("Use the workshop's Wi-Fi, or sign in to this network in the browser first.") };
    case "disk_full":
      return { what: _("The server has no space left."), act: _("Tell the administrator to free space on the server. Marks go by themselves then.") };
    case "version":
      return { what: _("This app and the server have different versions."), act: _("Load the new version if this page offers one; else tell the administrator to update the server.") };
    case "refuses":
      return { what: _("The server answers, but refuses every message."), act: _("Save the diagnostic file and give it to the administrator. Meanwhile export the marks to a file.") };
    case "slow":
      return { what: _("The connection is too slow or breaks off. Smaller and smaller parts are tried."), act: _("Go nearer to the Wi-Fi, or export the marks to a file and carry them.") };
    case "unanswered":
      return { what: _("The tablet has a network, but the server does not answer."), act: _("See whether the workshop's server is switched on and whether this is the workshop's Wi-Fi.") };
    case "no_network":
      return { what: _("The tablet has no network."), act: _("Turn on Wi-Fi and choose the workshop's network. Recording goes on without.") };
    case "not_taken":
      return { what: _("The server answers, but the same marks are still waiting after several tries."), act: _("Save the diagnostic file and give it to the administrator. Meanwhile export the marks to a file.") };
    case "not_enrolled":
      return { what: _("This tablet is not enrolled yet. What it sends is kept, and counts from the approval on."), act: _("Read the six digits above to an administrator, or use an invitation.") };
  }
}

/**
 * The sentence for the strip; null where the strip says it already or an absent network is nothing unusual.
 * @param {Reason} reason
 * @param {number} n marks that wait
 * @returns {string|null}
 */
export function stripWords(reason, n) {
  switch (reason) {
    case "clock":
      return _("This tablet's clock is wrong, so nothing can be sent ({n} waiting). Open", { n });
    case "certificate":
      return _("The server's certificate has ended, so nothing can be sent ({n} waiting). Open", { n });
    case "other_server":
    case "portal":
      return _("This is not the workshop's network. Marks are saved on this tablet ({n} waiting). Open", { n });
    case "version":
    case "refuses":
    case "not_taken":
      return _("The server does not take the marks. They are saved on this tablet ({n} waiting). Open", { n });
    default:
      return null;
  }
}
