// The two signed lists that a page carries: whose certificates count, and which were withdrawn. And the verdict on one code.
// Mirrors workshop/certificates/trust.py and check_code. No page, no words; today is an argument.
import { fromB64url, utf8 } from "../lib/canonical.js";
import { rawKey, verifyCode } from "./cose.js";
import { isSignedBy } from "./ed25519.js";

const DAY_MS = 86_400_000;
const STATES = {
  code_altered: "altered",
  code_issuer_unknown: "unknown_issuer",
  code_issuer_revoked: "unknown_issuer",
  code_issuer_day: "unknown_issuer",
};

/**
 * @typedef {object} Trust
 * @property {any[]} issuers
 * @property {Array<{serial: string, day: string, state: string}>} withdrawn
 * @property {string} asOf day of the older list
 * @property {number} ageDaysMax
 */

/**
 * Verify both lists against the home campus's key.
 * @param {{root: string, ageDaysMax: number, trust: Signed, withdrawn: Signed}} data as page_data() in trust.py writes it
 * @returns {Promise<Trust>}
 * @typedef {{body: string, key: string, sig: string}} Signed
 */
export async function openTrust({ root, ageDaysMax, trust, withdrawn }) {
  const issuers = await opened(trust, "trust", root);
  const list = await opened(withdrawn, "withdrawn", root);
  const asOf = issuers.day < list.day ? issuers.day : list.day;
  return { issuers: issuers.issuers, withdrawn: list.entries, asOf, ageDaysMax };
}

async function opened(signed, kind, root) {
  const message = utf8(`luban-${kind}-1\n${signed.body}`);
  const isGood = signed.key === root && (await isSignedBy(rawKey(root), fromB64url(signed.sig), message));
  if (!isGood) throw new Error("trust_signature");
  return JSON.parse(signed.body);
}

/**
 * @param {string} text
 * @param {Trust} trust
 * @param {string} today the reader's day, `2026-01-31`
 * @returns {Promise<{state: string, code: string, payload: any, issuer: any, since: string, asOf: string, stale: boolean}>}
 */
export async function checkCode(text, trust, today) {
  // A day before the list's own comes from a wrong clock and says nothing about age.
  const stale = (Date.parse(today) - Date.parse(trust.asOf)) / DAY_MS > trust.ageDaysMax;
  const verdict = { code: "", payload: null, issuer: null, since: "", asOf: trust.asOf, stale };
  try {
    const { payload, issuer } = await verifyCode(text, trust);
    const entry = trust.withdrawn.find(({ serial }) => serial === payload.serial);
    return { ...verdict, state: entry?.state ?? "valid", payload, issuer, since: entry?.day ?? "" };
  } catch (error) {
    if (!error.code) throw error;
    return { ...verdict, state: STATES[error.code] ?? "unreadable", code: error.code };
  }
}
