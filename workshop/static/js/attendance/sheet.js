// The sheet behind "...": the rare states, minutes late, a note. One dialog, filled for the row that was tapped.
import { every, one, onEach } from "../lib/dom.js";
import { statusOf } from "./paint.js";

/** @param {HTMLElement} root */
export function startSheet(root) {
  const sheet = one("dialog#sheet", root);
  if (!(sheet instanceof HTMLDialogElement)) return;
  onEach(root, "click", "a[data-more]", (link, event) => {
    const row = link.closest("li[data-record]");
    if (!(row instanceof HTMLElement)) return;
    event.preventDefault();
    fill(sheet, row);
    sheet.showModal();
  });
  onEach(sheet, "click", "[data-sheet-close]", (_link, event) => {
    event.preventDefault();
    sheet.close();
  });
  if (sheet.open) {
    sheet.close();
    sheet.showModal();
  }
}

/**
 * @param {HTMLDialogElement} sheet
 * @param {HTMLElement} row
 */
function fill(sheet, row) {
  const name = one(".name", row)?.textContent ?? "";
  const title = one("[data-sheet-title]", sheet);
  if (title) title.textContent = name;
  set(sheet, "record", row.dataset.id ?? "");
  set(sheet, "base", row.dataset.base ?? "[]");
  set(sheet, "note", row.dataset.note ?? "");
  for (const button of every(".marks button", sheet)) {
    button.setAttribute("aria-pressed", String(button.getAttribute("value") === statusOf(row)));
  }
  const save = one("[data-sheet-save]", sheet);
  save?.setAttribute("value", "");
}

function set(sheet, name, value) {
  const field = one(`[name=${name}]`, sheet);
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = value;
}
