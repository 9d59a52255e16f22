// Ops as lines for a carrier: runs that end at a signed head. Used by the exchange and by the file; decides nothing about when.
import { b64url, utf8 } from "../lib/canonical.js";
import { signText } from "../lib/signing.js";
import { headStatement } from "./ops.js";
import { opsFrom, ownChains } from "./outbox.js";

const RUN_BYTES_MAX = 192 * 1024; // a longer run could not be relayed in one message: wire format section 8

/**
 * @typedef {object} Batch
 * @property {string[]} lines
 * @property {number} ops
 * @property {number} runs
 * @property {number} bytes
 * @property {Map<string, number>} reached up to which number each chain "ep/part" goes with it
 * @property {boolean} more something that should go is not in it
 */

/**
 * Runs with what a receiver lacks, oldest chain first, within the limits. The first op goes in any case.
 * @param {import("../lib/device.js").Device} device
 * @param {(chain: import("./outbox.js").Chain) => number} arrived up to which number the receiver has a chain
 * @param {{ops: number, raw: number}} limits
 * @param {Set<string>} [late] "ep/part" of chains that were refused: they go last, so that they never hold up others
 * @returns {Promise<Batch>}
 */
export async function batchOfRuns(device, arrived, limits, late = new Set()) {
  /** @type {Batch} */
  const batch = { lines: [], ops: 0, runs: 0, bytes: 0, reached: new Map(), more: false };
  const chains = (await ownChains()).filter((chain) => chain.seq > arrived(chain));
  const isLate = (/** @type {import("./outbox.js").Chain} */ chain) => Number(late.has(`${chain.ep}/${chain.part}`));
  for (const chain of chains.sort((a, b) => isLate(a) - isLate(b) || a.hlc - b.hlc)) {
    const from = arrived(chain) + 1;
    const ops = batch.ops < limits.ops ? await opsFrom(chain.ep, chain.part, from, limits.ops - batch.ops) : [];
    const fitting = withinBytes(ops, batch, limits.raw);
    if (fitting.length) await addRun(device, batch, fitting);
    if (!fitting.length || fitting[fitting.length - 1].seq < chain.seq) {
      batch.more = true;
      break;
    }
  }
  return batch;
}

/**
 * @param {import("./outbox.js").StoredOp[]} ops
 * @param {Batch} batch
 * @param {number} raw
 */
function withinBytes(ops, batch, raw) {
  let bytes = 512; // the run's own line
  const end = ops.findIndex((op, index) => {
    bytes += utf8(op.header).length + utf8(op.body).length + 2;
    return (batch.bytes + bytes > raw && batch.ops + index > 0) || (bytes > RUN_BYTES_MAX && index > 0);
  });
  return end < 0 ? ops : ops.slice(0, end);
}

/**
 * @param {import("../lib/device.js").Device} device
 * @param {Batch} batch
 * @param {import("./outbox.js").StoredOp[]} ops
 */
async function addRun(device, batch, ops) {
  const last = ops[ops.length - 1];
  /** @type {[string, string, string]} */
  const run = [device.id, last.ep, last.part];
  const sig = await signText(device.key, headStatement(run, last.seq, last.link));
  const first = { run, from: ops[0].seq, count: ops.length, link: b64url(last.link), sig, key: device.key.text };
  const lines = [JSON.stringify(first), ...ops.flatMap((op) => [op.header, op.body])];
  batch.lines.push(...lines);
  batch.bytes += lines.reduce((sum, line) => sum + utf8(line).length + 1, 0);
  batch.ops += ops.length;
  batch.reached.set(`${last.ep}/${last.part}`, last.seq);
  batch.runs += 1;
}

/**
 * @param {string} text
 * @returns {Promise<Uint8Array>} gzip
 */
export async function gzipped(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
