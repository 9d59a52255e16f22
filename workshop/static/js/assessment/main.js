// A practical test on a tablet: each tap makes an op, the disk has it, then the page shows it. One page holds everybody, so one
// cached page is enough to test a class without a network; the name after # says who is open.
import { every, jsonOr, one, tell } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { Problem, problemWords } from "../lib/problem.js";
import { canSign } from "../lib/signing.js";
import { currentActor, peopleHere } from "../sync/identity.js";
import { recordStep, resultOf, signOff, startAttempt, voidAttempt } from "./acts.js";
import { readPeople } from "./model.js";
import { paintCounts, paintPerson, paintSign, paintSteps } from "./paint.js";

const REMARK_MS = 900; // after the last key

export function start() {
  const root = one("[data-test]");
  // Without a key (plain http) nothing can be kept here: the forms go to the server as they are.
  if (!root || root.hasAttribute("data-readonly") || !canSign()) return;
  void new Test(root).begin();
}

class Test {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.test = { classId: root.dataset.class ?? "", rubricId: root.dataset.rubric ?? "", steps: jsonOr(root.dataset.rule, []) };
    /** @type {Map<string, import("./model.js").PersonView>} */
    this.people = new Map();
    /** @type {string|null} the attempt whose steps show, where somebody chose one */
    this.chosen = null;
    this.busy = Promise.resolve();
    this.fresh = Promise.resolve();
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  async begin() {
    const query = new URLSearchParams(location.search);
    this.chosen = query.get("attempt");
    if (query.get("trainee")) history.replaceState(null, "", `${location.pathname}#${query.get("trainee")}`);
    this.dialog()?.close();
    this.root.dataset.tablet = "";
    this.root.addEventListener("submit", (event) => this.submitted(event));
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.addEventListener("input", (event) => this.typed(event));
    this.root.addEventListener("change", () => this.act(() => this.saveRemarks()));
    addEventListener("hashchange", () => this.moved());
    document.addEventListener("visibilitychange", () => document.hidden && this.act(() => this.saveRemarks()));
    for (const type of ["luban:moved", "luban:state"]) document.addEventListener(type, () => void this.refresh());
    document.addEventListener("luban:page-changed", () => one("[data-newer]")?.removeAttribute("hidden"));
    await this.refresh();
    this.moved();
  }

  /** Read and show, one after the other: an older reading must not be shown over a newer one. */
  refresh() {
    this.fresh = this.fresh.then(() => this.readAndShow()).catch((error) => this.failed(error));
    return this.fresh;
  }

  async readAndShow() {
    this.people = await readPeople(this.root);
    const known = [...(await peopleHere()), await currentActor()];
    const nameOf = (/** @type {string} */ id) => known.find((person) => person?.id === id)?.name || id;
    for (const person of this.people.values()) paintPerson(this.root, person, nameOf);
    paintCounts(this.root, this.people);
    paintSteps(this.root, this.person(), this.active());
  }

  person() {
    return this.people.get(this.root.dataset.open ?? "") ?? null;
  }

  active() {
    const running = this.person()?.running ?? [];
    return running.find((each) => each.id === this.chosen) ?? running.at(-1) ?? null;
  }

  dialog() {
    const found = one("dialog#sign", this.root);
    return found instanceof HTMLDialogElement ? found : null;
  }

  /** The address says who is open. */
  moved() {
    const id = decodeURIComponent(location.hash.slice(1));
    const before = this.root.dataset.open;
    for (const each of every(".person[data-open]", this.root)) delete each.dataset.open;
    delete this.root.dataset.open;
    const person = this.people.get(id);
    if (person) {
      this.root.dataset.open = id;
      person.element.dataset.open = "";
    }
    for (const link of every("[data-lang-switch]")) link.setAttribute("href", `${link.getAttribute("href")?.split("#")[0]}${person ? `#${id}` : ""}`);
    paintSteps(this.root, this.person(), this.active());
    const place = person ?? this.people.get(before ?? "");
    if (!place || before === id) return;
    one("[data-open-person]", place.element)?.focus({ preventScroll: true });
    (person ? this.root : place.element).scrollIntoView({ block: person ? "start" : "center" });
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.matches("[data-open-person]")) location.hash = link.closest(".person")?.id ?? "";
    else if (link.matches("[data-back]")) this.act(() => this.saveRemarks(), () => (location.hash = ""));
    else if (link.matches("[data-sheet-close]")) this.dialog()?.close();
    else if (link.matches("[data-continue]")) this.act(() => this.saveRemarks(), () => this.choose(link.closest("li")?.id ?? null));
    else return;
    event.preventDefault();
  }

