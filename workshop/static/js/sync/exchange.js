// One round trip with the server: what goes, what comes back, what it means. Knows no timer and no page; client.js decides when.
import { b64url, utf8 } from "../lib/canonical.js";
import { wallNow } from "../lib/clock.js";
import { asked, readOne, transact } from "../lib/db.js";
import { beginEpoch } from "../lib/device.js";
import { answerJson, askServer } from "../lib/http.js";
import { Problem } from "../lib/problem.js";
import { digestHex, signText } from "../lib/signing.js";
import { erasedMark, takeErased } from "./erased.js";
import { ownChains } from "./outbox.js";
import { arrivedChains, dropReceipt, heldDigest, takeReceipts } from "./receipts.js";
import { batchOfRuns, gzipped } from "./runs.js";
import { ownState } from "./state.js";

const EXCHANGE_URL = "/sync/v1/exchange";
const SLOWEST_BYTES_PER_MS = 4;

/**
 * @typedef {object} Outcome
 * @property {number} sent ops in the request
 * @property {boolean} again there is more to send, and the server gets further
 * @property {boolean} gap the server lacks what came before: next time it is sent from the beginning
 */

/**
 * Send what the server lacks, take what it answers. Raises Problem: `offline`, `timeout`, `stranger`, `too_large`, or the
 * server's own code. Nothing is lost by a failure: what has no receipt goes again.
 * @param {import("../lib/device.js").Device} device
 * @param {{ops: number, raw: number}} limits
 * @returns {Promise<Outcome>}
 */
export async function exchangeOnce(device, limits) {
  const server = device.site?.device ?? (await readOne("meta", "server")) ?? null;
  const arrived = await arrivedChains();
  const upTo = (/** @type {import("./outbox.js").Chain} */ chain) =>
    (server && arrived.get(`${chain.ep}/${chain.part}`)?.by[server]) || 0;
  const late = new Set(((await readOne("meta", "refused")) ?? []).map(({ run }) => `${run[1]}/${run[2]}`));
  const batch = await batchOfRuns(device, upTo, limits, late);
  const epoch = await readOne("meta", "epoch");
  const first = {
    luban: 1, device: device.id, epoch, key: device.key.text, role: "tablet",
    ...(device.site ? { to: device.site.device } : {}), now: wallNow(), head: await ownHeads(),
    held: await heldDigest(), ...(await toldErased(server)), state: await ownState(),
  };
  const text = `${[JSON.stringify(first), ...batch.lines].join("\n")}\n`;
  const answer = await post(device, text);
  const { grown, gap } = await takeAnswer(device, epoch, answer);
  await takeErased(answer.device, answer.erased);
  return { sent: batch.ops, again: batch.more && grown, gap };
}

/** @param {string|null} server */
async function toldErased(server) {
  const erased = await erasedMark(server);
  return erased ? { erased } : {};
}

/** @returns {Promise<Record<string, [string, number, string][]>>} stated also when nothing is sent: so a wiped store is noticed */
async function ownHeads() {
  /** @type {Record<string, [string, number, string][]>} */
  const heads = {};
  for (const { ep, part, seq, link } of await ownChains()) (heads[part] ??= []).push([ep, seq, b64url(link)]);
  return heads;
}

/**
 * @param {import("../lib/device.js").Device} device
 * @param {string} text
 */
async function post(device, text) {
  const body = await gzipped(text);
  const headers = {
    "Content-Type": "application/x-luban", "Content-Encoding": "gzip",
    "Luban-Signature": await signText(device.key, `luban-request-1\n${await digestHex(utf8(text))}`),
  };
  const timeout = 10_000 + body.length / SLOWEST_BYTES_PER_MS;
  const answer = await askServer(EXCHANGE_URL, { method: "POST", body, headers, timeout });
  if (answer.status === 413) throw new Problem("too_large");
  if (answer.status !== 200) {
    const code = /^\{/.test(answer.text) ? answerJson(answer).code : null;
    throw new Problem(code ?? "server_trouble", { status: answer.status });
  }
  // Runs for the caller may follow; a tablet does not merge, so only the first line is read.
  const told = answerJson({ ...answer, text: answer.text.split("\n", 1)[0] });
  if (told.luban !== 1 || typeof told.device !== "string") throw new Problem("stranger", { what: "first line" });
  if (device.site && told.device !== device.site.device) throw new Problem("other_server", { device: told.device });
  const until = Number(answer.headers.get("Luban-Certificate-Until"));
  return { ...told, until: Number.isSafeInteger(until) && until > 0 ? until : null };
}

/**
 * @param {import("../lib/device.js").Device} device
 * @param {string} epoch that the request named
 * @param {any} told
 * @returns {Promise<{grown: boolean, gap: boolean}>}
 */
async function takeAnswer(device, epoch, told) {
  const result = await takeReceipts(device, told.receipts ?? [], { direct: told.device, pin: true });
  const refused = (Array.isArray(told.refused) ? told.refused : []).filter((/** @type {any} */ each) => Array.isArray(each?.run));
  const gaps = refused.filter((/** @type {any} */ each) => ["chain_gap", "chain_mismatch"].includes(each.code));
  for (const { run } of gaps) await dropReceipt(run[1], run[2], told.device);
  if (told.fork === true || result.ahead.some((chain) => chain.ep === epoch)) {
    if ((await ownChains()).some((chain) => chain.ep === epoch)) await beginEpoch(epoch);
  }
  const offset = Number.isSafeInteger(told.now) ? told.now - wallNow() : null;
  await transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const held = (await asked(meta.get("exchange"))) ?? {};
    meta.put(told.device, "server");
    meta.put({ ...held, at: wallNow(), role: told.role, offset, until: told.until, badReceipts: result.refused }, "exchange");
    meta.put(refused.map((/** @type {any} */ each) => ({ run: each.run, code: each.code, data: each.data ?? {} })), "refused");
    meta.put(Array.isArray(told.quarantined) ? told.quarantined : [], "quarantined");
  });
  return { grown: result.grown > 0, gap: gaps.length > 0 };
}
