// "Keep on this tablet": asks the server what belongs to the lesson and the worker to fetch it. Says only what the worker holds.
import { one } from "../lib/dom.js";
import { answerJson, askServer } from "../lib/http.js";
import { _ } from "../lib/i18n.js";
import { problemWords } from "../lib/problem.js";
import { heldOffline, prepare } from "../lib/worker.js";

/** @param {HTMLElement} lesson */
export async function offerKeeping(lesson) {
  const place = one("[data-keep]", lesson);
  const button = one("[data-keep-button]", place);
  const text = one("[data-keep-text]", place);
  const label = `lesson.${lesson.dataset.lesson}`;
  const size = Math.ceil(Number(place.dataset.bytes) / 1024);

  // Without a worker (an address that is not secure, private mode) nothing can be kept, and nothing is offered.
  if (!navigator.serviceWorker?.controller) return;
  const held = await heldOffline().catch(() => []);
  text.textContent = held.some((item) => item.label === label)
    ? _("Kept on this tablet")
    : _("About {size} kB, for reading without a network", { size });
  place.hidden = false;

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { urls } = answerJson(await askServer(place.dataset.keep));
      const result = await prepare(urls, label, ({ done, of }) => {
        text.textContent = _("Fetched {done} of {of}", { done, of });
      });
      text.textContent = result.failed.length
        ? _("{n} parts could not be fetched. Try again when there is a connection", { n: result.failed.length })
        : _("Kept on this tablet");
    } catch (error) {
      text.textContent = problemWords(error);
    } finally {
      button.disabled = false;
    }
  });
}
