// How this tablet's readers like lessons shown. A browser that stores nothing (private mode) just forgets: the page shows
// what was chosen, and next time the choice is made again.
import { get, set } from "../lib/db.js";

const KEY = "lessons.view";

/** @returns {Promise<{show?: string, pinyin?: string}|undefined>} */
export function recall() {
  return get(KEY).catch(() => undefined);
}

/** @param {{show: string, pinyin: string}} view */
export function remember(view) {
  return set(KEY, view).catch(() => undefined);
}
