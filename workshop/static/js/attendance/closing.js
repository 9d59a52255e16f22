// Closing the register is an op on the session's own record; the page shows it from this tablet's ops as well as the server's.
import { one } from "../lib/dom.js";
import { change } from "../sync/ops.js";
import { record } from "../sync/outbox.js";

/** @param {Map<HTMLElement, import("../sync/overlay.js").Cell>} cells */
function sessionCell(cells) {
  return [...cells.values()].find((cell) => cell.type === "session") ?? null;
}

/**
 * @param {Map<HTMLElement, import("../sync/overlay.js").Cell>} cells
 * @param {() => Promise<void>} shown
 */
export async function closeRegister(cells, shown) {
  const cell = sessionCell(cells);
  if (!cell) return;
  await record("register.close", [change("session", cell.id, { register: "closed", state: "held" }, cell.base)]);
  await shown();
  one("[data-closed-here]")?.focus();
}

/**
 * Closed here but not yet on the page: say so, and take the next steps away.
 * @param {Map<HTMLElement, import("../sync/overlay.js").Cell>} cells
 */
export function paintClosed(cells) {
  const cell = sessionCell(cells);
  const notice = one("[data-closed-here]");
  if (!cell || !notice) return;
  const closed = cell.own && cell.value.register === "closed";
  notice.hidden = !closed;
  one(".dock")?.toggleAttribute("hidden", closed);
  one("[data-close-section]")?.toggleAttribute("hidden", closed);
}
