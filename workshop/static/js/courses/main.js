// "Take this class with you": fetch the list of pages and have the worker hold them, saying how far it is.
import { one, onEach } from "../lib/dom.js";
import { answerJson, askServer } from "../lib/http.js";
import { _ } from "../lib/i18n.js";
import { problemWords } from "../lib/problem.js";
import { prepare } from "../lib/worker.js";

export function start() {
  onEach(document, "click", "[data-prepare]", (button) => void take(/** @type {HTMLButtonElement} */ (button)));
}

/** @param {HTMLButtonElement} button */
async function take(button) {
  const said = one("[data-prepare-said]");
  const say = (text) => {
    if (said) said.textContent = text;
  };
  button.disabled = true;
  say(_("Asking which pages belong to this class"));
  try {
    const { urls, label } = answerJson(await askServer(button.dataset.prepareUrl ?? ""));
    const { held, bytes, failed } = await prepare(urls, label, ({ done, of }) => say(_("Fetching page {done} of {of}", { done, of })));
    const size = Math.ceil(bytes / 1024);
    say(
      failed.length
        ? _("{n} pages could not be fetched. Try again while connected; the other {held} are held", { n: failed.length, held })
        : _("Ready. {held} pages ({size} KiB) now open without a network", { held, size }),
    );
  } catch (error) {
    say(problemWords(error));
  }
  button.disabled = false;
}
