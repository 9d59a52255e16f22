// When to exchange: triggers, one sender at a time over all tabs, back-off, smaller batches on a poor line. The what is exchange.js.
import { tell } from "../lib/dom.js";
import { knownDevice, pollEnrolment } from "../lib/device.js";
import { Problem, problemWords } from "../lib/problem.js";
import { exchangeOnce } from "./exchange.js";
import { pruneOps } from "./prune.js";
import { bindHere } from "./signin.js";
import { noteOutcome } from "./trail.js";

export const LIMITS = { ops: 500, raw: 1024 * 1024 - 16 * 1024 };
const SETTLE_MS = 400;
const EVERY_MS = 5 * 60 * 1000;
const WAIT_MS_MIN = 5_000;
const WAIT_MS_MAX = 15 * 60 * 1000;
const ROUNDS_MAX = 1000;

let sending = false;
let wanted = false;
let failures = 0;
let opsMost = LIMITS.ops;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;
/** @type {BroadcastChannel|null} */
let otherTabs = null;

/** Is this tab sending at this moment? */
export function isSending() {
  return sending;
}

/**
 * Send at the next good moment: soon, or when the present wait is over. A record does not call a silent network again and again.
 * @param {number} [delay] ms
 */
function sendSoon(delay = SETTLE_MS) {
  if (sending) wanted = true;
  if (sending || (failures && timer !== undefined && delay === SETTLE_MS)) return;
  clearTimeout(timer);
  timer = setTimeout(() => void sendNow(), delay);
}

/**
 * Exchange now, whatever the wait. Never raises: the outcome is in the status and is returned.
 * @returns {Promise<{ok: boolean, code: string|null, words: string|null}>}
 */
export async function sendNow() {
  clearTimeout(timer);
  timer = undefined;
  if (sending) return { ok: true, code: null, words: null };
  sending = true; // before anything is waited for: two callers at once must not both go on
  wanted = false;
  if (!(await knownDevice().catch(() => null))) {
    sending = false;
    if (wanted) sendSoon();
    return { ok: true, code: null, words: null };
  }
  tell("luban:moved");
  /** @type {Problem|null} */
  let problem = null;
  try {
    await navigator.locks.request("luban-exchange", rounds);
    failures = 0;
  } catch (error) {
    problem = error instanceof Problem ? error : new Problem("unknown", { text: String(error) });
    failures += 1;
    opsMost = ["timeout", "too_large"].includes(problem.code) ? Math.max(1, Math.floor(opsMost / 2)) : opsMost;
  }
  await noteOutcome(problem).catch(() => undefined); // the store is in trouble: the next record says so
  sending = false; // last: what was recorded until here asked for another round, and must not wait for the next turn
  const rest = wanted ? SETTLE_MS : EVERY_MS;
  sendSoon(problem ? backOff(failures, Math.random()) : rest);
  tell("luban:moved");
  otherTabs?.postMessage("exchanged");
  return { ok: !problem, code: problem?.code ?? null, words: problem && problemWords(problem) };
}

/** Rounds until the server has everything, or it stops getting further. */
async function rounds() {
  let gaps = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    let device = await knownDevice();
    if (!device) return;
    if (round === 0 && device.state === "waiting") device = await pollEnrolment();
    if (round === 0) await bindHere(device).catch(() => undefined); // who is not bound yet: their records are held until then
    const { sent, again, gap } = await exchangeOnce(device, { ...LIMITS, ops: opsMost });
    gaps += Number(gap);
    if (sent) opsMost = Math.min(LIMITS.ops, opsMost * 2);
    tell("luban:moved");
    if (!again && !(gap && gaps === 1)) break;
  }
  await pruneOps();
}

/**
 * How long to wait after so many failures: doubling from 5 s to 15 min, spread so that tablets do not call together.
 * @param {number} count
 * @param {number} chance 0 to 1
 * @returns {number} ms
 */
export function backOff(count, chance) {
  const most = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(count - 1, 10));
  return Math.max(WAIT_MS_MIN, Math.round(most * (0.5 + chance / 2)));
}

/** Begin to exchange: at open, after each record, on `online`, on becoming visible, every 5 minutes. Once a page. */
export function startExchange() {
  if (otherTabs || !("locks" in navigator)) return;
  otherTabs = new BroadcastChannel("luban");
  otherTabs.onmessage = () => tell("luban:moved");
  document.addEventListener("luban:recorded", () => {
    otherTabs?.postMessage("recorded");
    tell("luban:moved");
    sendSoon();
  });
  document.addEventListener("luban:device", () => sendSoon(0));
  window.addEventListener("online", () => sendSoon(0));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") sendSoon(0);
  });
  sendSoon(0);
}
