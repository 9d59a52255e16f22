// Signing in at the server from an enrolled tablet: the same password, and in exchange the server lets this person's records
// come from this tablet and hands over what proves their PIN. A tablet that is not enrolled posts the plain form.
import { make, one } from "../lib/dom.js";
import { knownDevice } from "../lib/device.js";
import { answerJson, askServer } from "../lib/http.js";
import { language } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { signText } from "../lib/signing.js";
import { keepPerson, setActor } from "./identity.js";

/**
 * Raises Problem with the server's code and words, or `offline`, `timeout`, `stranger`; nothing changed then.
 * @param {string} username
 * @param {string} password
 * @returns {Promise<{id: string, name: string, roles: string[]}>} who acts now
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
  const name = (language() === "zh" && told.name_zh) || told.name_en;
  const actor = { id: told.person, name, roles: told.roles };
  if (told.pin) await keepPerson(actor, told.pin);
  await setActor(actor);
  return actor;
}

/** Take over the page's sign-in form where this tablet is enrolled. */
export async function startSignIn() {
  const form = /** @type {HTMLFormElement|null} */ (one("form[data-sign-in]"));
  if (!form || (await knownDevice())?.state !== "enrolled") return;
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
