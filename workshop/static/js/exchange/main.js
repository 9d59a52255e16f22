// The page Exchange: files are made, handed on and brought in without leaving the page blind. Without script the forms do the same.
import { every, one } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { TEXT_TYPE, canShareFiles, saveFile, shareFile } from "../sync/sharing.js";
import { transfer } from "./transfer.js";

const BRING_BYTES_MAX = 64 * 1024 * 1024;

/** A file that was ready when the tap was already too long ago: the next tap on the same button hands it on. @type {WeakMap<Element, {file: File, ops: string}>} */
const ready = new WeakMap();

export function start() {
  for (const button of every("[data-share]")) button.hidden = !canShareFiles();
  for (const form of /** @type {HTMLFormElement[]} */ (every("form[data-make]"))) {
    form.addEventListener("submit", (event) => void working(form, event, () => makeFile(form, event)));
  }
  for (const form of /** @type {HTMLFormElement[]} */ (every("form[data-bring]"))) {
    form.addEventListener("submit", (event) => void working(form, event, () => bringFile(form)));
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {SubmitEvent} event
 */
async function makeFile(form, event) {
  const button = /** @type {HTMLButtonElement} */ (event.submitter);
  const sharing = button.matches("[data-share]");
  const held = ready.get(button);
  ready.delete(button);
  const made = held ?? (await madeFile(form, button));
  if (!made) return;
  const outcome = sharing ? await shareFile(made.file, whatToDo()) : "saved";
  if (outcome === "again") ready.set(button, made);
  if (outcome === "failed" || outcome === "saved") saveFile(made.file, made.file.name);
  const values = { n: made.ops, name: made.file.name };
  if (outcome === "shared") say(form, _("{n} records handed over in the file {name}. They count as arrived when a file comes back.", values));
  else if (outcome === "again") say(form, _("The file is ready. Tap once more to send it"));
  else if (outcome === "dismissed") say(form, _("Not sent. All of it is still here"));
  else say(form, _("{n} records are in the file {name}, among the downloads. They count as arrived when a file comes back.", values));
}

/**
 * The file as the server makes it; null when its answer is a page that says why not, which is then shown.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
async function madeFile(form, button) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form, button)) url.searchParams.append(name, String(value));
  say(form, _("The file is being made"));
  const answer = await transfer("GET", url.href, null, (done, of) => tellBytes(form, done, of));
  const name = /filename="?([^";]+)"?/.exec(answer.header("Content-Disposition"))?.[1];
  if (answer.status !== 200 || !name) {
    location.assign(url.href);
    return null;
  }
  const type = name.endsWith(".txt") ? TEXT_TYPE : answer.blob.type;
  return { file: new File([answer.blob], name, { type }), ops: answer.header("Luban-Ops") };
}

/** @param {HTMLFormElement} form */
async function bringFile(form) {
  const file = /** @type {HTMLInputElement} */ (one("input[type=file]", form)).files?.[0];
  if (file && file.size > BRING_BYTES_MAX) {
    say(form, _("The file is larger than 64 MB. Nothing was taken in. Connect the two servers once, or make a file with only what is new"));
    return;
  }
  say(form, _("The file goes to the server"));
  const answer = await transfer("POST", form.action, new FormData(form), (done, of) => tellBytes(form, done, of));
  if (answer.url === form.action) form.submit(); // refused before it was read: the server's own words come as a page
  else location.assign(answer.url);
}

function whatToDo() {
  return document.body.dataset.siteRole === "campus"
    ? _("Bring this file in on the workshop's server, page Exchange. It tells what has arrived at the home campus.")
    : _("Bring this file in at the home campus, page Exchange. Then send back the file that the page gives.");
}

/**
 * @param {HTMLFormElement} form
 * @param {SubmitEvent} event
 * @param {() => Promise<void>} act
 */
async function working(form, event, act) {
  event.preventDefault();
  const buttons = /** @type {HTMLButtonElement[]} */ (every("button", form));
  const bar = one("progress", form);
  bar?.removeAttribute("value");
  one("[data-progress]", form)?.removeAttribute("hidden");
  bar?.toggleAttribute("hidden", false);
  const running = act();
  for (const button of buttons) button.disabled = true;
  try {
    await running;
  } catch (error) {
    say(form, problemWords(error instanceof Problem ? error : new Problem("unknown")));
  }
  bar?.toggleAttribute("hidden", true);
  for (const button of buttons) button.disabled = false;
}

/**
 * @param {HTMLFormElement} form
 * @param {number} done
 * @param {number} of
 */
function tellBytes(form, done, of) {
  const bar = one("progress", form);
  bar?.setAttribute("max", String(of));
  bar?.setAttribute("value", String(done));
  say(form, _("{done} of {all} kB", { done: Math.round(done / 1000), all: Math.round(of / 1000) }));
}

/**
 * @param {HTMLFormElement} form
 * @param {string} text
 */
function say(form, text) {
  const place = one("[data-said]", form);
  if (place) place.textContent = text;
}
