// Signing in at the server from an enrolled tablet: the same password, and in exchange the server lets this person's records
// come from this tablet and hands over what proves their PIN. A tablet that is not enrolled posts the plain form.
import { utf8 } from "../lib/canonical.js";
import { make, one } from "../lib/dom.js";
import { knownDevice } from "../lib/device.js";
import { answerJson, askServer } from "../lib/http.js";
import { language } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { digestHex, signText } from "../lib/signing.js";
import { currentActor, keepPerson, peopleHere, setActor } from "./identity.js";

/** @type {string|null} for whom this page has asked already */
let askedFor = null;

/**
 * Raises Problem with the server's code and words, or `offline`, `timeout`, `stranger`; nothing changed then.
 * @param {string} username
 * @param {string} password
 * @returns {Promise<{id: string, name: string, kept: boolean, hasPin: boolean}>} who acts now; `kept`: and can unlock later
 */
export async function signInAtServer(username, password) {
  const device = await knownDevice();
  const proof =
    device?.state === "enrolled"
      ? { device: device.id, sig: await signText(device.key, `luban-signin-1\n${device.id}\n${username}`) }
      : {};
  const answer = await askServer(`/${language()}/sign-in/tablet`, {
    method: "POST",
    body: JSON.stringify({ username, password, ...proof }),
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-Luban": "1" },
  });
  const told = answerJson(answer);
  if (answer.status !== 200) throw new Problem(told.code ?? "sign_in_failed", told);
  const { actor, kept } = await keepTold(told, Boolean(proof.device));
  await setActor(actor, Number(told.since ?? 0));
  return { ...actor, kept, hasPin: Boolean(told.pin) };
}

/**
 * Keep who the server says has signed in. A trainee's own phone needs no list of people.
 * @param {any} told
 * @param {boolean} enrolled
 */
async function keepTold(told, enrolled) {
  const names = { en: told.name_en || told.name_zh, zh: told.name_zh || told.name_en };
  const actor = { id: told.person, name: names[language()], roles: told.roles };
  const kept = enrolled && told.kind === "staff" && (await keepPerson({ ...actor, names }, told.pin ?? null));
  return { actor, kept };
}

/**
 * Whoever signed in on this tablet before it was enrolled is bound to it now: the session proves who, the device's key where.
 * Asks once a page for each person who is not known here yet. Raises Problem as `askServer` does.
 * @param {import("../lib/device.js").Device} device
 * @param {boolean} [again] also for a person who is known: their PIN may be new
 */
export async function bindHere(device, again = false) {
  const actor = await currentActor();
  if (device.state !== "enrolled" || !actor || actor.roles.join() === "trainee") return;
  if (!again && (askedFor === actor.id || (await peopleHere()).some(({ id }) => id === actor.id))) return;
  askedFor = actor.id;
  const body = JSON.stringify({ device: device.id });
  const signature = await signText(device.key, `luban-request-1\n${await digestHex(utf8(body))}`);
  const headers = { "Content-Type": "application/json", "Luban-Signature": signature };
  const answer = await askServer("/sync/v1/here", { method: "POST", body, headers });
  if (answer.status === 200) await keepTold(answerJson(answer), true);
}

/** Take over the page's sign-in form where this tablet is enrolled. */
export async function startSignIn() {
  const form = /** @type {HTMLFormElement|null} */ (one("form[data-sign-in]"));
  if (!form || (await knownDevice())?.state !== "enrolled") return;
  form.dataset.signIn = "tablet";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const typed = new FormData(form);
    try {
      await signInAtServer(String(typed.get("username")), String(typed.get("password")));
      location.assign(String(typed.get("next") ?? `/${language()}/`));
    } catch (error) {
      one("[data-sign-in-problem]")?.remove();
      const said = make("p", {}, problemWords(error));
      form.before(make("div", { class: "error-summary", role: "alert", "data-sign-in-problem": true }, said));
    }
  });
}
