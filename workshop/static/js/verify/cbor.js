// Just enough CBOR (RFC 8949) for our codes: whole numbers, bytes, texts, lists, maps with whole numbers as keys, all of definite
// length. Everything else is refused. Pure.

const DEPTH_MAX = 4;

/**
 * One value that fills `bytes` exactly.
 * @param {Uint8Array} bytes
 * @returns {any} numbers, Uint8Arrays, strings, arrays, Maps
 * @throws {RangeError}
 */
export function fromCbor(bytes) {
  const reader = { bytes, at: 0 };
  const value = read(reader, 0);
  if (reader.at !== bytes.length) throw new RangeError("bytes left over");
  return value;
}

function read(reader, depth) {
  const first = take(reader, 1)[0];
  const [kind, short] = [first >> 5, first & 31];
  if (short > 26 || depth > DEPTH_MAX) throw new RangeError("not a plain value");
  const number = short < 24 ? short : take(reader, 1 << (short - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
  if (kind === 0) return number;
  if (kind === 1) return -1 - number;
  if (kind === 2) return take(reader, number);
  if (kind === 3) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(take(reader, number));
  if (kind === 4) return Array.from(upTo(reader, number), () => read(reader, depth + 1));
  if (kind === 5) return new Map(Array.from(upTo(reader, number), () => [read(reader, depth + 1), read(reader, depth + 1)]));
  throw new RangeError("not a plain value");
}

/** A list cannot be longer than what is left: each entry takes a byte. */
function upTo(reader, length) {
  if (length > reader.bytes.length - reader.at) throw new RangeError("too short");
  return { length };
}

function take(reader, length) {
  if (length > reader.bytes.length - reader.at) throw new RangeError("too short");
  reader.at += length;
  return reader.bytes.subarray(reader.at - length, reader.at);
}

/**
 * The list that a COSE_Sign1 signature is over: ["Signature1", header, no other data, body].
 * @param {Uint8Array} header
 * @param {Uint8Array} body
 * @returns {Uint8Array}
 */
export function signedBytes(header, body) {
  const context = new TextEncoder().encode("Signature1");
  return Uint8Array.from([0x84, 0x60 + context.length, ...context, ...head(header.length), ...header, 0x40, ...head(body.length), ...body]);
}

function head(length) {
  if (length < 24) return [0x40 + length];
  return length < 256 ? [0x58, length] : [0x59, length >> 8, length & 0xff];
}
