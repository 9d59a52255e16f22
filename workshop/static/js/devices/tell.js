// Small things that all parts of the tablet's page use: putting text into its place, sizes, numbers of records.
import { every } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";

/**
 * @param {string} name
 * @param {string} text
 */
export function tellText(name, text) {
  for (const place of every(`[data-tell="${name}"]`)) {
    if (place.textContent !== text) place.textContent = text;
  }
}

/** @param {number} n */
export function recordsText(n) {
  return n === 1 ? _("1 record") : _("{n} records", { n });
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1024 * 1024) return _("{n} kB", { n: Math.ceil(bytes / 1024) });
  return _("{n} MB", { n: (bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0) });
}
