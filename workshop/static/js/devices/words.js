// Words for what ops do, what they are about, and why a server holds one back. Nothing but words.
import { _ } from "../lib/i18n.js";

/**
 * @param {string} intent
 * @returns {string}
 */
export function intentWords(intent) {
  switch (intent) {
    case "attendance.mark":
      return _("Attendance mark");
    case "attendance.mark_rest":
      return _("The remaining marked present");
    case "attendance.undo":
      return _("Marks undone");
    case "register.close":
      return _("Register closed");
    case "register.reopen":
      return _("Register opened again");
    case "attempt.start":
      return _("Practical test begun");
    case "attempt.step":
      return _("Step of a practical test");
    case "attempt.sign_off":
      return _("Practical test signed off");
    case "attempt.void":
    case "attempt.correct":
      return _("Practical test corrected");
    default:
      return _("Record");
  }
}

/**
 * @param {string} cell "attendance/T01.2.p7"
 * @returns {string} class and session, where the id names them; never a person
 */
export function recordWords(cell) {
  const [type, id = ""] = cell.split("/");
  const [first, number] = id.split(".");
  return ["attendance", "session"].includes(type) && number ? _("class {id}, session {number}", { id: first, number }) : "";
}

/**
 * @param {string} code
 * @returns {string}
 */
export function heldWords(code) {
  switch (code) {
    case "unknown_device":
      return _("The tablet is not approved yet. It counts from the approval on");
    case "device_revoked":
      return _("An administrator took this tablet out of service. It is kept, and an administrator decides");
    case "actor_not_on_device":
      return _("The person has not signed in on this tablet with the password. It counts as soon as they do");
    case "unknown_actor":
    case "role_missing":
      return _("The person's role does not allow this. It is kept, and an administrator decides");
    case "wrong_part":
    case "wrong_site":
      return _("It is about another workshop than this tablet's. Show this to the administrator");
    case "bad_fields":
    case "bad_id":
    case "rule_broken":
      return _("A value in it is not possible. It is kept. Record it again with the right value");
    case "unknown_type":
    case "unknown_version":
      return _("The server's program is older than this app. It counts after the server is updated");
    case "chain_gap":
    case "chain_mismatch":
    case "bad_signature":
    case "bad_message":
    case "too_large":
    case "op_too_large":
      return _("The server could not take it in yet. It stays here and is sent again. Tell support the code {code}", { code });
    default:
      return _("It was not accepted, and is kept. Tell support the code {code}", { code });
  }
}
