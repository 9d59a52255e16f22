// The op as text and its place in the chain, straight from docs/reference/wire-format.md sections 2, 3 and 6. Pure.
import { b64url, hex, sha256, utf8 } from "../lib/canonical.js";
import { Problem } from "../lib/problem.js";

export const OP_VERSION = 1;
const HEADER_BYTES_MAX = 1024;
const BODY_BYTES_MAX = 16 * 1024;
const CHANGES_MAX = 200;
const DEPTH_MAX = 14; // the body's own two levels come on top

/**
 * One change, as the body holds it.
 * @typedef {[type: string, id: string, fields: Record<string, unknown>, base?: string[]]} Change
 */

/**
 * New values for some fields of one record, made in view of the ops named in `base`.
 * @param {string} type
 * @param {string} id
 * @param {Record<string, unknown>} fields
 * @param {string[]} [base]
 * @returns {Change}
 */
export function change(type, id, fields, base = []) {
  return base.length ? [type, id, fields, base] : [type, id, fields];
}

/**
 * @typedef {object} Header
 * @property {string} dev
 * @property {string} ep
 * @property {string} part
 * @property {number} seq
 * @property {number} wall
 * @property {number} tz
 * @property {number} hlc
 * @property {string} actor
 * @property {string} intent
 */

/**
 * The header line. A hybrid time that says no more than the clock is left out.
 * @param {Header} header
 * @returns {string}
 */
export function headerText({ dev, ep, part, seq, wall, tz, hlc, actor, intent }) {
  const hybrid = hlc === wall * 1000 ? {} : { hlc };
  const text = JSON.stringify({ v: OP_VERSION, dev, ep, part, seq, wall, tz, ...hybrid, actor, intent });
  if (utf8(text).length > HEADER_BYTES_MAX) throw new Problem("op_too_large", { what: "header" });
  return text;
}

/**
 * The body line. Raises Problem `op_too_large`, or `bad_fields` for what the format cannot carry.
 * @param {Change[]} changes
 * @returns {string}
 */
export function bodyText(changes) {
  if (!changes.length || changes.length > CHANGES_MAX) throw new Problem("op_too_large", { changes: changes.length });
  const text = JSON.stringify(changes.map((each) => carried(each, 0)));
  if (utf8(text).length > BODY_BYTES_MAX) throw new Problem("op_too_large", { what: "body" });
  return text;
}

/**
 * A value that every party reads alike. Half a character (a typed emoji cut by a length limit) would make the whole run
 * unreadable for the server, so it becomes the replacement sign here.
 * @param {unknown} value
 * @param {number} depth
 * @returns {unknown}
 */
function carried(value, depth) {
  if (depth > DEPTH_MAX) throw new Problem("bad_fields", { what: "depth" });
  if (typeof value === "string") return value.replace(/\p{Cs}/gu, "\uFFFD");
  if (value === null || typeof value === "boolean" || Number.isSafeInteger(value)) return value;
  if (Array.isArray(value)) return value.map((each) => carried(each, depth + 1));
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, carried(each, depth + 1)]));
  }
  throw new Problem("bad_fields", { what: String(value) });
}

/**
 * Hybrid time in thousandths of a millisecond: follows the clock, but never goes back in a chain.
 * @param {number} previous of the op before, 0 for the first
 * @param {number} wall UTC ms
 * @returns {number}
 */
export function hybridTime(previous, wall) {
  return Math.max(previous + 1, wall * 1000);
}

/**
 * link(0) of a chain, 32 bytes.
 * @param {string} dev
 * @param {string} ep
 * @param {string} part
 */
export function firstLink(dev, ep, part) {
  return sha256(`luban-chain-1\n${dev}\n${ep}\n${part}`);
}

/**
 * link(n), 32 bytes.
 * @param {Uint8Array} previous link(n-1)
 * @param {string} header
 * @param {string} body
 */
export function nextLink(previous, header, body) {
  return sha256(previous, sha256(header), sha256(body));
}

/**
 * The 16 characters that name an op everywhere.
 * @param {Uint8Array} link
 */
export function opName(link) {
  return b64url(link.slice(0, 12));
}

/**
 * What a device signs: its chain up to `seq`.
 * @param {[dev: string, ep: string, part: string]} run
 * @param {number} seq
 * @param {Uint8Array} link
 */
export function headStatement([dev, ep, part], seq, link) {
  return `luban-head-1\n${dev}\n${ep}\n${part}\n${seq}\n${hex(link)}`;
}

/**
 * What a server signs: it holds this chain up to this op.
 * @param {{run: [string, string, string], seq: number, at: number, by: string, role: string}} receipt
 * @param {Uint8Array} link
 */
export function receiptStatement({ run: [dev, ep, part], seq, at, by, role }, link) {
  return `luban-receipt-1\n${dev}\n${ep}\n${part}\n${seq}\n${hex(link)}\n${at}\n${by}\n${role}`;
}
