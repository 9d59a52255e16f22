// Keys, signatures, digests: the only user of crypto.subtle. Private keys are never extractable; they live in the store as they are.
import { b64url, fromB64url, hex, utf8 } from "./canonical.js";
import { Problem } from "./problem.js";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const ED25519 = { name: "Ed25519" };

/**
 * @typedef {object} SigningKey
 * @property {"ed25519"|"p256"} kind
 * @property {string} text the public key as the wire format writes it
 * @property {CryptoKey} secret
 */

/**
 * Can this page hold a key at all? Not on a plain http address.
 * @returns {boolean}
 */
export function canSign() {
  return globalThis.isSecureContext === true && Boolean(globalThis.crypto?.subtle) && "indexedDB" in globalThis;
}

/**
 * A new key: Ed25519, or P-256 in a browser that lacks it.
 * @returns {Promise<SigningKey>}
 */
export async function newSigningKey() {
  if (!canSign()) throw new Problem("insecure");
  for (const [kind, algorithm] of /** @type {const} */ ([["ed25519", ED25519], ["p256", P256]])) {
    try {
      const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]));
      const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
      return { kind, text: `${kind}:${b64url(raw)}`, secret: pair.privateKey };
    } catch (error) {
      if (kind === "p256") throw error;
    }
  }
  throw new Problem("insecure");
}

/**
 * @param {SigningKey} key
 * @param {string} statement
 * @returns {Promise<string>} b64 of 64 bytes
 */
export async function signText(key, statement) {
  const algorithm = key.kind === "p256" ? P256 : ED25519;
  return b64url(new Uint8Array(await crypto.subtle.sign(algorithm, key.secret, utf8(statement))));
}

/**
 * @param {string} keyText
 * @param {string} statement
 * @param {string} signature b64
 * @returns {Promise<boolean>} false for anything that is not a good signature
 */
export async function verifyText(keyText, statement, signature) {
  const [kind, point] = keyText.split(":");
  const algorithm = { ed25519: ED25519, p256: P256 }[kind];
  if (!algorithm) return false;
  try {
    const raw = fromB64url(point);
    const sig = fromB64url(signature);
    if (sig.length !== 64) return false;
    const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["verify"]).catch((error) => {
      if (error.name !== "NotSupportedError" || kind !== "ed25519") throw error;
      return null;
    });
    return key ? await crypto.subtle.verify(algorithm, key, sig, utf8(statement)) : await verifyWithout(raw, statement, sig);
  } catch {
    return false;
  }
}

/**
 * Ed25519 in a browser without it: servers sign with it all the same, and a receipt must never be believed unread.
 * @param {Uint8Array} raw
 * @param {string} statement
 * @param {Uint8Array} signature
 */
async function verifyWithout(raw, statement, signature) {
  const folder = import.meta.url.slice(0, import.meta.url.lastIndexOf("/js/"));
  const { verifyAsync } = await import(`${folder}/vendor/noble-ed25519@3.2.0/noble-ed25519.js`);
  return verifyAsync(signature, utf8(statement), raw);
}

/**
 * SHA-256 of much: off the page's own thread.
 * @param {Uint8Array} bytes
 * @returns {Promise<string>} hex
 */
export async function digestHex(bytes) {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/**
 * 32 bytes that prove a PIN without holding it.
 * @param {string} pin
 * @param {Uint8Array} salt
 * @param {number} iterations
 * @returns {Promise<Uint8Array>}
 */
export async function stretchPin(pin, salt, iterations) {
  const key = await crypto.subtle.importKey("raw", utf8(pin), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 256));
}
