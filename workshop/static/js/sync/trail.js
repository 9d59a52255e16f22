// How the last tries went, kept in the store: for the watchdog, and for the diagnostic file. Codes and numbers only, never what was recorded.
import { wallNow } from "../lib/clock.js";
import { asked, readOne, transact } from "../lib/db.js";
import { unsent } from "./outbox.js";

const STEPS_MAX = 30;

/**
 * @typedef {object} Exchange what the store keeps of the exchange, key `exchange`
 * @property {number} [at] when it last worked, by this tablet's clock
 * @property {number} [offset] what the server's clock was ahead then
 * @property {string} [role]
 * @property {number|null} [until] when the certificate of the server's address ends, as far as it says
 * @property {number} [tried]
 * @property {string|null} [problem] code of the last try
 * @property {number} [failures] in a row
 * @property {number} [barren] how often in a row the server answered while the same op went on waiting
 * @property {string|null} [first] the op that waits longest
 */

/** @returns {Promise<Exchange>} */
export async function lastExchange() {
  return (await readOne("meta", "exchange")) ?? {};
}

/**
 * Note the outcome of a try.
 * @param {import("../lib/problem.js").Problem|null} problem
 */
export async function noteOutcome(problem) {
  const first = (await unsent(1))[0]?.op ?? null;
  await transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const held = /** @type {Exchange} */ ((await asked(meta.get("exchange"))) ?? {});
    const failures = problem ? (held.failures ?? 0) + 1 : 0;
    const barren = problem || !first ? 0 : first === held.first ? (held.barren ?? 0) + 1 : 0;
    meta.put({ ...held, problem: problem?.code ?? null, tried: wallNow(), failures, barren, first }, "exchange");
    if (problem) await addStep(meta, problem.code, problem.data.status);
  });
}

/**
 * Note trouble of another kind, such as a store that failed.
 * @param {string} code
 */
export function noteTrouble(code) {
  return transact(["meta"], "readwrite", (tx) => addStep(tx.objectStore("meta"), code));
}

/** @returns {Promise<{at: number, code: string, status?: number, times: number}[]>} newest last */
export async function trail() {
  return (await readOne("meta", "trail")) ?? [];
}

/**
 * The same again is counted, not listed: a month without a network must not push out what came before it.
 * @param {IDBObjectStore} meta
 * @param {string} code
 * @param {unknown} [status]
 */
async function addStep(meta, code, status) {
  const steps = (await asked(meta.get("trail"))) ?? [];
  const last = steps.at(-1);
  const number = typeof status === "number" ? { status } : {};
  if (last && last.code === code && last.status === number.status) steps.splice(-1, 1, { ...last, at: wallNow(), times: last.times + 1 });
  else steps.push({ at: wallNow(), code, ...number, times: 1 });
  meta.put(steps.slice(-STEPS_MAX), "trail");
}
