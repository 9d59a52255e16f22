// What this tablet says of itself at a contact, beside its heads: version, storage, what waits, how old what it holds is. Wire format section 5, `state`.
import { wallNow } from "../lib/clock.js";
import { readOne, writeOne } from "../lib/db.js";
import { heldOffline } from "../lib/worker.js";
import { opsFrom, ownChains } from "./outbox.js";
import { arrivedChains } from "./receipts.js";

const VIEW_MS = 10 * 60 * 1000; // so long a look through the cache is good: it is slow, and nothing rests on it
const KIB = 1024;

/**
 * Never raises: a member that cannot be had is left out, and the exchange goes on without it.
 * @returns {Promise<{build?: string, kept?: boolean, used?: number, quota?: number, oldest?: number, pages?: number, view?: number}>}
 */
export async function ownState() {
  const parts = await Promise.all([space(), waitingSince(), held()].map((part) => part.catch(() => ({}))));
  const { build } = document.body.dataset;
  return Object.assign(build ? { build } : {}, ...parts);
}

async function space() {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  const kept = await navigator.storage?.persisted?.();
  return {
    ...(kept === undefined ? {} : { kept }),
    ...(usage === undefined || quota === undefined ? {} : { used: Math.ceil(usage / KIB), quota: Math.floor(quota / KIB) }),
  };
}

/** When the oldest op was made that no server is known to have. */
async function waitingSince() {
  const arrived = await arrivedChains();
  let oldest = Infinity;
  for (const { ep, part, seq } of await ownChains()) {
    const { workshop = 0, campus = 0 } = arrived.get(`${ep}/${part}`) ?? {};
    const best = Math.max(workshop, campus);
    if (seq > best) for (const op of await opsFrom(ep, part, best + 1, 1)) oldest = Math.min(oldest, JSON.parse(op.header).wall);
  }
  return Number.isFinite(oldest) ? { oldest } : {};
}

/** How many pages open without a network, and when the oldest was fetched. */
async function held() {
  const known = await readOne("meta", "view");
  if (known && Math.abs(wallNow() - known.at) < VIEW_MS) return known.said;
  if (!navigator.serviceWorker?.controller) return {};
  const pages = (await heldOffline()).filter(({ kind }) => kind === "page");
  const times = pages.map(({ at }) => at).filter(Boolean);
  const said = { pages: pages.length, ...(times.length ? { view: Math.min(...times) } : {}) };
  await writeOne("meta", { at: wallNow(), said }, "view");
  return said;
}
