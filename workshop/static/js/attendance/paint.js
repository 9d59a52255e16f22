// How a row and the counts look for what is known. Writes to the page only; records nothing.
import { every, one } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";

const STATUSES = ["present", "late", "excused", "absent", "none"];
/** @type {WeakMap<HTMLElement, string>} what each row shows: painting what stands there already costs a slow tablet its time */
const painted = new WeakMap();

/** @param {HTMLElement} row */
export function statusOf(row) {
  return row.dataset.status || "none";
}

/**
 * @param {HTMLElement} root
 * @param {HTMLElement} row
 * @param {import("../sync/overlay.js").Cell} [cell]
 */
export function paintRow(root, row, cell) {
  if (!cell) return;
  const look = JSON.stringify([cell.value, cell.at, cell.trouble, cell.own]);
  if (painted.get(row) === look) return;
  painted.set(row, look);
  const status = String(cell.value.status ?? "none");
  row.dataset.status = status;
  for (const button of every(".marks button[name=status]", row)) {
    button.setAttribute("aria-pressed", String(button.getAttribute("value") === status));
  }
  const minutes = one("[data-minutes]", row);
  if (minutes) minutes.textContent = status === "late" && cell.value.minutes ? _("{n} min", { n: Number(cell.value.minutes) }) : "";
  row.dataset.note = String(cell.value.note ?? "");
  paintCycle(root, row, status);
  paintPlace(root, row, cell);
}

/** The wide button of a small screen: the face of the status, and as value the next of the cycle. */
function paintCycle(root, row, status) {
  const button = one("[data-cycle-button]", row);
  if (!button) return;
  const cycle = (root.dataset.cycle ?? "present absent late").split(" ");
  const face = status === "none" ? one("template[data-faces]", root)?.content.querySelector("[data-face=none]") : one(`.marks [value=${status}]`, row);
  const name = one(".name", row)?.textContent ?? "";
  if (!face) return;
  button.replaceChildren(...[...face.childNodes].map((node) => node.cloneNode(true)));
  button.dataset.tone = face.dataset.tone;
  button.setAttribute("aria-label", face.dataset.word ? `${name}: ${face.dataset.word}` : face.getAttribute("aria-label"));
  button.setAttribute("value", cycle[(cycle.indexOf(status) + 1) % cycle.length]);
}

/** Where the mark is: the sign beside the name. A conflict that the page shows stays until the server says otherwise. */
function paintPlace(root, row, cell) {
  const shown = one(".under > .at, .under > a", row);
  if (!shown || (shown.matches("a") && !cell.own)) return;
  const place = cell.trouble ? "refused" : cell.at ?? "";
  row.dataset.at = place;
  const face = place && one("template[data-faces]", root)?.content.querySelector(`[data-face=${place}]`);
  const sign = face ? face.firstElementChild?.cloneNode(true) : Object.assign(document.createElement("span"), { className: "at" });
  if (sign) shown.replaceWith(sign);
}

/** @param {HTMLElement[]} rows */
export function counts(rows) {
  const found = Object.fromEntries(STATUSES.map((status) => [status, 0]));
  for (const row of rows) found[statusOf(row)] += 1;
  return found;
}

/**
 * @param {HTMLElement} root
 * @param {HTMLElement[]} rows
 */
export function paintCounts(root, rows) {
  const found = counts(rows);
  for (const status of STATUSES) {
    const place = one(`[data-count=${status}]`, root);
    if (place) place.textContent = String(found[status]);
  }
  const remaining = one("[data-remaining]", root);
  if (remaining) remaining.textContent = String(found.none);
  for (const act of every("[data-act]", root)) act.hidden = (act.dataset.act === "remaining") !== found.none > 0;
  const unmarked = new Set(rows.filter((row) => statusOf(row) === "none").map((row) => row.dataset.id));
  for (const name of every("[data-unmarked-name]", root)) name.hidden = !unmarked.has(name.dataset.unmarkedName);
  one("[data-unmarked-none]", root)?.toggleAttribute("hidden", found.none > 0);
  one("[data-unmarked-some]", root)?.toggleAttribute("hidden", found.none === 0);
}
