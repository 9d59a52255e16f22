// This device's own later ops laid over the cells of a page, which may be older than they are. Reads; changes no page and no store.
import { every, jsonOr, metaContent } from "../lib/dom.js";
import { asked, transact } from "../lib/db.js";
import { arrivedIn, placeOf } from "./receipts.js";

const RANK = { tablet: 0, workshop: 1, campus: 2 };

/**
 * @typedef {object} Cell
 * @property {HTMLElement} element
 * @property {string} type
 * @property {string} id
 * @property {Record<string, unknown>} value the page's value with this device's later ops over it
 * @property {"tablet"|"workshop"|"campus"|null} at where the value is, proven by receipts; null when nothing was ever recorded
 * @property {string[]} base what the next edit of this cell names
 * @property {string|null} trouble why a server did not apply this device's op: its code
 * @property {boolean} own does a later op of this device show
 */

/**
 * The cells `[data-record][data-id]` under `root` as they stand on this tablet.
 * @param {ParentNode} [root]
 * @returns {Promise<Map<HTMLElement, Cell>>}
 */
export function cellsOn(root = document) {
  return cellsOf(every("[data-record][data-id]", root));
}

/**
 * Some cells only: what a tap needs must not cost as much as the page.
 * @param {HTMLElement[]} elements
 * @returns {Promise<Map<HTMLElement, Cell>>}
 */
export async function cellsOf(elements) {
  const wanted = new Set(elements.map(({ dataset }) => `${dataset.record}/${dataset.id}`));
  const { device, found, receipts, troubles } = await readFor(wanted);
  const seen = seenByPage(device?.id ?? "");
  const context = { ops: cellOps(found), arrived: arrivedIn(receipts), seen, troubles: new Map(troubles ?? []) };
  return new Map(elements.map((element) => [element, cell(element, context)]));
}

/**
 * All that cells rest on, in one transaction.
 * @param {Set<string>} wanted "type/id"
 * @returns {Promise<{device: import("../lib/device.js").Device|undefined, troubles: [string, string][]|undefined, receipts: any[], found: import("./outbox.js").StoredOp[]}>}
 */
function readFor(wanted) {
  return transact(["meta", "ops", "receipts"], "readonly", async (tx) => {
    const [meta, index] = [tx.objectStore("meta"), tx.objectStore("ops").index("cells")];
    const [device, troubles, receipts, ...found] = await Promise.all([
      asked(meta.get("device")), asked(meta.get("quarantined")), asked(tx.objectStore("receipts").getAll()),
      ...[...wanted].map((cell) => asked(index.getAll(cell))),
    ]);
    return { device, troubles, receipts, found: found.flat() };
  });
}

/**
 * Up to which number of each own chain the page contains, from <meta name="luban-vector">.
 * @param {string} device
 * @returns {Map<string, number>} key "ep/part"
 */
function seenByPage(device) {
  const vector = Object.entries(jsonOr(metaContent("luban-vector"), {}));
  const own = vector.filter(([chain]) => chain.startsWith(`${device}/`));
  return new Map(own.map(([chain, seq]) => [chain.slice(device.length + 1), Number(seq)]));
}

/**
 * @param {import("./outbox.js").StoredOp[]} ops
 * @returns {Map<string, {op: import("./outbox.js").StoredOp, fields: Record<string, unknown>}[]>} key "type/id", oldest first
 */
function cellOps(ops) {
  /** @type {ReturnType<typeof cellOps>} */
  const byCell = new Map();
  for (const op of [...new Map(ops.map((each) => [each.op, each])).values()].sort((a, b) => a.hlc - b.hlc || a.seq - b.seq)) {
    for (const [type, id, fields] of /** @type {import("./ops.js").Change[]} */ (JSON.parse(op.body))) {
      const name = `${type}/${id}`;
      byCell.set(name, [...(byCell.get(name) ?? []), { op, fields }]);
    }
  }
  return byCell;
}

/**
 * One cell; `data-part` on it keeps apart records of two sites on one page. Of own ops the later one wins field by field: their author saw what they replaced. The next edit names those own ops that
 * still show, and what the page named as far as a field of it still shows.
 * @param {HTMLElement} element
 * @param {{ops: ReturnType<typeof cellOps>, arrived: Map<string, any>, seen: Map<string, number>, troubles: Map<string, string>}} context
 * @returns {Cell}
 */
function cell(element, { ops, arrived, seen, troubles }) {
  const { record: type = "", id = "" } = element.dataset;
  const pageBase = jsonOr(element.dataset.base, /** @type {string[]} */ ([]));
  const pageValue = jsonOr(element.dataset.value, /** @type {Record<string, unknown>} */ ({}));
  const part = element.dataset.part;
  const all = (ops.get(`${type}/${id}`) ?? []).filter(({ op }) => !part || op.part === part);
  const later = all.filter(({ op }) => op.seq > (seen.get(`${op.ep}/${op.part}`) ?? 0));
  const value = Object.assign({}, pageValue, ...later.map(({ fields }) => fields));
  const showing = later.filter(({ fields }, index) => {
    const covered = new Set(later.slice(index + 1).flatMap((after) => Object.keys(after.fields)));
    return Object.keys(fields).some((name) => !covered.has(name));
  });
  const covers = new Set(showing.flatMap(({ fields }) => Object.keys(fields)));
  const pageShows = !later.length || Object.keys(pageValue).some((name) => !covers.has(name));
  const base = [...new Set([...(pageShows ? pageBase : []), ...showing.map(({ op }) => op.op)])];
  const behind = showing.length ? showing : all.filter(({ op }) => pageBase.includes(op.op));
  const places = behind.map(({ op }) => placeOf(arrived, op));
  const proven = places.sort((a, b) => RANK[a] - RANK[b])[0] ?? null;
  const told = /** @type {"workshop"|"campus"|undefined} */ (element.dataset.at || undefined) ?? null;
  // A page that holds an op was made by a server that has it; a receipt that came since may say more.
  const at = showing.length || !told ? proven ?? told : proven && RANK[proven] > RANK[told] ? proven : told;
  const trouble = behind.map(({ op }) => troubles.get(op.op)).find(Boolean) ?? null;
  return { element, type, id, value, at, base, trouble, own: later.length > 0 };
}
