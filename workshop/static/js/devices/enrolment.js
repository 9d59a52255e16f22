// Enrolment on this tablet's page: asking, the six digits, looking again and again whether an administrator has approved.
import { one } from "../lib/dom.js";
import { enrolDevice, knownDevice, pollEnrolment } from "../lib/device.js";
import { _ } from "../lib/i18n.js";
import { problemWords } from "../lib/problem.js";
import { tellText } from "./tell.js";

const POLL_MS = 3_000;
const FRAGMENT = /^#invite=([A-Za-z0-9-]{4,30})(?:&name=([^&]{1,400}))?$/;

/** @type {ReturnType<typeof setInterval>|undefined} */
let timer;

export function startEnrolment() {
  const form = /** @type {HTMLFormElement|null} */ (one("form[data-enrol]"));
  if (!form) return;
  takeInvitation(form);
  window.addEventListener("hashchange", () => takeInvitation(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask(form);
  });
  void hear();
}

/** An administrator may have renamed the tablet, revoked it, or taken that back: asked once a page, quietly. */
async function hear() {
  const state = (await knownDevice())?.state;
  if (state === "enrolled" || state === "refused") await pollEnrolment().catch(() => undefined);
}

/**
 * An invitation that came with the address, from the picture on the administrator's screen.
 * @param {HTMLFormElement} form
 */
function takeInvitation(form) {
  const [, code, name] = FRAGMENT.exec(location.hash) ?? [];
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search); // used once: not for the next one who opens this page
  field(form, "code").value = code;
  if (name) {
    field(form, "name").value = nameOf(name);
    say(_("The invitation is filled in, with the name of the tablet whose place this one takes."));
    one("button", form)?.focus();
    return;
  }
  field(form, "name").focus();
  say(_("The invitation is filled in. Give the tablet a name."));
}

/** @param {string} written as it stands in the address */
function nameOf(written) {
  try {
    return decodeURIComponent(written);
  } catch {
    return "";
  }
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const button = /** @type {HTMLButtonElement|null} */ (one("button", form));
  if (button) button.disabled = true;
  say(_("Asking the workshop's server"));
  try {
    const device = await enrolDevice(field(form, "name").value.trim(), field(form, "code").value.trim() || undefined);
    field(form, "code").value = "";
    say(device.state === "enrolled" ? _("The tablet is enrolled.") : "");
  } catch (error) {
    say(problemWords(error));
  }
  if (button) button.disabled = false;
}

/**
 * @param {import("../lib/device.js").Device|null} device
 * @param {import("../sync/status.js").Summary} now
 */
export function showEnrolment(device, now) {
  tellText("name", device?.name || "–");
  tellText("number", device ? device.id.slice(1, 7).toUpperCase() : "–");
  tellText("site", device?.site?.name ?? "–");
  tellText("state", stateText(now));
  tellText("code", device?.state === "waiting" ? (device.code ?? "") : "");
  const form = /** @type {HTMLFormElement|null} */ (one("form[data-enrol]"));
  if (form && device?.name && !field(form, "name").value) field(form, "name").value = device.name;
  clearInterval(timer);
  if (device?.state === "waiting") timer = setInterval(() => void look(), POLL_MS);
}

/** @param {import("../sync/status.js").Summary} now */
function stateText(now) {
  if (now.quarantined.some(([, code]) => code === "device_revoked")) return _("Taken out of service by an administrator");
  switch (now.enrolment) {
    case "enrolled":
      return _("Enrolled");
    case "waiting":
      return _("Waits for an administrator's approval");
    case "refused":
      return _("Refused");
    default:
      return _("Not enrolled yet");
  }
}

async function look() {
  if (document.visibilityState !== "visible" || (await knownDevice())?.state !== "waiting") return;
  try {
    const { state } = await pollEnrolment();
    say(state === "enrolled" ? _("The tablet is enrolled.") : "");
  } catch (error) {
    say(problemWords(error));
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function field(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/** @param {string} text */
function say(text) {
  const place = one("[data-enrol-said]");
  if (place && place.textContent !== text) place.textContent = text;
}
