// Errors of the tablet: a stable code, data, and the words for each code. Nothing else may word an error of the core.
import { _ } from "./i18n.js";

/** An error with a stable code. Words are added by `problemWords` where it is shown. */
export class Problem extends Error {
  /**
   * @param {string} code
   * @param {Record<string, unknown>} [data]
   */
  constructor(code, data = {}) {
    super(code);
    this.name = "Problem";
    this.code = code;
    this.data = data;
  }
}

/**
 * What happened, what is safe, what to do: one or two sentences for a person.
 * @param {unknown} error
 * @returns {string}
 */
export function problemWords(error) {
  const code = error instanceof Problem ? error.code : "unknown";
  // Our server words its own problems, in the page's language.
  if (error instanceof Problem && typeof error.data.what === "string" && typeof error.data.safe === "string") {
    return [error.data.what, error.data.safe, error.data.do].filter(Boolean).join(" ");
  }
  switch (code) {
    case "storage_full":
      return _("Tablet is full. This mark was NOT saved");
    case "storage_blocked":
      return _("Another window holds the store. Nothing was changed. Close the other windows and try again");
    case "storage_newer":
      return _("A newer version is open in another window. This mark was NOT saved. Load this page again");
    case "storage_failed":
      return _("The tablet's store does not answer. This mark was NOT saved. Export to a file, then restart the tablet");
    case "insecure":
      return _("This address is not secure, so nothing can be kept on this tablet. Use the form while connected");
    case "no_actor":
      return _("Nobody has signed in on this tablet. Nothing was saved. Sign in first");
    case "no_part":
      return _("This tablet does not know its workshop yet. Nothing was saved. Connect once to the workshop");
    case "op_too_large":
      return _("This entry is too long. It was not saved. Shorten the text and try again");
    case "offline":
    case "timeout":
      return _("No connection. What was recorded is safe on this tablet. Try again later");
    case "disk_full":
      return _("The workshop's server is full. What was recorded is safe on this tablet and waits. Tell the administrator");
    case "stranger":
      return _("This network asks for a sign-in of its own, or another server answered. What was recorded is safe");
    case "pin_wrong":
      return _("This PIN is not right. Try again");
    case "pin_wait":
      return _("Too many wrong PINs. Wait a moment and try again");
    case "other_server":
    case "wrong_site":
      return _("This is another server than the one that enrolled this tablet. What was recorded is safe. Ask an administrator");
    case "no_worker":
    case "worker_failed":
      return _("This page cannot be kept on this tablet. Nothing was changed");
    case "bundle_damaged":
      return _("This file is damaged. Nothing was taken in. Copy it again");
    case "bundle_sealed":
      return _("This file is sealed for the home campus. It is safe. Carry it there");
    case "bundle_foreign":
      return _("This file comes from another home campus. Nothing was taken in. Bring it where it belongs");
    default:
      return _("Something went wrong. What was recorded is safe on this tablet");
  }
}
