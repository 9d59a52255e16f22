// What is where: three steps with counts, what waits in words, sending at once, and the file for times without a network.
import { timeText } from "../lib/clock.js";
import { make, one } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { makeTextBundle, saveBundle, takeBundle } from "../sync/bundle.js";
import { sendNow } from "../sync/client.js";
import { peopleHere } from "../sync/identity.js";
import { pending, unsent } from "../sync/outbox.js";
import { arrivedChains } from "../sync/receipts.js";
import { canShareFiles, shareFile } from "../sync/sharing.js";
import { showRefused } from "./refused.js";
import { recordsText, tellText } from "./tell.js";
import { intentWords, recordWords } from "./words.js";

const LISTED_MAX = 30;

export function startWhere() {
  one("[data-send]")?.addEventListener("click", (event) => void busy(event, send));
  one("[data-export]")?.addEventListener("click", (event) => void busy(event, exportFile));
  const share = one("[data-share]");
  share?.toggleAttribute("hidden", !canShareFiles());
  share?.addEventListener("click", (event) => void busy(event, sendFile));
  const input = /** @type {HTMLInputElement|null} */ (one("[data-import]"));
  input?.addEventListener("change", () => {
    const [file] = input.files ?? [];
    input.value = "";
    if (file) void importFile(file);
  });
}

/** @param {import("../sync/status.js").Summary} now */
export async function showWhere(now) {
  const all = now.waiting + now.atWorkshop + now.atCampus;
  tellText("waiting", now.waiting ? recordsText(now.waiting) : _("nothing"));
  tellText("workshop", now.atWorkshop ? _("{records}, not yet at the home campus", { records: recordsText(now.atWorkshop) }) : _("nothing on its way"));
  tellText("campus", recordsText(now.atCampus));
  tellText("records", recordsText(all));
  tellText("last", now.last ? timeText(now.last) : _("never"));
  tellText("problem", now.problem ? problemWords(new Problem(now.problem)) : "");
  for (const place of document.querySelectorAll("[data-trouble]")) place.toggleAttribute("hidden", !now.problem);
  const [first, second, third] = document.querySelectorAll("[data-steps] li");
  first?.toggleAttribute("data-linked", all > 0 && !now.waiting);
  second?.toggleAttribute("data-done", all > 0 && !now.waiting);
  second?.toggleAttribute("data-linked", all > 0 && now.atCampus === all);
  third?.toggleAttribute("data-done", all > 0 && now.atCampus === all);
  await showRefused(now);
  await showWaiting(now.waiting);
}

/** @param {number} count */
async function showWaiting(count) {
  one("[data-waiting]")?.toggleAttribute("hidden", count === 0);
  tellText("waiting-title", _("What waits here ({n})", { n: count }));
  const names = new Map((await peopleHere()).map(({ id, name }) => [id, name]));
  const lines = (await unsent(LISTED_MAX)).map(({ header, cells }) => {
    const { intent, wall, actor } = JSON.parse(header);
    const what = [intentWords(intent), recordWords(cells[0] ?? "")].filter(Boolean).join(" · ");
    return make("li", {}, [what, timeText(wall), names.get(actor)].filter(Boolean).join(" · "));
  });
  if (count > lines.length) lines.push(make("li", {}, _("and {n} more", { n: count - lines.length })));
  one("[data-waiting-list]")?.replaceChildren(...lines);
}

async function send() {
  say(_("Sending"));
  const { words } = await sendNow();
  const left = await pending();
  if (words) say(words);
  else say(left ? _("Connected. {records} still wait here", { records: recordsText(left) }) : _("All that is recorded here has left this tablet."));
}

async function exportFile() {
  const { ops, name } = await saveBundle();
  say(_("{records} written to the file {name} in the downloads. They count as arrived when a receipt comes back", { records: recordsText(ops), name }));
}

/** A file that was made when the tap was already too long ago for the browser: the next tap hands it on at once. @type {{file: File, ops: number}|null} */
let ready = null;

async function sendFile() {
  const { file, ops } = ready ?? (await makeTextBundle());
  const what = _("Bring this file in on the workshop's server or at the home campus, page Exchange. Then send back the receipts that the page gives.");
  const outcome = await shareFile(file, what);
  ready = outcome === "again" ? { file, ops } : null;
  if (outcome === "shared") say(_("{records} handed over in the file {name}. They count as arrived when a receipt comes back", { records: recordsText(ops), name: file.name }));
  else if (outcome === "again") say(_("The file is ready. Tap once more to send it"));
  else if (outcome === "dismissed") say(_("Not sent. All of it is still here"));
  else await exportFile();
}

/** @param {File} file */
async function importFile(file) {
  try {
    const before = await arrivedSums();
    await takeBundle(file);
    const now = await arrivedSums();
    if (now.campus > before.campus) say(_("Known by this file to be at the home campus: {records}.", { records: recordsText(now.campus - before.campus) }));
    else if (now.any > before.any) say(_("{records} are known to have arrived by this file.", { records: recordsText(now.any - before.any) }));
    else say(_("The file is sound, but holds no news for this tablet."));
  } catch (error) {
    say(problemWords(error));
  }
}

/** How many records are known to be at the campus, and how many to have arrived anywhere. */
async function arrivedSums() {
  const chains = [...(await arrivedChains()).values()];
  const sum = (/** @type {number[]} */ counts) => counts.reduce((total, count) => total + count, 0);
  return { campus: sum(chains.map(({ campus }) => campus)), any: sum(chains.map(({ workshop, campus }) => Math.max(workshop, campus))) };
}

/**
 * @param {Event} event
 * @param {() => Promise<void>} act
 */
async function busy(event, act) {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    say(problemWords(error));
  }
  button.disabled = false;
}

/** @param {string} text */
function say(text) {
  const place = one("[data-where-said]");
  if (place) place.textContent = text;
}
