// A request whose progress is shown: XMLHttpRequest, because fetch tells nothing of an upload. Everything else goes through lib/http.js.
import { Problem } from "../lib/problem.js";

/**
 * @typedef {object} Transfer
 * @property {number} status
 * @property {string} url after redirects
 * @property {Blob} blob
 * @property {(name: string) => string} header
 */

/**
 * Raises Problem `offline`, or `stranger` when something else than our server answered.
 * @param {string} method
 * @param {string} url
 * @param {FormData|null} body
 * @param {(done: number, of: number) => void} told bytes, of the body on its way up or else of the answer
 * @returns {Promise<Transfer>}
 */
export function transfer(method, url, body, told) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open(method, url);
    asked.responseType = "blob";
    const progress = (/** @type {ProgressEvent} */ event) => event.lengthComputable && told(event.loaded, event.total);
    if (body) asked.upload.addEventListener("progress", progress);
    else asked.addEventListener("progress", progress);
    asked.addEventListener("error", () => reject(new Problem("offline")));
    asked.addEventListener("abort", () => reject(new Problem("offline")));
    asked.addEventListener("load", () => {
      if (asked.getResponseHeader("X-Luban") !== "1") reject(new Problem("stranger"));
      else resolve({ status: asked.status, url: asked.responseURL, blob: asked.response, header: (name) => asked.getResponseHeader(name) ?? "" });
    });
    asked.send(body);
  });
}
