// Who is at this tablet: people who signed in on it before, their PINs (only as PBKDF2), and the one who acts now.
// A PIN keeps colleagues apart on one tablet; it proves nothing to a server.
import { b64url, fromB64url } from "../lib/canonical.js";
import { wallNow } from "../lib/clock.js";
import { asked, deleteOne, readAll, readOne, transact, writeOne } from "../lib/db.js";
import { jsonOr, tell } from "../lib/dom.js";
import { language } from "../lib/i18n.js";
import { Problem } from "../lib/problem.js";
import { stretchPin } from "../lib/signing.js";

const PEOPLE_MAX = 10;
const PIN_ITERATIONS_MAX = 5_000_000;
const WRONG_FREE = 5;
const WAIT_MS = 30_000;

/**
 * @typedef {object} Person
 * @property {string} id
 * @property {string} name
 * @property {string[]} roles
 * @property {boolean} hasPin
 */

/**
 * People known on this tablet, by name. Without what proves their PINs.
 * @returns {Promise<Person[]>}
 */
export async function peopleHere() {
  const rows = await readAll("people");
  const people = rows.map(({ id, name, names, roles, proof }) => {
    return { id, name: names?.[language()] || name, roles, hasPin: Boolean(proof) };
  });
  return people.sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Keep a person who has just signed in at the server, so that they can sign in here without it. The PIN is set at the server.
 * @param {{id: string, name: string, roles: string[], names?: Record<string, string>}} person
 * @param {{alg: string, salt: string, hash: string, iterations: number}|null} pin what proves it
 * @returns {Promise<boolean>} false when ten others use this tablet already
 */
export function keepPerson({ id, name, roles, names = {} }, pin) {
  const proof = pin?.alg === "PBKDF2-SHA256" && pin.iterations <= PIN_ITERATIONS_MAX ? pin : null;
  return transact(["people"], "readwrite", async (tx) => {
    const people = tx.objectStore("people");
    const known = await asked(people.getAllKeys());
    if (!known.includes(id) && known.length >= PEOPLE_MAX) return false;
    people.put({ id, name, names, roles, proof, wrong: 0, until: 0 });
    return true;
  });
}

/**
 * Take a person off this tablet. Their unsent work stays, under their name.
 * @param {string} id
 */
export async function forgetPerson(id) {
  await deleteOne("people", id);
  if ((await currentActor())?.id === id) await signOutHere();
}

/**
 * Sign in with a PIN, without a network. Raises Problem `pin_wrong`, or `pin_wait` with `ms` after five wrong ones.
 * @param {string} id
 * @param {string} pin
 * @returns {Promise<{id: string, name: string, roles: string[]}>}
 */
export async function signInHere(id, pin) {
  const row = await readOne("people", id);
  if (!row?.proof) throw new Problem("pin_wrong");
  const now = wallNow();
  // A clock that was set back must not lock anybody out for longer than the wait itself.
  const wait = Math.min(row.until - now, WAIT_MS * 2 ** 6);
  if (wait > 0) throw new Problem("pin_wait", { ms: wait });
  const { salt, hash, iterations } = row.proof;
  const right = b64url(await stretchPin(pin, fromB64url(salt), iterations)) === hash;
  const wrong = right ? 0 : row.wrong + 1;
  const until = wrong < WRONG_FREE ? 0 : now + WAIT_MS * 2 ** Math.min(wrong - WRONG_FREE, 6);
  await writeOne("people", { ...row, wrong, until });
  if (!right) throw new Problem("pin_wrong", { left: Math.max(0, WRONG_FREE - wrong) });
  const actor = { id, name: row.name, roles: row.roles };
  await setActor(actor);
  return actor;
}

/** Nobody acts on this tablet until somebody signs in. */
export function signOutHere() {
  return setActor(null);
}

/**
 * Who acts now: `{id, name, roles}`, or null.
 * @returns {Promise<{id: string, name: string, roles: string[]}|null>}
 */
export async function currentActor() {
  return (await readOne("meta", "actor")) ?? null;
}

/**
 * @param {{id: string, name: string, roles: string[]}|null} actor
 * @param {number} [since] when they signed in at the server, by its clock: a page that is older says nothing new then
 */
export async function setActor(actor, since = 0) {
  await transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    if (since > ((await asked(meta.get("session"))) ?? 0)) meta.put(since, "session");
    meta.put(actor, "actor");
  });
  tell("luban:actor", actor);
}

/**
 * Take over who signed in at the server, as the page tells it: <body data-actor data-actor-name data-actor-roles data-session>.
 * `data-session` is when that sign-in (or sign-out) happened, by the server's clock. A page from the cache carries an old
 * one and changes nothing; so a colleague who signed in here with a PIN meanwhile stays the one who acts.
 * @param {DOMStringMap} page the body's dataset
 */
export async function adoptActor(page) {
  const session = Number(page.session ?? 0);
  const actor = page.actor ? { id: page.actor, name: page.actorName ?? "", roles: jsonOr(page.actorRoles, []) } : null;
  const changed = await transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const [known, held] = [(await asked(meta.get("session"))) ?? 0, await asked(meta.get("actor"))];
    if (session > known) meta.put(session, "session");
    else if (session || held || !actor) return false;
    meta.put(actor, "actor");
    return true;
  });
  if (changed) tell("luban:actor", actor);
}
