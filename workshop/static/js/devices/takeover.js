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

/**
 * `done`: labels that are held whole; `asked`: for whom the server was asked, "" before anybody had signed in.
 * @typedef {{classes: string[], lessons: string[], done: string[], pages: number, asked: string[]}} Plan
 */

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
  const actor = await currentActor();
  try {
    const plan = await planFor((await keptPlan()) ?? { classes: [], lessons: [], done: [], pages: 0, asked: [] }, actor?.id ?? "");
    for (const slug of plan.lessons) await take(plan, `lesson.${slug}`, `/${language()}/lessons/${slug}/offline.json`);
    if (!actor) askSignIn();
    else for (const id of plan.classes) await take(plan, id, `/${language()}/classes/${id}/offline.json`);
    if (isDone(plan)) sayReady(plan);
  } catch (error) {
    if (error instanceof Problem && error.code === "signed_out") askSignIn();
    else say(problemWords(error));
    if (again) again.hidden = false;
  }
  fetching = false;
  if ((await currentActor())?.id !== actor?.id) await fetchAll(); // somebody signed in meanwhile
}

function askSignIn() {
  say(_("The lessons are here. Sign in below with your user name and password: then your classes are fetched."));
  one("details[data-add]")?.setAttribute("open", "");
}

/**
 * Asks once before anybody has signed in and once for each who has: whoever is new on it brings classes. Those whose tablet it was are on the
 * list from then on, without a PIN until they sign in.
 * @param {Plan} plan
 * @param {string} person
 */
async function planFor(plan, person) {
  if (plan.asked.includes(person)) return plan;
  say(_("Asking the workshop's server"));
  const { people, classes, lessons } = await askNeeds();
  const known = new Set((await peopleHere()).map(({ id }) => id));
  for (const { id, name_en, name_zh, roles } of people.filter((person) => !known.has(person.id))) {
    const names = { en: name_en || name_zh, zh: name_zh || name_en };
    await keepPerson({ id, name: names[language()], names, roles }, null);
  }
  plan.classes = [...new Set([...plan.classes, ...classes])];
  plan.lessons = [...new Set([...plan.lessons, ...lessons])];
  plan.asked.push(person);
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
  const answer = await askServer(list, { headers: { "Content-Type": "application/json" } }); // so that a session that is over is told as that
  if (answer.status !== 200) throw new Problem(answerJson(answer).code ?? "stranger");
  const { urls } = answerJson(answer);
  const step = plan.done.length + 1;
  const of = plan.classes.length + plan.lessons.length;
  const { held, failed } = await prepare(urls, label, (now) => {
    say(_("Fetching {step} of {of}: page {done} of {pages}", { step, of, done: now.done, pages: now.of }));
  });
  const [bad] = failed;
  if (bad) throw new Problem({ storage_full: "storage_full", sign_in: "signed_out" }[bad.code] ?? "offline");
  plan.done.push(label);
  plan.pages += held;
  await set(KEPT, plan);
}

/** @param {Plan} plan */
function isDone({ classes, lessons, done, asked }) {
  return asked.some(Boolean) && done.length >= classes.length + lessons.length;
}

/** @param {Plan} plan */
function sayReady({ classes, lessons, pages }) {
  say(_("Ready: {classes} classes and {lessons} lessons open without a network ({pages} pages and files).", { classes: classes.length, lessons: lessons.length, pages }));
}

/** @param {string} text */
function say(text) {
  tellText("takeover", text);
}
