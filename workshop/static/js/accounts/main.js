// One's own account on a tablet: signing out waits until nothing is unsent, and a new PIN is learnt at once.
import { knownDevice } from "../lib/device.js";
import { make, one } from "../lib/dom.js";
import { _, language } from "../lib/i18n.js";
import { signOutHere } from "../sync/identity.js";
import { pending } from "../sync/outbox.js";
import { bindHere } from "../sync/signin.js";

export function start() {
  const form = /** @type {HTMLFormElement|null} */ (one("form[data-sign-out]"));
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void signOut(form);
  });
  if (new URLSearchParams(location.search).get("saved") === "pin") void learnPin();
}

/**
 * The next person at this tablet must not be the one who loses them: refuse, and say what to do.
 * @param {HTMLFormElement} form
 */
async function signOut(form) {
  const unsent = (await knownDevice()) ? await pending().catch(() => 0) : 0;
  if (!unsent) {
    await signOutHere().catch(() => undefined); // also when the server cannot be reached: this tablet is left
    form.submit();
    return;
  }
  one("[data-unsent]")?.remove();
  const n = unsent === 1 ? _("1 record is not sent yet, so you stay signed in.") : _("{n} records are not sent yet, so you stay signed in.", { n: unsent });
  form.after(
    make(
      "div",
      { class: "error-summary", role: "alert", "data-unsent": true },
      make("h2", {}, n),
      make("p", {}, _("They are safe on this tablet. Send them, or export them to a file, then sign out.")),
      make("p", {}, _("To hand the tablet to a colleague now, let them unlock it with their PIN: your records stay under your name.")),
      make("p", {}, make("a", { class: "button", href: `/${language()}/tablet` }, _("To the page of this tablet"))),
    ),
  );
}

async function learnPin() {
  const device = await knownDevice();
  if (device) await bindHere(device, true).catch(() => undefined); // else it is learnt at the next sign-in, as the page says
}
