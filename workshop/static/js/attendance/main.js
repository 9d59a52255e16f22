// The register on a tablet: a tap makes an op, the disk has it, then the row shows it. Lays this device's ops over the page.
import { every, one, onEach, tell } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { change } from "../sync/ops.js";
import { record } from "../sync/outbox.js";
import { cellsOf, cellsOn } from "../sync/overlay.js";
import { closeRegister, paintClosed } from "./closing.js";
import { counts, paintCounts, paintRow, statusOf } from "./paint.js";
import { startSheet } from "./sheet.js";

const CHANGES_MAX = 80; // people in one op: a body stays far below its 16 KiB
const QUIET_MS = 100; // a tap comes first: what it sets off is looked at when it is done
const KEYS = { ArrowDown: 1, ArrowUp: -1 };

/** @typedef {import("../sync/overlay.js").Cell} Cell */

export function start() {
  const root = one("[data-roster]");
  if (!root || root.hasAttribute("data-readonly")) return;
  const register = new Register(root);
  root.addEventListener("submit", (event) => register.submitted(event));
  root.addEventListener("keydown", (event) => moveByRow(root, event));
  onEach(root, "change", "[data-counts] input", () => every("[data-touched]", root).forEach((row) => delete row.dataset.touched));
  for (const type of ["luban:moved", "luban:state"]) document.addEventListener(type, () => register.refreshSoon());
  document.addEventListener("luban:page-changed", () => one("[data-newer]")?.removeAttribute("hidden"));
  startSheet(root);
  void register.refresh().then(() => performance.mark("register:ready")); // bench/first_page.py waits for it
}

