// Who uses this tablet: tiles, unlocking with a PIN, adding somebody with the password, taking somebody off.
import { make, one } from "../lib/dom.js";
import { knownDevice } from "../lib/device.js";
import { _ } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { currentActor, forgetPerson, peopleHere, signInHere, signOutHere } from "../sync/identity.js";
import { unsentBy } from "../sync/outbox.js";
import { signInAtServer } from "../sync/signin.js";
import { recordsText, tellText } from "./tell.js";

/** @type {import("../sync/identity.js").Person|null} whom the sheet is about */
let chosen = null;

export function startPeople() {
  form("[data-pin-form]").addEventListener("submit", (event) => {
    event.preventDefault();
    void unlock();
  });
  form("[data-add-form]").addEventListener("submit", (event) => {
    event.preventDefault();
    void add();
  });
  one("[data-lock]")?.addEventListener("click", () => void lock());
  one("[data-forget]")?.addEventListener("click", () => void forget());
  one("#pin-sheet [data-sheet-close]")?.addEventListener("click", (event) => {
    event.preventDefault();
    sheet().close();
  });
}

/** @param {boolean} enrolled */
export async function showPeople(enrolled) {
  const [people, actor, unsent] = await Promise.all([peopleHere(), currentActor(), unsentBy()]);
  const place = one("[data-people]");
  const blank = /** @type {HTMLTemplateElement|null} */ (one("template[data-tile]"));
  if (!place || !blank) return;
  place.replaceChildren(
    ...people.map((person) => {
      const tile = /** @type {HTMLElement} */ (/** @type {Element} */ (blank.content.firstElementChild).cloneNode(true));
      const button = /** @type {HTMLElement} */ (one("button", tile));
      button.setAttribute("aria-pressed", String(person.id === actor?.id));
      button.addEventListener("click", () => open(person, person.id === actor?.id));
      /** @type {HTMLElement} */ (one("[data-tile-name]", tile)).textContent = person.name;
      /** @type {HTMLElement} */ (one("[data-tile-about]", tile)).textContent = about(person, unsent.get(person.id) ?? 0, actor?.id);
      return tile;
    }),
  );
  one("[data-people-none]")?.toggleAttribute("hidden", !enrolled || people.length > 0);
  const known = people.find((person) => person.id === actor?.id);
  const name = known?.name ?? actor?.name ?? "";
  tellText("acting", actor ? _("{name} records on this tablet now.", { name }) : _("Nobody is signed in on this tablet. Records need a person."));
}

/**
 * @param {import("../sync/identity.js").Person} person
 * @param {number} unsent
 * @param {string|undefined} acting
 */
function about(person, unsent, acting) {
  const words = [];
  if (person.id === acting) words.push(_("records now"));
  else words.push(person.hasPin ? _("unlock with PIN") : _("no PIN yet"));
  if (unsent) words.push(_("{records} not sent", { records: recordsText(unsent) }));
  return words.join(" · ");
}

/**
 * @param {import("../sync/identity.js").Person} person
 * @param {boolean} acting
 */
function open(person, acting) {
  chosen = person;
  const title = one("[data-sheet-title]", sheet());
  if (title) title.textContent = person.name;
  const pin = /** @type {HTMLInputElement} */ (one("#f-pin"));
  pin.value = "";
  pin.required = !acting && person.hasPin;
  one("[data-pin-field]")?.toggleAttribute("hidden", acting || !person.hasPin);
  one("[data-unlock]")?.toggleAttribute("hidden", acting || !person.hasPin);
  one("[data-pin-none]")?.toggleAttribute("hidden", acting || person.hasPin);
  one("[data-lock]")?.toggleAttribute("hidden", !acting);
  say("[data-pin-said]", "");
  sheet().showModal();
  if (pin.required) pin.focus();
}

async function unlock() {
  if (!chosen?.hasPin) return;
  try {
    await signInHere(chosen.id, String(new FormData(form("[data-pin-form]")).get("pin")));
    sheet().close();
  } catch (error) {
    say("[data-pin-said]", pinWords(error));
  }
}

/** @param {unknown} error */
function pinWords(error) {
  if (error instanceof Problem && error.code === "pin_wait") {
    return _("Too many wrong PINs. Wait {n} seconds, then try again", { n: Math.ceil(Number(error.data.ms) / 1000) });
  }
  return problemWords(error);
}

async function lock() {
  await signOutHere();
  sheet().close();
}

async function forget() {
  if (!chosen) return;
  const unsent = (await unsentBy()).get(chosen.id) ?? 0;
  if (unsent) {
    const records = recordsText(unsent);
    say("[data-pin-said]", _("{records} of this person are not sent yet. Send them or export them to a file first", { records }));
    return;
  }
  await forgetPerson(chosen.id);
  sheet().close();
  await showPeople(true);
}

async function add() {
  const typed = new FormData(form("[data-add-form]"));
  if ((await knownDevice())?.state !== "enrolled") {
    say("[data-add-said]", _("First the tablet has to be enrolled."));
    return;
  }
  say("[data-add-said]", _("Asking the workshop's server"));
  try {
    const { name, kept, hasPin } = await signInAtServer(String(typed.get("username")), String(typed.get("password")));
    form("[data-add-form]").reset();
    say("[data-add-said]", addedWords(name, kept, hasPin));
    await showPeople(true);
  } catch (error) {
    say("[data-add-said]", problemWords(error));
  }
}

/**
 * @param {string} name
 * @param {boolean} kept
 * @param {boolean} hasPin
 */
function addedWords(name, kept, hasPin) {
  if (!kept) return _("{name} is signed in for now, but is not kept on this tablet.", { name });
  if (hasPin) return _("{name} can unlock this tablet with the PIN from now on.", { name });
  return _("{name} is signed in. To unlock without a network, set a PIN on the page of your account.", { name });
}

/**
 * @param {string} selector
 * @returns {HTMLFormElement}
 */
function form(selector) {
  return /** @type {HTMLFormElement} */ (one(selector) ?? make("form"));
}

/** @returns {HTMLDialogElement} */
function sheet() {
  return /** @type {HTMLDialogElement} */ (one("#pin-sheet") ?? make("dialog"));
}

/**
 * @param {string} selector
 * @param {string} text
 */
function say(selector, text) {
  const place = one(selector);
  if (place) place.textContent = text;
}
