// Bytes and text: UTF-8, hex, base64url, base32, and the one synchronous SHA-256. Pure; no browser store, no keys.
import { createHash } from "../../vendor/sha256-uint8array@0.12.1/sha256-uint8array.js";

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { fatal: true });

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function utf8(text) {
  return textEncoder.encode(text);
}

/**
 * Text of UTF-8 bytes; throws TypeError when they are none.
 * @param {BufferSource} bytes
 * @returns {string}
 */
export function fromUtf8(bytes) {
  return textDecoder.decode(bytes);
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * base64url without padding.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function b64url(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Bytes of base64url text; throws when it is none.
 * @param {string} text
 * @returns {Uint8Array}
 */
export function fromB64url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/**
 * Lower-case base32 without padding (RFC 4648).
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function base32(bytes) {
  let bits = 0;
  let held = 0;
  let text = "";
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

/**
 * SHA-256 of the pieces one after another, at once: an IndexedDB transaction would end while crypto.subtle thinks.
 * @param {...(Uint8Array|string)} pieces
 * @returns {Uint8Array} 32 bytes
 */
export function sha256(...pieces) {
  const hash = createHash();
  for (const piece of pieces) hash.update(typeof piece === "string" ? utf8(piece) : piece);
  return hash.digest();
}

/**
 * @param {number} length
 * @returns {string} random characters of [a-z2-7]
 */
export function randomName(length) {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => BASE32[byte & 31]).join("");
}
