// Requests to our server: the only user of fetch in a page. Has a time limit and believes only our own answers.
import { Problem } from "./problem.js";

const ANSWER_MS_MAX = 10_000;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Headers} headers
 * @property {string} text
 */

/**
 * Ask our server. A captive portal or a proxy answers 200 with a page of its own: without our header nothing is believed.
 * Raises Problem `offline`, `timeout` or `stranger`; any status of our own server is an answer.
 * @param {string} url
 * @param {{method?: string, body?: BodyInit, headers?: Record<string, string>, timeout?: number}} [options]
 * @returns {Promise<Answer>}
 */
export async function askServer(url, { method = "GET", body, headers = {}, timeout = ANSWER_MS_MAX } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeout);
  try {
    const response = await fetch(url, {
      method, body, headers, signal: stop.signal, credentials: "same-origin", cache: "no-store", redirect: "follow",
    });
    if (response.redirected || response.headers.get("X-Luban") !== "1") {
      throw new Problem("stranger", { status: response.status });
    }
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(stop.signal.aborted ? "timeout" : "offline", { text: String(error) });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The answer's JSON. Raises Problem `stranger` when there is none.
 * @param {Answer} answer
 * @returns {any}
 */
export function answerJson(answer) {
  try {
    return JSON.parse(answer.text);
  } catch {
    throw new Problem("stranger", { status: answer.status });
  }
}
