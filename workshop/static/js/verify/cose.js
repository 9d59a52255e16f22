// A certificate's code: from its text to what it says, or to the reason why it proves nothing. The same bytes and the same
// refusals as workshop/certificates/code.py. No page, no words, no clock.
import { fromB64url } from "../lib/canonical.js";
import { fromBase45 } from "./base45.js";
import { fromCbor, signedBytes } from "./cbor.js";
import { isSignedBy } from "./ed25519.js";

const TEXT_MAX = 4096;
const FIELD_MAX = 200;
const DAY_MS = 86_400_000;
const TEXTS = { serial: 2, name: 3, name_zh: 4, course: 5, title_en: 6, title_zh: 7, grade: 9 };

export class CodeError extends Error {
  /** @param {string} code as in workshop/certificates/errors.py */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * @param {string} text `LBW1:...`, `https://...#...` or what follows the `#`
 * @returns {Uint8Array}
 */
export function parseCode(text) {
  const tidy = text.replace(/^[\r\n\t ]+|[\r\n\t ]+$/g, "");
  if (!tidy) throw new CodeError("code_empty");
  if (tidy.length > TEXT_MAX) throw new CodeError("code_too_long");
  try {
    if (/^lbw1:/i.test(tidy)) return fromBase45(tidy.slice(5).toUpperCase());
    const form = /^(?:https?:\/\/[^\s#]+)?#?([A-Za-z0-9_-]+)=*$/.exec(tidy);
    if (form) return fromB64url(form[1]);
  } catch {
    // refused below
  }
  throw new CodeError("code_form");
}

/**
 * Form, issuer and signature; whether it was withdrawn since is for `checkCode` in trust.js.
 * @param {string} text
 * @param {{issuers: Array<{key: string, revoked: boolean, from_day: string, to_day: string|null}>}} trust
 * @returns {Promise<{payload: Record<string, any>, issuer: any}>}
 */
export async function verifyCode(text, trust) {
  const { keyId, header, body, signature } = open(parseCode(text));
  const issuer = trust.issuers.find(({ key }) => startsWith(rawKey(key), keyId));
  if (!issuer) throw new CodeError("code_issuer_unknown");
  if (!(await isSignedBy(rawKey(issuer.key), signature, signedBytes(header, body)))) throw new CodeError("code_altered");
  const payload = readPayload(body);
  if (issuer.revoked) throw new CodeError("code_issuer_revoked");
  if (payload.day < issuer.from_day || (issuer.to_day && payload.day > issuer.to_day)) throw new CodeError("code_issuer_day");
  return { payload, issuer };
}

/** @param {string} text `ed25519:` + base64url */
export function rawKey(text) {
  return fromB64url(text.replace(/^ed25519:/, ""));
}

function startsWith(bytes, start) {
  return start.length === 8 && start.every((byte, at) => byte === bytes[at]);
}

function open(cose) {
  const [header, free, body, signature] = cose[0] === 0xd2 ? lists(cose.subarray(1)) : [];
  const isBytes = [header, body, signature].every((part) => part instanceof Uint8Array);
  if (!isBytes || !(free instanceof Map) || free.size || signature.length !== 64) throw new CodeError("code_damaged");
  const about = decoded(header, "code_damaged");
  const keyId = about instanceof Map && about.size === 2 && about.get(1) === -8 ? about.get(4) : null;
  if (!(keyId instanceof Uint8Array)) throw new CodeError("code_damaged");
  return { keyId, header, body, signature };
}

function lists(bytes) {
  const found = decoded(bytes, "code_damaged");
  return Array.isArray(found) && found.length === 4 ? found : [];
}

function decoded(bytes, code) {
  try {
    return fromCbor(bytes);
  } catch {
    throw new CodeError(code);
  }
}

function readPayload(body) {
  const map = decoded(body, "code_fields");
  const texts = Object.entries(TEXTS).map(([name, number]) => [name, map instanceof Map ? map.get(number) : null]);
  if (texts.some(([, text]) => typeof text !== "string" || text.length > FIELD_MAX)) throw new CodeError("code_fields");
  const [version, hours, day, index, facts] = [1, 8, 10, 11, 12].map((number) => map.get(number));
  const isNumbers = [hours, day, index].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (version !== 1 || !isNumbers || !(facts instanceof Uint8Array) || map.size !== 12) throw new CodeError("code_fields");
  const written = new Date(day * DAY_MS).toISOString().slice(0, 10);
  return { ...Object.fromEntries(texts), hours, day: written, status_index: index, facts };
}
