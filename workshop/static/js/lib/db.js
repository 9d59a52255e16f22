// The tablet's store: the only user of indexedDB. Knows the layout and turns its failures into coded errors; knows no ops.
import { tell } from "./dom.js";
import { Problem } from "./problem.js";

const STORE_NAME = "luban";
const STORE_VERSION = 1;
const OPEN_MS_MAX = 8000;

/** @type {Promise<IDBDatabase>|null} */
let opened = null;

/** @param {IDBDatabase} db */
function layOutVersion1(db) {
  db.createObjectStore("meta");
  db.createObjectStore("chains", { keyPath: ["ep", "part"] });
  const ops = db.createObjectStore("ops", { keyPath: ["ep", "part", "seq"] });
  ops.createIndex("op", "op");
  ops.createIndex("cells", "cells", { multiEntry: true });
  db.createObjectStore("receipts", { keyPath: ["ep", "part", "by"] });
  db.createObjectStore("people", { keyPath: "id" });
  db.createObjectStore("drafts");
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
export function storeProblem(error) {
  if (error instanceof Problem) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  const codes = { QuotaExceededError: "storage_full", VersionError: "storage_newer", ConstraintError: "storage_conflict" };
  return new Problem(codes[/** @type {keyof typeof codes} */ (name)] ?? "storage_failed", { name, text: String(error) });
}

/** @returns {Promise<IDBDatabase>} */
function openOnce() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(STORE_NAME, STORE_VERSION);
    const slow = setTimeout(() => reject(new Problem("storage_failed", { name: "slow" })), OPEN_MS_MAX);
    request.onupgradeneeded = (event) => {
      if (event.oldVersion < 1) layOutVersion1(request.result);
    };
    request.onblocked = () => reject(new Problem("storage_blocked"));
    request.onerror = () => reject(storeProblem(request.error));
    request.onsuccess = () => {
      clearTimeout(slow);
      const db = request.result;
      // A newer version wants to lay out the store: get out of its way, and never write with old code again.
      db.onversionchange = () => {
        db.close();
        opened = null;
        tell("luban:newer");
      };
      db.onclose = () => {
        opened = null;
      };
      resolve(db);
    };
  });
}

/**
 * The open store. Errors of a full or busy disk show here already, so it is tried twice.
 * @returns {Promise<IDBDatabase>}
 */
export function openStore() {
  opened ??= openOnce()
    .catch((error) => {
      if (error.code !== "storage_failed") throw error;
      return openOnce();
    })
    .catch((error) => {
      opened = null;
      throw error;
    });
  return opened;
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(storeProblem(request.error));
  });
}

/**
 * One transaction. Resolves after `complete` with what `work` gave, so a caller may then say "saved". `work` may wait only for
 * requests of its own transaction. Writing is strict: complete means that the disk has it.
 * @template T
 * @param {string[]} stores
 * @param {IDBTransactionMode} mode
 * @param {(tx: IDBTransaction) => Promise<T>|T} work
 * @returns {Promise<T>}
 */
export async function transact(stores, mode, work) {
  const tx = await begin(stores, mode);
  return new Promise((resolve, reject) => {
    /** @type {unknown} */
    let failure = null;
    const done = (async () => work(tx))();
    done.catch((error) => {
      failure = error;
      try {
        tx.abort();
      } catch {
        reject(error); // the transaction had ended by itself
      }
    });
    tx.oncomplete = () => done.then(resolve, reject);
    tx.onabort = () => reject(failure ?? storeProblem(tx.error));
  });
}

/**
 * @param {string[]} stores
 * @param {IDBTransactionMode} mode
 * @returns {Promise<IDBTransaction>}
 */
async function begin(stores, mode) {
  for (let again = true; ; again = false) {
    try {
      return (await openStore()).transaction(stores, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
    } catch (error) {
      if (!again || error instanceof Problem) throw storeProblem(error);
      opened = null; // closed under us: open anew, once
    }
  }
}

/**
 * @param {string} store
 * @param {IDBValidKey} key
 * @returns {Promise<any>} undefined when there is none
 */
export function readOne(store, key) {
  return transact([store], "readonly", (tx) => asked(tx.objectStore(store).get(key)));
}

/**
 * @param {string} store
 * @param {IDBKeyRange} [range]
 * @param {number} [most]
 * @returns {Promise<any[]>}
 */
export function readAll(store, range, most) {
  return transact([store], "readonly", (tx) => asked(tx.objectStore(store).getAll(range, most)));
}

/**
 * @param {string} store
 * @param {unknown} value
 * @param {IDBValidKey} [key] for stores whose values do not hold it
 * @returns {Promise<IDBValidKey>}
 */
export function writeOne(store, value, key) {
  return transact([store], "readwrite", (tx) => asked(tx.objectStore(store).put(value, key)));
}

/**
 * @param {string} store
 * @param {IDBValidKey|IDBKeyRange} key
 * @returns {Promise<undefined>}
 */
export function deleteOne(store, key) {
  return transact([store], "readwrite", (tx) => asked(tx.objectStore(store).delete(key)));
}

/**
 * A feature's own small things: drafts, how a reader likes a lesson. Names start with the feature's name.
 * @param {string} key
 * @returns {Promise<any>} undefined when there is none
 */
export function get(key) {
  return readOne("drafts", key);
}

/**
 * @param {string} key
 * @param {unknown} value plain data; undefined removes it
 */
export async function set(key, value) {
  await (value === undefined ? deleteOne("drafts", key) : writeOne("drafts", value, key));
}
