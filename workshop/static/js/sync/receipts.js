// Receipts: servers' signed statements of what they hold. The one answer to "where is this mark?". A status rests on nothing else.
import { b64url, fromB64url, sha256 } from "../lib/canonical.js";
import { asked, readAll, transact } from "../lib/db.js";
import { deviceId } from "../lib/device.js";
import { verifyText } from "../lib/signing.js";
import { receiptStatement } from "./ops.js";

/**
 * @typedef {object} Receipt
 * @property {[string, string, string]} run
 * @property {number} seq
 * @property {string} link b64
 * @property {number} at
 * @property {string} by device id of the server
 * @property {"workshop"|"campus"} role
 * @property {string} key
 * @property {string} sig
 */

/** @typedef {"tablet"|"workshop"|"campus"} Place */

const ROLES = ["workshop", "campus"];

/**
 * Keep those receipts of this device's chains that hold. `direct` is the server that just answered: what it says of itself is
 * the newest word, also when it holds less than before (it was restored), so that the tablet sends again.
 * @param {import("../lib/device.js").Device} device
 * @param {unknown[]} told
 * @param {{direct?: string|null, pin?: boolean}} [options] `pin`: trust the first key seen of a role (over our own connection only)
 * @returns {Promise<{taken: number, grown: number, refused: number, ahead: {ep: string, part: string, seq: number}[]}>}
 *   `grown`: chains of which a server holds more than it had said before; `ahead`: chains of which a server holds more than this tablet: its store is an old copy
 */
export async function takeReceipts(device, told, { direct = null, pin = false } = {}) {
  const result = { taken: 0, grown: 0, refused: 0, ahead: /** @type {{ep: string, part: string, seq: number}[]} */ ([]) };
  for (const receipt of /** @type {Receipt[]} */ (told)) {
    if (!(await genuine(device, receipt))) {
      result.refused += 1;
      continue;
    }
    const outcome = await keep(receipt, receipt.by === direct, device.site, pin);
    if (outcome === "ahead") {
      result.ahead.push({ ep: receipt.run[1], part: receipt.run[2], seq: receipt.seq });
    }
    result[outcome === "refused" || outcome === "ahead" ? "refused" : "taken"] += 1;
    result.grown += outcome === "grown" ? 1 : 0;
  }
  return result;
}

/**
 * Well formed, of one of our chains, and signed by the key that its signer's id is made from.
 * @param {import("../lib/device.js").Device} device
 * @param {Receipt} receipt
 */
async function genuine(device, receipt) {
  try {
    const { run, seq, at, by, role, key, sig, link } = receipt;
    const sound = run.length === 3 && Number.isSafeInteger(seq) && seq >= 1 && Number.isSafeInteger(at) && ROLES.includes(role);
    if (!sound || run[0] !== device.id || deviceId(key) !== by) return false;
    const bytes = fromB64url(link);
    return bytes.length === 32 && (await verifyText(key, receiptStatement(receipt, bytes), sig));
  } catch {
    return false;
  }
}

/**
 * @param {Receipt} receipt
 * @param {boolean} newest
 * @param {import("../lib/device.js").Device["site"]} site
 * @param {boolean} pin
 * @returns {Promise<"grown"|"taken"|"refused"|"ahead">}
 */
function keep(receipt, newest, site, pin) {
  const { run: [, ep, part], seq, at, by, role } = receipt;
  return transact(["meta", "chains", "ops", "receipts"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const trusted = (await asked(meta.get("trusted"))) ?? {};
    const expected = trusted[by] ?? (site?.device === by ? role : site?.campus === by ? "campus" : null);
    if (expected ? expected !== role : !pin || Object.values(trusted).includes(role)) return "refused";
    const tip = await asked(tx.objectStore("chains").get([ep, part]));
    if (!tip) return "refused";
    if (seq > tip.seq) return "ahead";
    const mine = seq === tip.seq ? tip : await asked(tx.objectStore("ops").get([ep, part, seq]));
    // What was let go of cannot be compared: it may be a copy's op. The server has a word for our own tip as well.
    if (!mine || b64url(mine.link) !== receipt.link) return "refused";
    if (!trusted[by]) meta.put({ ...trusted, [by]: role }, "trusted");
    const held = await asked(tx.objectStore("receipts").get([ep, part, by]));
    // What a file brings may be as old as it likes: of a server that was restored since, a higher number may be true no more.
    const said = held?.receipt?.at ?? 0;
    if (held && !newest && ((seq <= held.seq && at <= said) || (!pin && at < said))) return "taken";
    tx.objectStore("receipts").put({ ep, part, by, role, seq, receipt });
    return seq > (held?.seq ?? 0) ? "grown" : "taken";
  });
}

/**
 * A server said that it lacks what came before: forget its receipt, so that the chain is sent from its beginning.
 * @param {string} ep
 * @param {string} part
 * @param {string} by
 */
export function dropReceipt(ep, part, by) {
  return transact(["receipts"], "readwrite", (tx) => asked(tx.objectStore("receipts").delete([ep, part, by])));
}

/**
 * Up to which number each chain has arrived where.
 * @typedef {Map<string, {workshop: number, campus: number, by: Record<string, number>}>} Arrived key "ep/part"
 * @returns {Promise<Arrived>}
 */
export async function arrivedChains() {
  return arrivedIn(await readAll("receipts"));
}

/**
 * The same of rows that were read already.
 * @param {{ep: string, part: string, by: string, role: string, seq: number}[]} rows of the store `receipts`
 * @returns {Arrived}
 */
export function arrivedIn(rows) {
  /** @type {Arrived} */
  const arrived = new Map();
  for (const { ep, part, by, role, seq } of rows) {
    const name = `${ep}/${part}`;
    const chain = arrived.get(name) ?? { workshop: 0, campus: 0, by: {} };
    chain[/** @type {"workshop"|"campus"} */ (role)] = Math.max(chain[/** @type {"workshop"|"campus"} */ (role)], seq);
    chain.by[by] = seq;
    arrived.set(name, chain);
  }
  return arrived;
}

/**
 * Where an op is, as far as receipts prove it.
 * @param {Arrived} arrived
 * @param {{ep: string, part: string, seq: number}} op
 * @returns {Place}
 */
export function placeOf(arrived, { ep, part, seq }) {
  const chain = arrived.get(`${ep}/${part}`);
  if (chain && seq <= chain.campus) return "campus";
  return chain && seq <= chain.workshop ? "workshop" : "tablet";
}

/**
 * The receipts as they came, to be passed on in a file.
 * @returns {Promise<Receipt[]>}
 */
export async function heldReceipts() {
  return (await readAll("receipts")).map((row) => row.receipt);
}

/**
 * What the server compares before it tells receipts again: the digest of those held here. Wire format section 5, `held`.
 * @returns {Promise<string>}
 */
export async function heldDigest() {
  const rows = await readAll("receipts");
  return b64url(sha256(rows.map(({ ep, part, by, seq }) => `${by}/${ep}/${part}/${seq}`).sort().join("\n")));
}
