// This browser profile as a device: its key, id, epoch, name, and how far its enrolment is. Knows no ops.
import { base32, randomName, sha256, utf8 } from "./canonical.js";
import { wallNow } from "./clock.js";
import { asked, readOne, transact } from "./db.js";
import { tell } from "./dom.js";
import { answerJson, askServer } from "./http.js";
import { rememberTablet, rememberedTablet } from "./memory.js";
import { Problem } from "./problem.js";
import { canSign, digestHex, newSigningKey, signText } from "./signing.js";

/**
 * @typedef {object} Device
 * @property {string} id "d" and 19 characters made from the key
 * @property {import("./signing.js").SigningKey} key
 * @property {string} name as people call it
 * @property {"new"|"waiting"|"enrolled"|"refused"} state
 * @property {string|null} code six digits to show while waiting
 * @property {{device: string, key: string, code: string, name: string, campus?: string}|null} site who enrolled it; `campus`: its campus's device id
 * @property {boolean|null} persisted what the browser said when asked to keep the store
 * @property {string} [replaces] the name of the tablet whose place this one took
 */

/**
 * The id that a key gives its device.
 * @param {string} keyText
 * @returns {string}
 */
export function deviceId(keyText) {
  return `d${base32(sha256(keyText)).slice(0, 19)}`;
}

/**
 * The device as it is, without making one.
 * @returns {Promise<Device|null>}
 */
export async function knownDevice() {
  return canSign() ? ((await readOne("meta", "device")) ?? null) : null;
}

/**
 * The device; made at first use. Two tabs that make one at once end with the same. Raises Problem `insecure` on plain http.
 * @returns {Promise<Device>}
 */
export async function thisDevice() {
  const known = await knownDevice();
  if (known) return known;
  const key = await newSigningKey();
  /** @type {Device} */
  const made = { id: deviceId(key.text), key, name: "", state: "new", code: null, site: null, persisted: null };
  return transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const first = await asked(meta.get("device"));
    if (first) return first;
    meta.put(made, "device");
    meta.put(randomName(8), "epoch");
    return made;
  });
}

/**
 * @param {Partial<Device>} changed
 * @returns {Promise<Device>}
 */
async function changeDevice(changed) {
  const [before, device] = await transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const held = await asked(meta.get("device"));
    const next = { ...held, ...changed };
    meta.put(next, "device");
    return [held, next];
  });
  if (before.state !== device.state || before.name !== device.name) tell("luban:device", { state: device.state });
  return device;
}

/**
 * Begin a new life of the store: after a fork or a restored backup. What is waiting keeps its old chain.
 * @param {string} old the epoch that ends; nothing happens when another one began meanwhile
 * @returns {Promise<string>}
 */
export function beginEpoch(old) {
  return transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const epoch = await asked(meta.get("epoch"));
    if (epoch && epoch !== old) return epoch;
    const next = randomName(8);
    meta.put(next, "epoch");
    meta.put({ at: wallNow(), old }, "epoch-began");
    return next;
  });
}

/**
 * Whether a new life of the store began and nobody has read why: when, UTC ms.
 * @returns {Promise<number|null>}
 */
export async function newLife() {
  const began = await readOne("meta", "epoch-began");
  return began && !began.read ? began.at : null;
}

/** A person has read that a new life of the store began. */
export async function newLifeRead() {
  await transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const began = await asked(meta.get("epoch-began"));
    if (began) meta.put({ ...began, read: true }, "epoch-began");
  });
  tell("luban:moved");
}

/**
 * This browser was an enrolled tablet, and its store is gone: that tablet's id.
 * @returns {Promise<string|null>}
 */
export async function lostTablet() {
  const was = rememberedTablet();
  return was && was !== (await knownDevice())?.id ? was : null;
}

/**
 * Ask the browser again to keep the store, and remember what it says.
 * @returns {Promise<boolean|null>}
 */
export async function keepStore() {
  return (await changeDevice({ persisted: await askToPersist() })).persisted;
}

/**
 * Ask the browser to keep the store when space runs short.
 * @returns {Promise<boolean|null>} null where it cannot be asked
 */
async function askToPersist() {
  if (!navigator.storage?.persist) return null;
  return (await navigator.storage.persisted()) || navigator.storage.persist();
}

/**
 * Ask the server to enrol this device. With a code from an admin it is enrolled at once, else it waits for approval.
 * @param {string} name what people will call the tablet
 * @param {string} [code]
 * @returns {Promise<Device>}
 */
export async function enrolDevice(name, code) {
  const { id, key } = await thisDevice();
  await changeDevice({ name, persisted: await askToPersist() });
  const was = rememberedTablet();
  const body = JSON.stringify({ key: key.text, name, ...(code ? { code } : {}), ...(was && was !== id ? { was } : {}) });
  const signature = await signText(key, `luban-request-1\n${await digestHex(utf8(body))}`);
  const headers = { "Content-Type": "application/json", "Luban-Signature": signature };
  return takeEnrolment(id, await askServer("/sync/v1/enrol", { method: "POST", body, headers }));
}

/**
 * Ask how far the enrolment is.
 * @returns {Promise<Device>}
 */
export async function pollEnrolment() {
  const { id } = await thisDevice();
  return takeEnrolment(id, await askServer(`/sync/v1/enrol/${id}`));
}

/**
 * What an enrolled tablet needs: its people, their classes, lessons. Raises Problem as `askServer` does.
 * @returns {Promise<{people: {id: string, name_en: string, name_zh: string, roles: string[]}[], classes: string[], lessons: string[]}>}
 */
export async function askNeeds() {
  const { id, key } = await thisDevice();
  const body = JSON.stringify({ device: id });
  const signature = await signText(key, `luban-request-1\n${await digestHex(utf8(body))}`);
  const answer = await askServer("/sync/v1/takeover", {
    method: "POST", body, headers: { "Content-Type": "application/json", "Luban-Signature": signature },
  });
  const told = answerJson(answer);
  if (answer.status !== 200) throw new Problem(told.code ?? "stranger", told);
  return told;
}

/**
 * @param {string} id
 * @param {import("./http.js").Answer} answer
 */
async function takeEnrolment(id, answer) {
  const told = answerJson(answer);
  if (answer.status >= 400) throw new Problem(told.code ?? "enrol_failed", told);
  const states = ["waiting", "enrolled", "refused"];
  if (!states.includes(told.state) || (told.device && told.device !== id)) throw new Problem("stranger", told);
  const site = told.site ?? null;
  if (site && deviceId(site.key) !== site.device) throw new Problem("stranger", { what: "site key" });
  if (told.state === "enrolled") rememberTablet(id);
  const name = told.state === "enrolled" && typeof told.name === "string" ? { name: told.name } : {}; // it may have been renamed
  const replaces = typeof told.replaces === "string" ? { replaces: told.replaces } : {};
  return changeDevice({ state: told.state, code: told.code ?? null, ...(site ? { site } : {}), ...name, ...replaces });
}