class Register {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Map<HTMLElement, Cell>} */
    this.cells = new Map();
    /** @type {{rows: HTMLElement[], before: (Record<string, unknown>)[]}|null} what Undo takes back */
    this.last = null;
    this.busy = Promise.resolve();
    this.writes = 0;
    this.soon = false;
  }

  rows() {
    return every("li[data-record]", this.root);
  }

  /** Show every row as this tablet knows it. */
  async refresh() {
    const { writes } = this;
    const cells = await cellsOn(this.root.closest("main") ?? this.root);
    if (writes !== this.writes) return this.refresh(); // read before what was written since: it must not flicker back
    this.cells = cells;
    for (const row of this.rows()) paintRow(this.root, row, cells.get(row));
    paintCounts(this.root, this.rows());
    paintClosed(cells);
  }

  /** News comes in bursts: look once, and not in front of a tap. */
  refreshSoon() {
    if (this.soon) return;
    this.soon = true;
    setTimeout(async () => {
      await this.busy;
      this.soon = false;
      await this.refresh();
    }, QUIET_MS);
  }

  /** The disk has it: show it at once, as the newest word of this tablet. What else is known follows with the next look. */
  paintOwn(row, cell, fields) {
    /** @type {Cell} */
    const own = { ...cell, value: { ...cell.value, ...fields }, at: "tablet", trouble: null, own: true };
    this.cells.set(row, own);
    paintRow(this.root, row, own);
  }

  /** @param {SubmitEvent} event */
  submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const act = this.actOf(form, /** @type {HTMLButtonElement|null} */ (event.submitter));
    if (!act) return;
    event.preventDefault();
    // One act after the other: the second tap must see what the first has written.
    this.busy = this.busy.then(act).catch((error) => this.failed(error));
  }

  /** What a form means here; null leaves it to the server. */
  actOf(form, button) {
    const row = form.closest("li[data-record]");
    if (row instanceof HTMLElement) return () => this.mark([row], fieldsOf(button), "attendance.mark");
    if (form.matches("[data-sheet-form]")) return () => this.fromSheet(form, button);
    if (form.dataset.act === "remaining") return () => this.markRemaining();
    if (form.dataset.act === "close" || form.matches("[data-close-form]")) return () => closeRegister(this.cells, () => this.refresh());
    if (form.matches("[data-undo]")) return () => this.undo();
    return null;
  }

  /**
   * @param {HTMLElement[]} rows
   * @param {Record<string, unknown>} fields
   * @param {string} intent
   */
  async mark(rows, fields, intent) {
    const before = rows.map((row) => markOf(this.cells.get(row)));
    for (const row of rows) row.dataset.touched = "";
    await this.write(rows.map((row) => [row, fields]), intent);
    this.last = { rows, before };
    this.say(rows, fields);
  }

  /** @param {HTMLFormElement} form */
  async fromSheet(form, button) {
    const record = form.elements.namedItem("record");
    const row = this.rows().find((each) => each.dataset.id === /** @type {HTMLInputElement} */ (record).value);
    if (!row) return;
    const fields = fieldsOf(button);
    const note = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("note")).value.trim();
    const held = this.cells.get(row)?.value.note ?? "";
    if (!fields.status) delete fields.status;
    if (note !== held) fields.note = note || null;
    if (Object.keys(fields).length) await this.mark([row], fields, "attendance.mark");
    /** @type {HTMLDialogElement|null} */ (form.closest("dialog"))?.close();
  }

  async markRemaining() {
    const rows = this.rows().filter((row) => statusOf(row) === "none" && !row.hasAttribute("data-withdrawn"));
    if (rows.length) await this.mark(rows, { status: "present" }, "attendance.mark_rest");
  }

  async undo() {
    if (!this.last) return;
    const { rows, before } = this.last;
    await this.write(rows.map((row, index) => [row, before[index]]), "attendance.undo");
    this.last = null;
    this.said(_("Taken back"));
    one("[data-undo]", this.root)?.setAttribute("data-empty", "");
  }

  /**
   * @param {[HTMLElement, Record<string, unknown>][]} marks
   * @param {string} intent
   */
  async write(marks, intent) {
    const cells = await cellsOf(marks.map(([row]) => row));
    for (let start = 0; start < marks.length; start += CHANGES_MAX) {
      const some = marks.slice(start, start + CHANGES_MAX);
      await record(intent, some.map(([row, fields]) => change("attendance", row.dataset.id ?? "", fields, cells.get(row)?.base ?? [])));
      this.writes += 1;
      for (const [row, fields] of some) this.paintOwn(row, cells.get(row), fields);
    }
    paintCounts(this.root, this.rows());
  }

  /** @param {HTMLElement[]} rows */
  say(rows, fields) {
    const name = one(".name", rows[0])?.textContent ?? "";
    const word = one(".cycle span", rows[0])?.textContent ?? "";
    this.said(rows.length === 1 ? _("{name}: {state}", { name, state: word }) : _("{n} marked present", { n: rows.length }));
    one("[data-undo]", this.root)?.removeAttribute("data-empty");
    const live = one("[data-live]", this.root);
    const now = counts(this.rows());
    if (live) live.textContent = _("{present} present, {absent} absent, {none} not marked", now);
    return fields;
  }

  /** @param {string} text */
  said(text) {
    const said = one("[data-said]", this.root);
    if (said) said.textContent = text;
  }

  /** @param {unknown} error */
  failed(error) {
    this.said(problemWords(error));
    tell("luban:trouble", { code: error instanceof Problem ? error.code : "unknown" });
  }
}

/** The fields that a button means: a status, or minutes late. */
function fieldsOf(button) {
  if (button?.name === "minutes") return { status: "late", minutes: Number(button.value) };
  return { status: button?.value || null };
}

/** What a cell's mark was, as an op would set it again. */
function markOf(cell) {
  const { status = null, minutes = null } = cell?.value ?? {};
  return minutes ? { status, minutes } : { status };
}

/** Arrow keys go from row to row, to the same button. */
function moveByRow(root, event) {
  const step = KEYS[event.key];
  const row = event.target instanceof Element ? event.target.closest("li[data-record]") : null;
  if (!step || !row || event.target instanceof HTMLTextAreaElement) return;
  const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  const at = every("button, a", /** @type {HTMLElement} */ (row)).indexOf(event.target);
  const same = next && every("button, a", /** @type {HTMLElement} */ (next))[at];
  if (!same) return;
  event.preventDefault();
  same.focus();
}

