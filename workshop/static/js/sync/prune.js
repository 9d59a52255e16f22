// Letting go of old ops: only what the campus has receipted, after 30 days. A chain's last op always stays.
import { wallNow } from "../lib/clock.js";
import { asked, transact } from "../lib/db.js";
import { arrivedChains } from "./receipts.js";

const KEEP_MS = 30 * 24 * 3600 * 1000;

/** @returns {Promise<number>} how many ops went */
export async function pruneOps() {
  const arrived = await arrivedChains();
  const before = (wallNow() - KEEP_MS) * 1000;
  return transact(["chains", "ops"], "readwrite", async (tx) => {
    let gone = 0;
    for (const { ep, part, seq: tip } of await asked(tx.objectStore("chains").getAll())) {
      const last = Math.min(arrived.get(`${ep}/${part}`)?.campus ?? 0, tip - 1);
      if (last < 1) continue;
      const request = tx.objectStore("ops").openCursor(IDBKeyRange.bound([ep, part, 1], [ep, part, last]));
      for (let cursor = await asked(request); cursor && cursor.value.hlc < before; cursor = await asked(request)) {
        cursor.delete();
        gone += 1;
        cursor.continue();
      }
    }
    return gone;
  });
}
