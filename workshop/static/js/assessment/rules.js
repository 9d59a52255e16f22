// Rules of a practical test, the same as workshop/assessment/rules.py; tests/vectors/assessment.json holds the cases of both. Pure.

/** @typedef {"yes"|"no"|"not_seen"} Seen */
/** @typedef {"competent"|"not_yet"|"open"} Outcome */
/** @typedef {{id: string, critical: boolean}} Step */
/** @typedef {{result?: Seen|null, remark?: string|null}} Mark */

/**
 * A critical step not done fails the whole; one not seen, or nothing seen at all, leaves it open.
 * @param {Step[]} steps
 * @param {Record<string, string>} seen
 * @returns {Outcome}
 */
export function outcomeOf(steps, seen) {
  const critical = steps.filter((step) => step.critical).map(({ id }) => seen[id] ?? "not_seen");
  if (critical.includes("no")) return "not_yet";
  const any = steps.some(({ id }) => seen[id] === "yes" || seen[id] === "no");
  return critical.includes("not_seen") || !any ? "open" : "competent";
}

/**
 * Every step in order as [id, seen, remark], as a signature covers it. What is not recorded was not seen.
 * @param {Step[]} steps
 * @param {Record<string, Mark>} marks
 * @returns {[string, Seen, string][]}
 */
export function frozenSteps(steps, marks) {
  return steps.map(({ id }) => [id, marks[id]?.result ?? "not_seen", marks[id]?.remark ?? ""]);
}

/**
 * @typedef {object} Fact
 * @property {string} id
 * @property {number} at start, UTC ms
 * @property {string} outcome
 * @property {boolean} signed
 * @property {boolean} [void]
 * @property {boolean} [disputed]
 * @property {string|null} [replaces]
 */

/**
 * Where a person stands in one test: the latest signed attempt that is not void and not replaced; "running" while the only one is not signed.
 * @param {Fact[]} attempts
 * @returns {"competent"|"not_yet"|"open"|"disputed"|"none"|"running"}
 */
export function standingOf(attempts) {
  const standing = attempts.filter((one) => one.signed && !one.void);
  if (standing.some((one) => one.disputed)) return "disputed";
  const replaced = new Set(standing.map((one) => one.replaces));
  const left = standing.filter((one) => !replaced.has(one.id));
  const last = left.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)).at(-1);
  if (last) return /** @type {any} */ (last.outcome);
  return attempts.some((one) => !one.signed && !one.void) ? "running" : "none";
}

/**
 * When an attempt began. Never before one that its assessor had in view: a clock that is off must not turn their order.
 * @param {number} now UTC ms
 * @param {number[]} known
 */
export function startTime(now, known) {
  return Math.max(now, ...known.map((at) => at + 1));
}
