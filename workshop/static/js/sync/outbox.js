// Recording: an op is in the store, on disk, before anybody hears of it. The only writer of `ops` and `chains`. Sends nothing.
import { wallNow, zoneMinutes } from "../lib/clock.js";
import { asked, readAll, transact } from "../lib/db.js";
import { tell } from "../lib/dom.js";
import { thisDevice } from "../lib/device.js";
import { randomName } from "../lib/canonical.js";
import { Problem } from "../lib/problem.js";
import { canSign } from "../lib/signing.js";
import { bodyText, firstLink, headerText, hybridTime, nextLink, opName } from "./ops.js";
import { arrivedChains } from "./receipts.js";

const ALL = 2 ** 31; // more than any tablet makes; getAll takes no Infinity

/** @type {(() => Promise<boolean>)|null} */
let relieve = null;

/**
 * @typedef {object} StoredOp
 * @property {string} ep
 * @property {string} part
 * @property {number} seq
 * @property {string} op
 * @property {string} header the very line that was hashed
 * @property {string} body
 * @property {Uint8Array} link
 * @property {number} hlc
 * @property {string[]} cells "type/id" of each record that it changes
 */

/**
 * @typedef {object} Chain
 * @property {string} ep
 * @property {string} part
 * @property {number} seq of its last op
 * @property {Uint8Array} link
 * @property {number} hlc
 */

/**
 * What to do when the tablet is full, before a mark is refused: lessons' media go first. True when something was freed.
 * @param {() => Promise<boolean>} free
 */
export function whenFull(free) {
  relieve = free;
}

/**
 * Record one op. Resolves only after the disk has it: then, and not before, a mark may show as saved. Raises Problem:
 * `no_actor`, `no_part`, `op_too_large`, `bad_fields`, `insecure`, `storage_*`; nothing is recorded then.
 * @param {string} intent "attendance.mark"
 * @param {import("./ops.js").Change[]} changes applied together or not at all
 * @param {{actor?: string, part?: string}} [options] the person at this tablet and the page's part, unless said otherwise
 * @returns {Promise<{op: string, seq: number, ep: string, part: string}>}
 */
export async function record(intent, changes, options = {}) {
  const body = bodyText(changes);
  const entry = { body, intent, changes, ...options };
  let made;
  try {
    made = (await append(entry)) ?? (await thisDevice(), await append(entry));
  } catch (error) {
    if (error.code !== "storage_full" || !(await relieve?.())) throw noted(error);
    made = await append(entry).catch((again) => {
      throw noted(again);
    });
  }
  tell("luban:recorded", made);
  return made;
}

/** @param {Problem} problem */
function noted(problem) {
  tell("luban:trouble", { code: problem.code });
  return problem;
}

/**
 * Who, where and which number are read in the very transaction that writes: nothing can change between, no tab can take the same number
 * (`add`), and a tap waits for one commit alone. Null when this browser is no device yet.
 * @param {{body: string, intent: string, changes: import("./ops.js").Change[], actor?: string, part?: string}} entry
 * @returns {Promise<{op: string, seq: number, ep: string, part: string}|null>}
 */
function append({ body, intent, changes, ...options }) {
  return transact(["meta", "chains", "ops"], "readwrite", async (tx) => {
    const [meta, chains] = [tx.objectStore("meta"), tx.objectStore("chains")];
    const [device, acting, epoch] = await Promise.all(["device", "actor", "epoch"].map((key) => asked(meta.get(key))));
    if (!device || !canSign()) return null;
    const actor = options.actor ?? acting?.id;
    const part = options.part ?? partOfPage() ?? device.site?.code;
    if (!actor) throw new Problem("no_actor");
    if (!part) throw new Problem("no_part");
    const ep = epoch ?? randomName(8);
    if (!epoch) meta.put(ep, "epoch");
    const dev = device.id;
    const tip = (await asked(chains.get([ep, part]))) ?? { seq: 0, link: firstLink(dev, ep, part), hlc: 0 };
    const wall = wallNow();
    const seq = tip.seq + 1;
    const hlc = hybridTime(tip.hlc, wall);
    const header = headerText({ dev, ep, part, seq, wall, tz: zoneMinutes(), hlc, actor, intent });
    const link = nextLink(tip.link, header, body);
    const op = opName(link);
    const cells = [...new Set(changes.map(([type, id]) => `${type}/${id}`))];
    await Promise.all([
      asked(tx.objectStore("ops").add({ ep, part, seq, op, header, body, link, hlc, cells })),
      asked(chains.put({ ep, part, seq, link, hlc })),
    ]);
    return { op, seq, ep, part };
  });
}

/** The part that a workshop's page is about; a campus's page says for each record which site it is of. */
function partOfPage() {
  const { site, siteRole } = document.body.dataset;
  return siteRole === "campus" ? null : site;
}

/**
 * This device's chains with their tips.
 * @returns {Promise<Chain[]>}
 */
export function ownChains() {
  return readAll("chains");
}

/**
 * How many ops wait on this tablet alone: those after the last that any server receipted.
 * @returns {Promise<number>}
 */
export async function pending() {
  const arrived = await arrivedChains();
  return (await ownChains()).reduce((sum, { ep, part, seq }) => {
    const { workshop = 0, campus = 0 } = arrived.get(`${ep}/${part}`) ?? {};
    return sum + seq - Math.max(workshop, campus);
  }, 0);
}

/**
 * Ops that wait on this tablet alone, oldest first within a chain.
 * @param {number} most
 * @returns {Promise<StoredOp[]>}
 */
export async function unsent(most) {
  const arrived = await arrivedChains();
  /** @type {StoredOp[]} */
  const found = [];
  for (const { ep, part, seq } of await ownChains()) {
    const { workshop = 0, campus = 0 } = arrived.get(`${ep}/${part}`) ?? {};
    const from = Math.max(workshop, campus) + 1;
    if (from <= seq && found.length < most) found.push(...(await opsFrom(ep, part, from, most - found.length)));
  }
  return found;
}

/**
 * How many ops of each person wait on this tablet alone.
 * @returns {Promise<Map<string, number>>} by the person's id
 */
export async function unsentBy() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { header } of await unsent(ALL)) {
    const { actor } = JSON.parse(header);
    counts.set(actor, (counts.get(actor) ?? 0) + 1);
  }
  return counts;
}

/**
 * Ops of one chain from a number on, oldest first.
 * @param {string} ep
 * @param {string} part
 * @param {number} from
 * @param {number} most
 * @returns {Promise<StoredOp[]>}
 */
export function opsFrom(ep, part, from, most) {
  return readAll("ops", IDBKeyRange.bound([ep, part, from], [ep, part, Infinity]), most);
}
