// What is where: three steps with counts, what waits in words, sending at once, and the file for times without a network.
import { timeText } from "../lib/clock.js";
import { make, one } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { saveBundle, takeBundle } from "../sync/bundle.js";
import { sendNow } from "../sync/client.js";
import { peopleHere } from "../sync/identity.js";
import { pending, unsent } from "../sync/outbox.js";
import { arrivedChains } from "../sync/receipts.js";
import { recordsText, tellText } from "./tell.js";
import { heldWords, intentWords, recordWords } from "./words.js";

const LISTED_MAX = 30;

export function startWhere() {
  one("[data-send]")?.addEventListener("click", (event) => void busy(event, send));
  one("[data-export]")?.addEventListener("click", (event) => void busy(event, exportFile));
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
  showRefused(now);
  await showWaiting(now.waiting);
}

/** @param {import("../sync/status.js").Summary} now */
function showRefused(now) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const code of [...now.quarantined.map(([, code]) => code), ...now.refused.map(({ code }) => code)]) {
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  one("[data-refused]")?.toggleAttribute("hidden", counts.size === 0);
  const lines = [...counts].map(([code, n]) => make("li", {}, `${n} × ${heldWords(code)}`));
  one("[data-refused-list]")?.replaceChildren(...lines);
}

/** @param {number} count */
async function showWaiting(count) {
  one("[data-waiting]")?.toggleAttribute("hidden", count === 0);
  tellText("waiting-title", _("What waits here ({n})", { n: count }));
  const names = new Map((await peopleHere()).map(({ id, name }) => [id, name]));
  const lines = (await unsent(LISTED_MAX)).map(({ header, cells }) => {
    const { intent, wall, actor } = JSON.parse(header);
    const what = [intentWords(intent), recordWords(cells[0] ?? "")].filter(Boolean).join(", ");
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
  const { ops, name, by } = await saveBundle();
  const values = { records: recordsText(ops), name };
  say(
    by === "share"
      ? _("{records} handed over in the file {name}. They count as arrived when a receipt comes back", values)
      : _("{records} written to the file {name} in the downloads. They count as arrived when a receipt comes back", values),
  );
}

/** @param {File} file */
async function importFile(file) {
  try {
    const before = await arrivedSum();
    await takeBundle(file);
    const grown = (await arrivedSum()) - before;
    say(grown > 0 ? _("{records} are known to have arrived by this file.", { records: recordsText(grown) }) : _("The file is sound, but holds no news for this tablet."));
  } catch (error) {
    say(problemWords(error));
  }
}

/** How many steps forward all receipts make: one for the workshop and one for the campus, of each record. */
async function arrivedSum() {
  return [...(await arrivedChains()).values()].reduce((sum, { workshop, campus }) => sum + Math.max(workshop, campus), 0);
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
