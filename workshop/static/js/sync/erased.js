// A person was erased: their words go from this tablet too. Own ops keep their hash, so the chain still holds; pages that show the person
// are fetched anew, or go. Wire format section 5, `erased`.
import { b64url, sha256, utf8 } from "../lib/canonical.js";
import { asked, readOne, transact } from "../lib/db.js";
import { renewHeld } from "../lib/worker.js";

/**
 * What this tablet has done of what a server told, by its own word: "" before the first time.
 * @param {string|null} server
 * @returns {Promise<string>}
 */
export async function erasedMark(server) {
  return (server && (await readOne("meta", "erased"))?.[server]) || "";
}

/**
 * Do what the server tells, and remember its mark only when all is done: else it is told again.
 * @param {string} server
 * @param {any} told `erased` of an answer
 * @returns {Promise<number>} how many bodies went
 */
export async function takeErased(server, told) {
  if (typeof told?.mark !== "string" || !Array.isArray(told.ops) || !Array.isArray(told.people)) return 0;
  const gone = await transact(["ops", "people"], "readwrite", async (tx) => {
    let count = 0;
    for (const op of told.ops) count += Number(await blank(tx.objectStore("ops"), String(op)));
    for (const person of told.people) tx.objectStore("people").delete(String(person));
    return count;
  });
  await renewHeld(told.people.map(String));
  await transact(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    meta.put({ ...(await asked(meta.get("erased"))), [server]: told.mark }, "erased");
  });
  return gone;
}

/**
 * @param {IDBObjectStore} ops
 * @param {string} name
 * @returns {Promise<boolean>} was there a body
 */
async function blank(ops, name) {
  const held = await asked(ops.index("op").get(name));
  if (!held || held.body.startsWith('"')) return false;
  await asked(ops.put({ ...held, body: `"${b64url(sha256(utf8(held.body)))}"`, cells: [] }));
  return true;
}
