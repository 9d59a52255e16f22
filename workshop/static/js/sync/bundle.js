// The file carrier: what the campus has not receipted goes out as a .luban file, receipts come back in one. Wire format section 7.
import { b64url, fromUtf8, utf8 } from "../lib/canonical.js";
import { wallNow, zoneMinutes } from "../lib/clock.js";
import { tell } from "../lib/dom.js";
import { thisDevice } from "../lib/device.js";
import { Problem } from "../lib/problem.js";
import { digestHex } from "../lib/signing.js";
import { ownChains } from "./outbox.js";
import { arrivedChains, heldReceipts, takeReceipts } from "./receipts.js";
import { batchOfRuns, gzipped } from "./runs.js";
import { TEXT_TYPE, asText, fromText, saveFile } from "./sharing.js";

const RUN_LIMITS = { ops: 500, raw: 1024 * 1024 };
const READ_GZIP_MAX = 64 * 1024 * 1024;
const START_CHARS = 40;
const READ_RAW_MAX = 128 * 1024 * 1024; // a tablet has less memory than the format allows a file

/**
 * Everything that the campus has not receipted, as one file. It may be made again and again: taking it in twice changes nothing.
 * @returns {Promise<{file: File, ops: number}>}
 */
export async function makeBundle() {
  const device = await thisDevice();
  const chains = await ownChains();
  const arrived = await arrivedChains();
  const at = wallNow();
  const have = Object.fromEntries(
    chains.map(({ ep, part, seq, link }) => [`${device.id}/${ep}/${part}`, [[seq, b64url(link)]]]),
  );
  const first = {
    "luban-bundle": 1, device: device.id, key: device.key.text, role: "tablet",
    parts: [...new Set(chains.map(({ part }) => part))].sort(), at, have, receipts: await heldReceipts(),
    ...(device.site?.campus ? { root: device.site.campus } : {}),
  };
  const lines = [JSON.stringify(first)];
  const done = new Map(chains.map(({ ep, part }) => [`${ep}/${part}`, arrived.get(`${ep}/${part}`)?.campus ?? 0]));
  let [runs, ops, more] = [0, 0, true];
  while (more) {
    const batch = await batchOfRuns(device, ({ ep, part }) => done.get(`${ep}/${part}`) ?? 0, RUN_LIMITS);
    for (const [chain, seq] of batch.reached) done.set(chain, seq);
    lines.push(...batch.lines);
    [runs, ops, more] = [runs + batch.runs, ops + batch.ops, batch.more && batch.ops > 0];
  }
  const text = `${lines.join("\n")}\n`;
  const last = JSON.stringify({ end: true, runs, ops, sha256: await digestHex(utf8(text)) });
  const who = [device.site?.code, device.name.replace(/[^A-Za-z0-9]+/g, "-") || device.id.slice(0, 6), fileDate(at)];
  const name = `luban-${who.filter(Boolean).join("-")}.luban`;
  return { file: new File([await gzipped(`${text}${last}\n`)], name, { type: "application/gzip" }), ops };
}

/** @param {number} at told by the tablet's own clock and zone, as on its pages */
function fileDate(at) {
  return new Date(at + zoneMinutes() * 60_000).toISOString().slice(0, 16).replace("T", "-").replace(":", "");
}

/**
 * Save the file where the person can put it on a USB stick.
 * @returns {Promise<{ops: number, name: string}>}
 */
export async function saveBundle() {
  const { file, ops } = await makeBundle();
  saveFile(file, file.name);
  return { ops, name: file.name };
}

/**
 * The same as a text file for a chat app; see sharing.js.
 * @returns {Promise<{file: File, ops: number}>}
 */
export async function makeTextBundle() {
  const { file, ops } = await makeBundle();
  const text = asText(new Uint8Array(await file.arrayBuffer()));
  return { file: new File([text], `${file.name}.txt`, { type: TEXT_TYPE }), ops };
}

/**
 * Take the receipts of a file that came back. Raises Problem `bundle_damaged`, `bundle_sealed` (only the campus opens it) or
 * `bundle_foreign` (of another campus); then nothing of it is taken.
 * @param {Blob} file
 * @returns {Promise<{taken: number, refused: number}>}
 */
export async function takeBundle(file) {
  const text = await inflated(await unwrapped(file));
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const body = text.slice(0, end);
  const [first, last] = [parsed(text.slice(0, text.indexOf("\n"))), parsed(text.slice(end))];
  const sound = text.endsWith("\n") && first["luban-bundle"] === 1 && last.end === true;
  if (!sound || last.sha256 !== (await digestHex(utf8(body)))) throw new Problem("bundle_damaged");
  const device = await thisDevice();
  if (first.root && device.site?.campus && first.root !== device.site.campus) throw new Problem("bundle_foreign");
  const { taken, refused } = await takeReceipts(device, first.receipts ?? []);
  tell("luban:moved");
  return { taken, refused };
}

/** @param {string} line */
function parsed(line) {
  try {
    return Object(JSON.parse(line));
  } catch {
    throw new Problem("bundle_damaged");
  }
}

/**
 * What is inside of text. Raises Problem `bundle_sealed`, `bundle_damaged`.
 * @param {Blob} file
 */
async function unwrapped(file) {
  const start = await file.slice(0, START_CHARS).text();
  if (/^(age-encryption|-----BEGIN AGE )/.test(start)) throw new Problem("bundle_sealed");
  if (!start.startsWith("-----BEGIN ")) return file;
  if (file.size > READ_GZIP_MAX) throw new Problem("bundle_damaged", { what: "size" });
  const bytes = fromText(await file.text());
  if (!bytes) throw new Problem("bundle_damaged", { what: "text" });
  return new Blob([bytes]);
}

/** @param {Blob} file */
async function inflated(file) {
  if (file.size > READ_GZIP_MAX) throw new Problem("bundle_damaged", { what: "size" });
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const chunks = [];
  let size = 0;
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      size += step.value.length;
      if (size > READ_RAW_MAX) throw new Problem("bundle_damaged", { what: "size" });
      chunks.push(step.value);
    }
    return fromUtf8(await new Blob(chunks).arrayBuffer());
  } catch {
    await reader.cancel().catch(() => undefined);
    throw new Problem("bundle_damaged");
  }
}
