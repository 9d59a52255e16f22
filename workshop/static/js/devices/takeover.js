// A tablet that took another one's place fetches what its people work with: names at once, lessons, and classes as soon as somebody signed in.
import { get, set } from "../lib/db.js";
import { one, tell } from "../lib/dom.js";
import { askNeeds } from "../lib/device.js";
import { answerJson, askServer } from "../lib/http.js";
import { _, language } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { prepare } from "../lib/worker.js";
import { currentActor, keepPerson, peopleHere } from "../sync/identity.js";
import { tellText } from "./tell.js";

const KEPT = "devices.takeover";

/** @typedef {{classes: string[], lessons: string[], done: string[], pages: number}} Plan `done`: labels that are held whole */

let fetching = false;
/** @type {string|null} for whom this page has begun by itself: a failure waits for the button, a new person begins again */
let begunFor = null;

export function startTakeover() {
  one("[data-takeover-now]")?.addEventListener("click", () => void fetchAll());
}

/**
 * Shows how far it is, and goes on where it stopped.
 * @param {import("../lib/device.js").Device|null} device
 */
export async function showTakeover(device) {
  const place = one("[data-takeover]");
  if (!place || device?.state !== "enrolled" || !device.replaces) return;
  place.hidden = false;
  tellText("replaces", _("This tablet takes the place of {name}.", { name: device.replaces }));
  const plan = await keptPlan();
  const actor = (await currentActor())?.id ?? "";
  if (plan && isDone(plan)) sayReady(plan);
  else if (!fetching && begunFor !== actor) {
    begunFor = actor;
    void fetchAll();
  }
}

/** @returns {Promise<Plan|undefined>} */
function keptPlan() {
  return get(KEPT);
}

async function fetchAll() {
  if (fetching) return;
  fetching = true;
  const again = /** @type {HTMLElement|null} */ (one("[data-takeover-now]"));
  if (again) again.hidden = true;
  try {
    const plan = (await keptPlan()) ?? (await askPlan());
    for (const slug of plan.lessons) await take(plan, `lesson.${slug}`, `/${language()}/lessons/${slug}/offline.json`);
    const actor = await currentActor();
    if (!actor) askSignIn();
    else for (const id of plan.classes) await take(plan, id, `/${language()}/classes/${id}/offline.json`);
    if (isDone(plan)) sayReady(plan);
  } catch (error) {
    say(problemWords(error));
    if (again) again.hidden = false;
  }
  fetching = false;
}

function askSignIn() {
  say(_("The lessons are here. Sign in below with your user name and password: then your classes are fetched."));
  one("details[data-add]")?.setAttribute("open", "");
}

/** Asks once; the people are on the tablet's list from then on, without a PIN until they sign in. */
async function askPlan() {
  say(_("Asking the workshop's server"));
  const { people, classes, lessons } = await askNeeds();
  const known = new Set((await peopleHere()).map(({ id }) => id));
  for (const { id, name_en, name_zh, roles } of people.filter((person) => !known.has(person.id))) {
    const names = { en: name_en || name_zh, zh: name_zh || name_en };
    await keepPerson({ id, name: names[language()], names, roles }, null);
  }
  /** @type {Plan} */
  const plan = { classes, lessons, done: [], pages: 0 };
  await set(KEPT, plan);
  tell("luban:moved"); // the list of people shows them
  return plan;
}

/**
 * @param {Plan} plan
 * @param {string} label
 * @param {string} list where the server lists its pages
 */
async function take(plan, label, list) {
  if (plan.done.includes(label)) return;
  const answer = await askServer(list);
  if (answer.status !== 200) throw new Problem(answerJson(answer).code ?? "stranger");
  const { urls } = answerJson(answer);
  const step = plan.done.length + 1;
  const of = plan.classes.length + plan.lessons.length;
  const { held, failed } = await prepare(urls, label, (now) => {
    say(_("Fetching {step} of {of}: page {done} of {pages}", { step, of, done: now.done, pages: now.of }));
  });
  if (failed.length) throw new Problem(failed[0].code === "storage_full" ? "storage_full" : "offline");
  plan.done.push(label);
  plan.pages += held;
  await set(KEPT, plan);
}

/** @param {Plan} plan */
function isDone({ classes, lessons, done }) {
  return done.length >= classes.length + lessons.length;
}

/** @param {Plan} plan */
function sayReady({ classes, lessons, pages }) {
  say(_("Ready: {classes} classes and {lessons} lessons open without a network ({pages} pages and files).", { classes: classes.length, lessons: lessons.length, pages }));
}

/** @param {string} text */
function say(text) {
  tellText("takeover", text);
}
