// What a person does with an attempt, as ops. Each resolves when the disk has it. Every change of an attempt names class, person
// and test again, so that whoever admits it sees the scope in the change itself.
import { randomName } from "../lib/canonical.js";
import { wallNow } from "../lib/clock.js";
import { change } from "../sync/ops.js";
import { record } from "../sync/outbox.js";
import { frozenSteps, outcomeOf, startTime } from "./rules.js";

const BASE_MAX = 32; // ops that one change may name

/** @typedef {import("./model.js").AttemptView} AttemptView */
/** @typedef {{classId: string, rubricId: string, steps: import("./rules.js").Step[]}} Test */

/**
 * Begin an attempt.
 * @param {Test} test
 * @param {import("./model.js").PersonView} person
 * @returns {Promise<string>} its id
 */
export async function startAttempt(test, person) {
  const id = newId();
  await record("attempt.start", [opening(test, person, id)]);
  return id;
}

/**
 * Record what was seen of one step; false when it says so already.
 * @param {AttemptView} attempt
 * @param {string} step
 * @param {{result?: string|null, remark?: string}} seen what is missing stays as it is
 */
export async function recordStep(attempt, step, seen) {
  const { value = {}, base = [] } = attempt.steps[step] ?? {};
  const { result: oldResult = null, remark: oldRemark = null } = value;
  const result = seen.result === undefined ? oldResult : seen.result;
  const remark = seen.remark === undefined ? oldRemark : seen.remark.trim() || null;
  if (result === oldResult && remark === oldRemark) return false;
  await record("attempt.step", [change("attempt_step", `${attempt.id}.${step}`, { result, remark }, base)]);
  return true;
}

/**
 * What a signature would cover now.
 * @param {Test} test
 * @param {AttemptView} attempt
 */
export function resultOf(test, attempt) {
  const marks = Object.fromEntries(Object.entries(attempt.steps).map(([id, cell]) => [id, cell.value]));
  const steps = frozenSteps(test.steps, marks);
  return { steps, outcome: outcomeOf(test.steps, Object.fromEntries(steps)) };
}

/**
 * @param {Test} test
 * @param {AttemptView} attempt
 * @param {ReturnType<typeof resultOf>} result as the person saw it
 */
export async function signOff(test, attempt, result) {
  const base = [...attempt.base, ...Object.values(attempt.steps).flatMap((cell) => cell.base)];
  await record("attempt.sign_off", [change("attempt", attempt.id, { ...scope(test, attempt.trainee), result }, bounded(base))]);
}

/**
 * Declare an attempt void; with `correct` also begin the one that replaces it, its steps as they were. Both or neither.
 * @param {Test} test
 * @param {import("./model.js").PersonView} person
 * @param {AttemptView} attempt
 * @param {string} reason
 * @param {boolean} correct
 * @returns {Promise<string|null>} the new attempt's id
 */
export async function voidAttempt(test, person, attempt, reason, correct) {
  const changes = [change("attempt", attempt.id, { ...scope(test, attempt.trainee), void: { reason } }, bounded(attempt.base))];
  const id = correct ? newId() : null;
  if (id) {
    changes.push(opening(test, person, id, attempt.id));
    const marks = attempt.result
      ? attempt.result.steps
      : Object.entries(attempt.steps).map(([step, { value }]) => [step, value.result ?? null, value.remark ?? ""]);
    for (const [step, result, remark] of marks) {
      if (result || remark) changes.push(change("attempt_step", `${id}.${step}`, { result, remark: remark || null }));
    }
  }
  await record(correct ? "attempt.correct" : "attempt.void", changes);
  return id;
}

/** The first change of an attempt. Its base names the results in view, so that a retest is told from a dispute. */
function opening(test, person, id, replaces = null) {
  const known = person.attempts.filter((each) => each.result);
  const started_at = startTime(wallNow(), known.map((each) => each.startedAt));
  const fields = { ...scope(test, person.id), started_at, ...(replaces ? { replaces } : {}) };
  return change("attempt", id, fields, bounded(known.flatMap((each) => each.base)));
}

function scope(test, trainee) {
  return { class_id: test.classId, trainee_id: trainee, rubric_id: test.rubricId };
}

function newId() {
  return `a${randomName(9)}`;
}

function bounded(ops) {
  return [...new Set(ops)].slice(-BASE_MAX);
}
