// What a server did not accept, entry by entry: what, when, by whom, why, and the road out. Reads the tablet's own store; nothing here deletes.
import { timeText } from "../lib/clock.js";
import { asked, transact } from "../lib/db.js";
import { make, one } from "../lib/dom.js";
import { _, language } from "../lib/i18n.js";
import { peopleHere } from "../sync/identity.js";
import { heldWords, intentWords, recordWords } from "./words.js";

const LISTED_MAX = 20;

/** @typedef {import("../sync/outbox.js").StoredOp} StoredOp */

/**
 * Whole runs that did not get in are told by their reason alone: all of it is here and is sent again.
 * @param {import("../sync/status.js").Summary} now
 */
export async function showRefused(now) {
  one("[data-refused]")?.toggleAttribute("hidden", !now.quarantined.length && !now.refused.length);
  const found = await storedOps(now.quarantined.slice(0, LISTED_MAX).map(([op]) => op));
  const names = new Map((await peopleHere()).map(({ id, name }) => [id, name]));
  /** @type {Map<string, string[]>} */
  const byCode = new Map();
  for (const [op, code] of now.quarantined) byCode.set(code, [...(byCode.get(code) ?? []), op]);
  const held = [...byCode].map(([code, ops]) => make("li", {}, `${ops.length} × ${heldWords(code)}`, listOf(ops, found, names)));
  const kept = make("li", {}, _("All of it is still on this tablet, whatever a server answers."));
  /** @type {Map<string, number>} */
  const runs = new Map();
  for (const { code } of now.refused) runs.set(code, (runs.get(code) ?? 0) + 1);
  const refused = [...runs].map(([code, n]) => make("li", {}, `${n} × ${heldWords(code)}`));
  one("[data-refused-list]")?.replaceChildren(...held, ...refused, kept);
}

/**
 * @param {string[]} ops
 * @param {Map<string, StoredOp>} found
 * @param {Map<string, string>} names
 */
function listOf(ops, found, names) {
  const lines = ops.flatMap((op) => {
    const stored = found.get(op);
    if (!stored) return [];
    const { intent, wall, actor } = JSON.parse(stored.header);
    const what = [intentWords(intent), recordWords(stored.cells[0] ?? "")].filter(Boolean).join(" · ");
    const text = [what, timeText(wall), names.get(actor)].filter(Boolean).join(" · ");
    const road = make("a", { href: `/${language()}/review/held/${op}` }, _("Repair it or set it aside (while connected)"));
    return [make("li", {}, `${text} · `, road)];
  });
  if (lines.length < ops.length) lines.push(make("li", {}, _("and {n} more", { n: ops.length - lines.length })));
  return make("ul", {}, ...lines);
}

/**
 * @param {string[]} names
 * @returns {Promise<Map<string, StoredOp>>}
 */
async function storedOps(names) {
  const found = await transact(["ops"], "readonly", (tx) => {
    const index = tx.objectStore("ops").index("op");
    return Promise.all(names.map((name) => asked(index.get(name))));
  });
  return new Map(found.filter(Boolean).map((/** @type {StoredOp} */ op) => [op.op, op]));
}
