// The diagnostic file: one tap, for support. States, counts, codes and times of this tablet; no name, no mark, no note, no person's id.
import { wallNow, zoneMinutes } from "../lib/clock.js";
import { knownDevice } from "../lib/device.js";
import { one } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { problemWords } from "../lib/problem.js";
import { heldOffline } from "../lib/worker.js";
import { peopleHere } from "../sync/identity.js";
import { ownChains } from "../sync/outbox.js";
import { arrivedChains } from "../sync/receipts.js";
import { saveFile } from "../sync/sharing.js";
import { summary } from "../sync/status.js";
import { lastExchange, trail } from "../sync/trail.js";
import { reasonWords, stuckReason } from "../sync/watchdog.js";
import { tellText } from "./tell.js";

const FORM = 1;

export function startDiagnostic() {
  one("[data-diagnose]")?.addEventListener("click", () => void save());
}

/** @param {import("../sync/status.js").Summary} now */
export function showStuck(now) {
  const stuck = stuckReason(now, { wall: wallNow(), online: navigator.onLine });
  one("[data-stuck]")?.toggleAttribute("hidden", !stuck);
  if (!stuck) return;
  const { what, act } = reasonWords(stuck.reason);
  tellText("stuck-what", what);
  tellText("stuck-act", act);
  tellText("stuck-code", [stuck.reason, now.problem].filter(Boolean).join(" / "));
}

async function save() {
  try {
    const made = await diagnosis();
    const name = `luban-diagnostic-${made.device.slice(0, 7)}-${new Date(made.at).toISOString().slice(0, 10)}.json`;
    saveFile(new Blob([`${JSON.stringify(made, null, 1)}\n`], { type: "application/json" }), name);
    tellText("diagnosed", _("Written to the file {name} in the downloads. There is no name, no mark and no note in it", { name }));
  } catch (error) {
    tellText("diagnosed", problemWords(error));
  }
}

/** All of it in one object; what cannot be had is null, for a tablet in trouble is the very one that is asked. */
async function diagnosis() {
  const device = await knownDevice();
  const now = await summary();
  const [chains, steps, exchange, held, people, space, persisted, worker] = await Promise.all(
    [
      chainStates(), trail(), lastExchange(), heldOffline(), peopleHere(),
      navigator.storage?.estimate?.(), navigator.storage?.persisted?.(), navigator.serviceWorker?.getRegistration(),
    ].map((part) => Promise.resolve(part).catch(() => null)),
  );
  const { at, offset, role, tried, problem, failures, barren } = exchange ?? {};
  return {
    "luban-diagnostic": FORM,
    at: wallNow(), zone: zoneMinutes(), page: location.pathname, language: document.documentElement.lang,
    build: document.body.dataset.build ?? null, browser: navigator.userAgent, online: navigator.onLine,
    device: device?.id ?? "none", enrolment: now.enrolment, site: device?.site?.code ?? null, algorithm: device?.key.text.split(":")[0] ?? null,
    stuck: stuckReason(now, { wall: wallNow(), online: navigator.onLine })?.reason ?? null,
    counts: { waiting: now.waiting, atWorkshop: now.atWorkshop, atCampus: now.atCampus, oldest: now.oldest, people: people?.length ?? null },
    chains, exchange: { at, offset, role, tried, problem, failures, barren }, trail: steps,
    refused: now.refused.map(({ run, code }) => ({ chain: run.slice(1), code })), quarantined: tally(now.quarantined.map(([, code]) => code)),
    store: { trouble: now.store, usage: space?.usage ?? null, quota: space?.quota ?? null, persisted: persisted ?? null, pages: held?.length ?? null },
    worker: worker ? { active: worker.active?.state ?? null, waiting: Boolean(worker.waiting), controls: Boolean(navigator.serviceWorker.controller) } : null,
  };
}

/** Each chain with how far it has arrived where. A chain's name holds no person. */
async function chainStates() {
  const arrived = await arrivedChains();
  return (await ownChains()).map(({ ep, part, seq }) => {
    const { workshop = 0, campus = 0 } = arrived.get(`${ep}/${part}`) ?? {};
    return { ep, part, seq, workshop, campus };
  });
}

/**
 * @param {string[]} codes
 * @returns {Record<string, number>}
 */
function tally(codes) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
