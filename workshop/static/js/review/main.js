// Answers to open questions are made at a server: before a form goes, is it there? Else the page says so and keeps what was entered.
import { make, one } from "../lib/dom.js";
import { askServer } from "../lib/http.js";
import { _ } from "../lib/i18n.js";
import { problemWords } from "../lib/problem.js";

const THERE_MS_MAX = 6_000;

export function start() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || "reached" in form.dataset) return;
    event.preventDefault();
    void send(form, /** @type {SubmitEvent} */ (event).submitter);
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement|null} button that was pressed: its value belongs to the answer
 */
async function send(form, button) {
  one("[data-not-sent]", form)?.remove();
  try {
    await askServer("/healthz", { timeout: THERE_MS_MAX });
  } catch (error) {
    const words = _("Nothing was changed, and what you entered is still here. Press again when there is a connection.");
    form.append(make("p", { role: "alert", "data-not-sent": true }, `${problemWords(error)} ${words}`));
    return;
  }
  form.dataset.reached = "";
  form.requestSubmit(button);
}
