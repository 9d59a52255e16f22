// How people, attempts, the step sheet and the question before signing look for what is known. Writes to the page only.
import { timeText } from "../lib/clock.js";
import { every, make, one } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";

const ALWAYS = ["competent", "not_yet", "none"];

/** A copy of one of the page's faces: [data-outcome=...], [data-place=...], [data-at-sign=...], [data-seen=...]. */
function face(root, selector) {
  const template = one("template[data-faces]", root);
  const found = template instanceof HTMLTemplateElement ? template.content.querySelector(selector) : null;
  return found?.firstElementChild?.cloneNode(true) ?? "";
}

/**
 * @param {HTMLElement} root
 * @param {Map<string, import("./model.js").PersonView>} people
 */
export function paintCounts(root, people) {
  const states = [...people.values()].map((person) => person.standing);
  for (const place of every("[data-count]", root)) {
    const state = place.dataset.count ?? "";
    const count = states.filter((each) => each === state).length;
    place.textContent = String(count);
    place.parentElement?.toggleAttribute("hidden", !count && !ALWAYS.includes(state));
  }
}

/**
 * @param {HTMLElement} root
 * @param {import("./model.js").PersonView} person
 * @param {(actor: string) => string} nameOf
 */
export function paintPerson(root, person, nameOf) {
  const tags = one("[data-person-tags]", person.element);
  const under = person.running.length && person.standing !== "running" ? [face(root, "[data-outcome=running]")] : [];
  tags?.replaceChildren(face(root, `[data-outcome=${person.standing}]`), " ", ...under);
  one("form[data-act=start]", person.element)?.toggleAttribute("hidden", person.running.length > 0);
  one("[data-disputed]", person.element)?.toggleAttribute("hidden", person.standing !== "disputed");
  for (const attempt of person.attempts) paintAttempt(root, attempt, nameOf);
}

/** The server's words stay where nothing of this device lies over them. */
function paintAttempt(root, attempt, nameOf) {
  const { element, result, voidReason } = attempt;
  const state = voidReason !== null ? "void" : !result ? "running" : attempt.disputed ? "disputed" : result.outcome;
  one("[data-tag]", element)?.replaceChildren(face(root, `[data-outcome=${state}]`));
  one("[data-where]", element)?.replaceChildren(face(root, `[data-place=${attempt.trouble ? "refused" : attempt.at}]`));
  if (attempt.own) {
    fill(element, "[data-when]", timeText(attempt.startedAt));
    fill(element, "[data-who]", nameOf(element.dataset.actor ?? ""));
  }
  fill(element, "[data-void-reason]", voidReason ?? "");
  one("[data-void-text]", element)?.toggleAttribute("hidden", voidReason === null);
  one("[data-void-box]", element)?.toggleAttribute("hidden", voidReason !== null);
  one("button[value=correct]", element)?.toggleAttribute("hidden", !result);
  const box = one("[data-frozen-box]", element);
  const list = one("[data-frozen]", element);
  if (box) box.hidden = !result;
  if (result && list && !list.childElementCount) list.replaceChildren(...result.steps.map((step) => frozenLine(root, step)));
}

function frozenLine(root, [id, seen, remark]) {
  const row = one(`li[data-step="${id}"]`, root);
  const text = make("span", {}, one("[data-step-text]", row ?? root)?.textContent ?? id);
  if (row && "critical" in row.dataset) text.append(" ", face(root, "[data-critical]"));
  if (remark) text.append(make("span", { class: "remark-text", translate: "no" }, remark));
  return make("li", {}, face(root, `[data-seen=${seen}]`), text);
}

/**
 * The step sheet for the attempt under way, or put away.
 * @param {HTMLElement} root
 * @param {import("./model.js").PersonView|null} person who is open
 * @param {import("./model.js").AttemptView|null} attempt
 */
export function paintSteps(root, person, attempt) {
  root.toggleAttribute("data-active", attempt !== null);
  for (const each of person?.attempts ?? []) one("[data-continue]", each.element)?.toggleAttribute("hidden", !each.running || each === attempt);
  if (!attempt) return;
  let missing = 0;
  for (const row of every("li[data-step]", root)) {
    const cell = attempt.steps[row.dataset.step ?? ""];
    const result = String(cell?.value.result ?? "");
    missing += result ? 0 : 1;
    for (const button of every(".marks button", row)) button.setAttribute("aria-pressed", String(button.getAttribute("value") === result));
    const sign = cell?.trouble ? "refused" : cell?.own ? cell.at : "conflict" in (cell?.element.dataset ?? {}) ? null : cell?.at;
    if (sign !== null) one("[data-step-at]", row)?.replaceChildren(sign ? face(root, `[data-at-sign=${sign}]`) : "");
    const remark = one("textarea", row);
    if (remark instanceof HTMLTextAreaElement && !("dirty" in remark.dataset)) remark.value = String(cell?.value.remark ?? "");
  }
  const words = missing === 1 ? _("1 step not recorded") : _("{n} steps not recorded", { n: missing });
  fill(root, "[data-missing]", missing ? words : _("Every step is recorded"));
}

/**
 * The question before signing.
 * @param {HTMLElement} root
 * @param {import("./model.js").PersonView} person
 * @param {{steps: [string, string, string][], outcome: string}} result
 */
export function paintSign(root, person, result) {
  fill(root, "[data-sign-name]", one("[data-name]", person.element)?.textContent ?? "");
  one("[data-sign-outcome]", root)?.replaceChildren(face(root, `[data-outcome=${result.outcome}]`));
  for (const why of every("[data-sign-why]", root)) why.hidden = why.dataset.signWhy !== result.outcome;
  for (const [id, seen] of result.steps) {
    const line = one(`[data-sign-step="${id}"]`, root);
    if (!line) continue;
    line.hidden = seen === "yes";
    one("[data-sign-seen]", line)?.replaceChildren(face(root, `[data-seen=${seen}]`));
  }
}

function fill(root, selector, text) {
  const place = one(selector, root);
  if (place && place.textContent !== text) place.textContent = text;
}
