// The class's attempts as this tablet knows them: what came with the page, and over it this device's own ops. Attempts that exist
// in the outbox alone get an element of their own, copied from the page's blank. Records nothing.
import { asked, transact } from "../lib/db.js";
import { every, jsonOr, make, one } from "../lib/dom.js";
import { cellsOn } from "../sync/overlay.js";
import { standingOf } from "./rules.js";

const RANK = ["tablet", "workshop", "campus"];

/** @typedef {import("../sync/overlay.js").Cell} Cell */

/**
 * @typedef {object} AttemptView
 * @property {HTMLElement} element
 * @property {string} id
 * @property {string} trainee
 * @property {number} startedAt
 * @property {string|null} replaces
 * @property {{steps: [string, string, string][], outcome: string}|null} result what was signed
 * @property {string|null} voidReason
 * @property {boolean} running neither signed nor void
 * @property {boolean} own made here and not on the page yet
 * @property {boolean} disputed
 * @property {string} at
 * @property {string|null} trouble
 * @property {string[]} base
 * @property {Record<string, Cell>} steps
 */

/**
 * @typedef {object} PersonView
 * @property {HTMLElement} element
 * @property {string} id
 * @property {AttemptView[]} attempts by start
 * @property {AttemptView[]} running
 * @property {ReturnType<typeof standingOf>} standing
 */

/**
 * @param {HTMLElement} root
 * @returns {Promise<Map<string, PersonView>>} by trainee
 */
export async function readPeople(root) {
  const rule = jsonOr(root.dataset.rule, /** @type {import("./rules.js").Step[]} */ ([]));
  for (const found of await ownAttempts(root)) addElement(root, found);
  for (const element of every("li[data-record=attempt]", root)) addStepCells(element, rule);
  const cells = await cellsOn(root);
  /** @type {Map<string, PersonView>} */
  const people = new Map();
  for (const element of every(".person", root)) {
    const attempts = every("li[data-record=attempt]", element)
      .filter((each) => isKnown(each, cells))
      .map((each) => attemptView(each, element.id, cells));
    settleDisputes(attempts);
    attempts.sort((a, b) => a.startedAt - b.startedAt);
    const standing = standingOf(attempts.map(factOf));
    people.set(element.id, { element, id: element.id, attempts, running: attempts.filter((each) => each.running), standing });
  }
  return people;
}

/** Attempts of this class and test that were begun on this device, from its outbox. */
async function ownAttempts(root) {
  const range = IDBKeyRange.bound("attempt/", "attempt0", false, true); // "0" comes after "/"
  const ops = await transact(["ops"], "readonly", (tx) => asked(tx.objectStore("ops").index("cells").getAll(range)));
  const found = [];
  for (const { part, header, body } of ops.filter((op) => op.part === document.body.dataset.site)) {
    for (const [type, id, fields] of JSON.parse(body)) {
      const here = fields.class_id === root.dataset.class && fields.rubric_id === root.dataset.rubric;
      if (type === "attempt" && here && fields.started_at) found.push({ part, id, trainee: fields.trainee_id, actor: JSON.parse(header).actor });
    }
  }
  return found;
}

function addElement(root, { id, trainee, actor }) {
  const list = one(`[data-trainee="${trainee}"] [data-attempts]`, root);
  const blank = one("template[data-blank-attempt]", root);
  if (!list || one(`li[data-id="${id}"]`, root) || !(blank instanceof HTMLTemplateElement)) return;
  const element = /** @type {HTMLElement} */ (blank.content.firstElementChild?.cloneNode(true));
  element.id = id;
  Object.assign(element.dataset, { record: "attempt", id, own: "", actor });
  for (const field of every("[name=attempt]", element)) field.setAttribute("value", id);
  list.append(element);
}

/** A step of an attempt under way may have been recorded here only: it needs a cell to be laid over. */
function addStepCells(element, rule) {
  if (jsonOr(element.dataset.value, {}).result) return;
  for (const { id } of rule) {
    const record = `${element.dataset.id}.${id}`;
    if (!one(`[data-record=attempt_step][data-id="${record}"]`, element)) {
      element.append(make("span", { hidden: true, "data-record": "attempt_step", "data-id": record }));
    }
  }
}

/** An attempt of this device that the server took, but did not apply, is in no newer page; the strip names what was not accepted. */
function isKnown(element, cells) {
  element.hidden = "own" in element.dataset && !cells.get(element).own;
  return !element.hidden;
}

/** @returns {AttemptView} */
function attemptView(element, trainee, cells) {
  const cell = /** @type {Cell} */ (cells.get(element));
  const { value } = cell;
  const steps = Object.fromEntries(
    every("[data-record=attempt_step]", element).map((each) => [each.dataset.id?.split(".")[1], cells.get(each)]),
  );
  const running = !value.result && !value.void;
  // What is under way also rests on its steps: it is only as far as the last of them.
  const places = [cell, ...(running ? Object.values(steps) : [])].map((each) => each.at).filter(Boolean);
  return {
    element,
    id: cell.id,
    trainee,
    startedAt: Number(value.started_at ?? 0),
    replaces: /** @type {string|null} */ (value.replaces ?? null),
    result: /** @type {any} */ (value.result ?? null),
    voidReason: /** @type {any} */ (value.void)?.reason ?? null,
    running,
    own: "own" in element.dataset,
    disputed: false,
    at: RANK.find((place) => places.includes(/** @type {any} */ (place))) ?? "tablet",
    trouble: cell.trouble ?? Object.values(steps).find((each) => each.trouble)?.trouble ?? null,
    base: cell.base,
    steps,
  };
}

/** The page says which attempts contradict each other. Declared void here, or tested once more here, they do so no longer. */
function settleDisputes(attempts) {
  const standing = new Map(attempts.filter((each) => each.result && each.voidReason === null).map((each) => [each.id, each]));
  const later = [...standing.values()].some((each) => each.own);
  for (const attempt of standing.values()) {
    const others = jsonOr(attempt.element.dataset.disputes, /** @type {string[]} */ ([]));
    attempt.disputed = "unsure" in attempt.element.dataset || (!later && others.some((id) => standing.has(id)));
  }
}

/** @param {AttemptView} attempt */
export function factOf({ id, startedAt, result, voidReason, disputed, replaces }) {
  return { id, at: startedAt, outcome: result?.outcome ?? "open", signed: Boolean(result), void: voidReason !== null, disputed, replaces };
}