  /** @param {SubmitEvent} event */
  submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement|null} */ (event.submitter);
    const acts = {
      start: () => this.begun(),
      step: () => this.seen(form, button),
      sign: () => this.ask(),
      confirm: () => this.sign(form),
      void: () => this.declareVoid(form, button?.value === "correct"),
    };
    const act = acts[/** @type {keyof typeof acts} */ (form.dataset.act)];
    if (!act) return;
    event.preventDefault();
    this.act(act);
  }

  /** One act after the other: the second tap must see what the first has written. */
  act(work, after = () => undefined) {
    this.busy = this.busy
      .then(async () => {
        if ((await work()) !== false) one("[data-failed]", this.root)?.setAttribute("hidden", "");
        after();
      })
      .catch((error) => this.failed(error));
  }

  async begun() {
    const person = this.person();
    if (person && !person.running.length) await this.show(await startAttempt(this.test, person));
  }

  /** A button of a step takes the remark beside it along. */
  async seen(form, button) {
    const attempt = this.active();
    if (!attempt) return;
    const remark = form.elements.namedItem("remark");
    const result = button?.matches("[data-save-remark]") ? undefined : button?.value;
    const text = remark.value;
    await recordStep(attempt, form.elements.namedItem("step").value, { result, remark: text });
    if (remark.value === text) delete remark.dataset.dirty;
    await this.refresh();
  }

  /** @param {Event} event */
  typed(event) {
    const remark = event.target instanceof HTMLElement ? event.target.closest("li[data-step] textarea") : null;
    if (!(remark instanceof HTMLElement)) return;
    remark.dataset.dirty = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.act(() => this.saveRemarks()), REMARK_MS);
  }

  async saveRemarks() {
    clearTimeout(this.timer);
    const typed = every("li[data-step] textarea[data-dirty]", this.root);
    const attempt = this.active();
    if (!typed.length || !attempt) return false;
    for (const remark of typed) {
      const text = /** @type {HTMLTextAreaElement} */ (remark).value;
      await recordStep(attempt, /** @type {HTMLElement} */ (remark.closest("li")).dataset.step ?? "", { remark: text });
      if (/** @type {HTMLTextAreaElement} */ (remark).value === text) delete remark.dataset.dirty;
    }
    return this.refresh();
  }

  async ask() {
    await this.saveRemarks();
    const [person, attempt] = [this.person(), this.active()];
    if (!person || !attempt) return;
    const result = resultOf(this.test, attempt);
    paintSign(this.root, person, result);
    one("dialog#sign [name=seen]", this.root)?.setAttribute("value", JSON.stringify(result.steps));
    if (!this.dialog()?.open) this.dialog()?.showModal();
  }

  async sign(form) {
    const attempt = this.active();
    if (!attempt) return;
    const result = resultOf(this.test, attempt);
    if (JSON.stringify(result.steps) !== form.elements.namedItem("seen").value) {
      await this.ask(); // another tab recorded something: show it first
      return;
    }
    await signOff(this.test, attempt, result);
    this.dialog()?.close();
    await this.show(null);
    this.say(_("Signed off. It is saved on this tablet and will be sent by itself."));
    attempt.element.scrollIntoView({ block: "center" });
  }

  async declareVoid(form, correct) {
    const person = this.person();
    const attempt = person?.attempts.find((each) => each.id === form.elements.namedItem("attempt").value);
    const reason = form.elements.namedItem("reason").value.trim();
    if (!person || !attempt || !reason || attempt.voidReason !== null) return;
    const made = await voidAttempt(this.test, person, attempt, reason, correct);
    form.reset();
    await this.show(made);
    this.say(_("Declared void. What was recorded stays readable."));
  }

  /** Read anew, and go on with this attempt. */
  async show(attemptId) {
    this.chosen = attemptId;
    await this.refresh();
    if (attemptId) this.choose(attemptId);
  }

  choose(attemptId) {
    this.chosen = attemptId;
    paintSteps(this.root, this.person(), this.active());
    const title = one("#steps-title", this.root);
    title?.focus({ preventScroll: true });
    title?.scrollIntoView({ block: "start" });
  }

  /** @param {string} text */
  say(text) {
    const live = one("[data-live]", this.root);
    if (live) live.textContent = text;
  }

  /** @param {unknown} error */
  failed(error) {
    const [box, words] = [one("[data-failed]", this.root), one("[data-failed-text]", this.root)];
    if (words) words.textContent = problemWords(error);
    box?.removeAttribute("hidden");
    box?.scrollIntoView({ block: "nearest" });
    tell("luban:trouble", { code: error instanceof Problem ? error.code : "unknown" });
  }
}
