// The strip: in one sentence, what is saved where. Counts come from the store and receipts each time; "pending" is never stored.
import { _ } from "../lib/i18n.js";
import { CLOCK_OFF_MS, timeText, wallNow } from "../lib/clock.js";
import { readOne } from "../lib/db.js";
import { knownDevice, newLife } from "../lib/device.js";
import { one, tell } from "../lib/dom.js";
import { problemWords, Problem } from "../lib/problem.js";
import { isSending } from "./client.js";
import { opsFrom, ownChains } from "./outbox.js";
import { arrivedChains } from "./receipts.js";
import { lastExchange, noteTrouble } from "./trail.js";
import { stripWords, stuckReason } from "./watchdog.js";

const LONG_MS = 3 * 24 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;
const COUNTED_MAX = 2000; // ops looked into for the count; a month of work is far less

/** @type {string|null} a store error stays on the strip until a record succeeds */
let storeTrouble = null;

/**
 * @typedef {object} Summary
 * @property {number} waiting ops on this tablet alone
 * @property {number} marks records that those change: one op may mark a whole class, several may change one mark
 * @property {number} atWorkshop ops at the workshop, not yet at the campus
 * @property {number} atCampus
 * @property {number|null} oldest UTC ms of the oldest waiting op
 * @property {boolean} sending
 * @property {number|null} last UTC ms of the last exchange that worked
 * @property {string|null} problem code of the last exchange, null when it worked
 * @property {number} failures tries in a row that failed
 * @property {number|null} until when the certificate of the server's address ends
 * @property {number} barren contacts in a row after which the same op was still waiting
 * @property {{run: string[], code: string, data: object}[]} refused runs that the server did not take
 * @property {[op: string, code: string][]} quarantined own ops that were taken but not applied
 * @property {"none"|"new"|"waiting"|"enrolled"|"refused"} enrolment
 * @property {boolean|null} persisted what the browser said when asked to keep the store
 * @property {number} clockOff ms that the server's clock is ahead; 0 when within 5 minutes
 * @property {string|null} store code of a store error that lasts
 * @property {number|null} newLife when a new life of the store began, until somebody has read why
 */

/** @returns {Promise<Summary>} */
export async function summary() {
  const device = await knownDevice();
  const exchange = device ? await lastExchange() : {};
  const counts = device ? await placeCounts() : { waiting: 0, marks: 0, atWorkshop: 0, atCampus: 0, oldest: null };
  return {
    ...counts,
    sending: isSending(),
    last: exchange.at ?? null,
    problem: exchange.problem ?? null,
    failures: exchange.failures ?? 0,
    until: exchange.until ?? null,
    barren: exchange.barren ?? 0,
    refused: (device && (await readOne("meta", "refused"))) ?? [],
    quarantined: (device && (await readOne("meta", "quarantined"))) ?? [],
    enrolment: device?.state ?? "none",
    persisted: device?.persisted ?? null,
    clockOff: Math.abs(exchange.offset ?? 0) > CLOCK_OFF_MS ? (exchange.offset ?? 0) : 0,
    store: storeTrouble,
    newLife: await newLife(),
  };
}

async function placeCounts() {
  const counts = { waiting: 0, marks: 0, atWorkshop: 0, atCampus: 0, oldest: /** @type {number|null} */ (null) };
  const arrived = await arrivedChains();
  for (const { ep, part, seq } of await ownChains()) {
    const { workshop = 0, campus = 0 } = arrived.get(`${ep}/${part}`) ?? {};
    const best = Math.max(workshop, campus);
    counts.waiting += seq - best;
    counts.atWorkshop += best - campus;
    counts.atCampus += campus;
    if (seq > best) {
      const ops = await opsFrom(ep, part, best + 1, COUNTED_MAX);
      counts.marks += new Set(ops.flatMap((op) => op.cells)).size + (seq - best - ops.length);
      const wall = ops.length ? JSON.parse(ops[0].header).wall : wallNow();
      counts.oldest = Math.min(counts.oldest ?? wall, wall);
    }
  }
  return counts;
}

