// What opens without a network: pages and lessons that the worker holds, with sizes; each can be removed, records cannot.
import { timeText } from "../lib/clock.js";
import { make, one } from "../lib/dom.js";
import { _, language } from "../lib/i18n.js";
import { problemWords } from "../lib/problem.js";
import { forgetPrepared, heldOffline } from "../lib/worker.js";
import { sizeText } from "./tell.js";

/** @typedef {import("../lib/worker.js").Held} Held */

let shown = "";

export function startHeld() {
  document.addEventListener("luban:page-changed", () => {
    shown = "";
  });
}

export async function showHeld() {
  const held = await heldOffline().catch(() => /** @type {Held[]} */ ([]));
  const key = JSON.stringify(held);
  const list = one("[data-held]");
  if (!list || key === shown) return; // keep what a person has under the finger
  shown = key;
  /** @type {Map<string, Held[]>} */
  const groups = new Map();
  for (const item of held) groups.set(item.label, [...(groups.get(item.label) ?? []), item]);
  while (list.children.length > 1) list.lastElementChild?.remove();
  list.append(...[...groups].map(([label, items]) => groupOf(label, items)));
  one("[data-held-none]")?.toggleAttribute("hidden", groups.size > 0);
}

/**
 * @param {string} label
 * @param {Held[]} items
 */
function groupOf(label, items) {
  const blank = /** @type {HTMLTemplateElement} */ (one("template[data-held-item]"));
  const group = /** @type {HTMLElement} */ (/** @type {Element} */ (blank.content.firstElementChild).cloneNode(true));
  const bytes = items.reduce((sum, item) => sum + (item.bytes || 0), 0);
  const at = Math.min(...items.map((item) => item.at).filter(Boolean));
  const values = { n: items.length, size: sizeText(bytes), time: Number.isFinite(at) ? timeText(at) : "–" };
  const title = /** @type {HTMLElement} */ (one("[data-held-title]", group));
  title.textContent = labelWords(label);
  /** @type {HTMLElement} */ (one("[data-held-about]", group)).textContent = _("{n} pages and files, {size}, fetched {time}", values);
  const pages = items.filter((item) => item.kind === "page" && item.url.startsWith(`/${language()}/`));
  const links = pages.map((item) => make("li", {}, make("a", { href: item.url }, item.title || item.url)));
  one("[data-held-links]", group)?.append(...links);
  const remove = /** @type {HTMLButtonElement} */ (one("[data-held-remove]", group));
  remove.setAttribute("aria-label", _("Remove {what}", { what: title.textContent }));
  remove.addEventListener("click", async () => {
    remove.disabled = true;
    try {
      await forgetPrepared(label);
      await showHeld();
    } catch (error) {
      title.textContent = problemWords(error);
    }
  });
  return group;
}

/** @param {string} label as the page that prepared it named it: a class, or "lesson." and a lesson */
function labelWords(label) {
  if (label.startsWith("lesson.")) return _("Lesson {name}", { name: label.slice(7) });
  return label ? _("Class {name}", { name: label }) : _("Pages");
}
