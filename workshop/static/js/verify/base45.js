// Base45 (RFC 9285), reading only: the text of our own QR codes. Pure.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/**
 * @param {string} text
 * @returns {Uint8Array}
 * @throws {RangeError} for a foreign character, a left-over one, or a group that says more than its bytes can hold
 */
export function fromBase45(text) {
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const group = Array.from(text.slice(at, at + 3), (character) => ALPHABET.indexOf(character));
    const [low, middle, high = 0] = group;
    const number = low + 45 * middle + 2025 * high;
    if (group.length === 1 || group.includes(-1) || number > (group.length === 3 ? 0xffff : 0xff)) throw new RangeError("not base45");
    if (group.length === 3) bytes.push(number >> 8);
    bytes.push(number & 0xff);
  }
  return Uint8Array.from(bytes);
}