/** @typedef {"full"|"refused"|"conflict"|"waiting"|"offline"|"sending"|"ok"} Kind as the style sheet knows them */

/**
 * The strip's state, the first that fits, and its sentence.
 * @param {Summary} now
 * @param {number} conflicts as the page says
 * @returns {{kind: Kind, text: string}}
 */
export function stripOf(now, conflicts = 0) {
  const n = now.marks ?? now.waiting;
  const unknown = now.quarantined.filter(([, code]) => code === "unknown_device").length;
  const refused = now.refused.length + now.quarantined.length - unknown;
  if (now.store) return { kind: "full", text: problemWords(new Problem(now.store)) };
  if (refused === 1) return { kind: "refused", text: _("1 mark was not accepted. Open") };
  if (refused) return { kind: "refused", text: _("{n} marks were not accepted. Open", { n: refused }) };
  if (now.newLife) return { kind: "waiting", text: _("This tablet's store was copied or put back. Open") };
  if (conflicts === 1) return { kind: "conflict", text: _("1 mark needs a decision") };
  if (conflicts) return { kind: "conflict", text: _("{n} marks need a decision", { n: conflicts }) };
  const stuck = stuckReason(now, { wall: wallNow(), online: navigator.onLine });
  const why = stuck && stripWords(stuck.reason, n);
  if (why) return { kind: "waiting", text: why };
  if (now.oldest !== null && wallNow() - now.oldest > LONG_MS) {
    const days = Math.floor((wallNow() - now.oldest) / DAY_MS);
    return { kind: "waiting", text: _("Not sent for {days} days. Go to the office Wi-Fi or export to USB", { days }) };
  }
  if (unknown) return { kind: "waiting", text: _("This tablet waits for approval. Marks are kept ({n} so far)", { n: n + unknown }) };
  if (n && now.problem === "disk_full") {
    return { kind: "waiting", text: _("The server is full. Marks are saved on this tablet ({n} waiting)", { n }) };
  }
  if (n && now.problem) {
    return { kind: "offline", text: _("No connection. Marks are saved on this tablet ({n} waiting)", { n }) };
  }
  if (n === 1) return { kind: "sending", text: _("Sending 1 mark") };
  if (n) return { kind: "sending", text: _("Sending {n} marks", { n }) };
  if (now.problem) return { kind: "offline", text: _("No connection. Nothing is waiting") };
  if (now.last) return { kind: "ok", text: _("All sent, {time}", { time: timeText(now.last) }) };
  return { kind: "ok", text: "" };
}

/** Work out the summary, show it on `[data-strip]` and tell every listener by `luban:state`. */
async function refresh() {
  const now = await summary();
  const shown = stripOf(now, Number(one("[data-strip]")?.dataset.conflicts ?? 0));
  show(shown);
  tell("luban:state", { ...now, ...shown });
}

/** @param {{kind: Kind, text: string}} shown */
function show({ kind, text }) {
  const strip = one("[data-strip]");
  if (!strip) return;
  const words = one("[data-strip-text]", strip) ?? strip;
  if (words.textContent !== text) words.textContent = text; // a live region: say nothing twice
  strip.dataset.kind = kind;
}

/** Keep the strip true from now on. Once a page. */
export function startStatus() {
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => {
      asked = false;
      refresh().catch((error) => tell("luban:trouble", { code: error.code ?? "storage_failed" }));
    });
  };
  document.addEventListener("luban:trouble", (event) => {
    const { code } = /** @type {CustomEvent} */ (event).detail;
    if (!code.startsWith("storage_")) return;
    storeTrouble = code;
    noteTrouble(code).catch(() => undefined); // the store that fails may not take even this
    show({ kind: "full", text: problemWords(new Problem(code)) }); // at once: counting may need the store that fails
  });
  document.addEventListener("luban:recorded", () => {
    storeTrouble = null;
    soon();
  });
  for (const type of ["luban:moved", "luban:device", "luban:actor"]) document.addEventListener(type, soon);
  soon();
}
