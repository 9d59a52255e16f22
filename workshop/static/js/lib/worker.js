// The page's side of the service worker: registration, preparing pages for the road, what is held. The rules are in sw.js.
import { tell } from "./dom.js";
import { Problem } from "./problem.js";

/**
 * @typedef {object} Held one thing in the cache
 * @property {string} url
 * @property {string} label
 * @property {string} [title] of a page
 * @property {"page"|"file"} kind
 * @property {number} bytes
 * @property {number} at when it was fetched, UTC ms; 0 when unknown
 */

/** Pass on what the worker says. From the first moment of a page: what comes before anybody listens is lost. Once a page. */
export function hearWorker() {
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (data?.type === "changed") tell("luban:page-changed", { url: data.url });
  });
}

/** Register the worker, quietly where there is none to be had. Once a page. */
export async function startWorker() {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    const offer = () => {
      if (registration.waiting && navigator.serviceWorker.controller) tell("luban:update");
    };
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
    offer();
  } catch {
    // a bad certificate or a network that is not ours: the app goes on without
  }
}

/** The person asked for the new version: let it take over, then load the page anew. Never call under an open form. */
export async function applyUpdate() {
  const { waiting } = (await navigator.serviceWorker.getRegistration()) ?? {};
  if (!waiting) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  waiting.postMessage({ type: "activate" });
}

/**
 * Ask the worker; its last word resolves, "progress" goes to the listener.
 * @param {{type: string, urls?: string[], label?: string, people?: string[]}} question
 * @param {(progress: {done: number, of: number, bytes: number, url: string}) => void} [onProgress]
 * @returns {Promise<any>}
 */
async function askWorker(question, onProgress = () => undefined) {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (!registration) throw new Problem("no_worker");
  const worker = (await navigator.serviceWorker.ready).active;
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }) => {
      if (data.type === "progress") return onProgress(data);
      port1.close();
      return data.type === "failed" ? reject(new Problem(data.code, data)) : resolve(data);
    };
    worker?.postMessage(question, [port2]);
  });
}

/**
 * Fetch pages and files so that they open without a network.
 * @param {string[]} urls
 * @param {string} label names them together: a class, a lesson
 * @param {(progress: {done: number, of: number, bytes: number, url: string}) => void} [onProgress]
 * @returns {Promise<{held: number, bytes: number, failed: {url: string, code: string}[]}>}
 */
export function prepare(urls, label, onProgress) {
  return askWorker({ type: "prepare", urls, label }, onProgress);
}

/** @returns {Promise<Held[]>} what opens without a network */
export async function heldOffline() {
  return (await askWorker({ type: "held" })).held;
}

/**
 * Fetch every held page anew that names one of these people, with what was prepared beside it; what cannot be fetched goes.
 * @param {string[]} people ids
 * @returns {Promise<number>} how many pages that were; 0 where nothing can be held
 */
export async function renewHeld(people) {
  const registration = await navigator.serviceWorker?.getRegistration();
  return registration?.active ? (await askWorker({ type: "renew", people })).renewed : 0;
}

/**
 * @param {string} label
 * @returns {Promise<number>} how many were dropped
 */
export async function forgetPrepared(label) {
  return (await askWorker({ type: "forget", label })).dropped;
}

/**
 * Lessons' media go, so that marks have room.
 * @returns {Promise<boolean>} was there anything to drop
 */
export async function dropMedia() {
  try {
    return (await askWorker({ type: "drop-media" })).dropped > 0;
  } catch {
    return false;
  }
}
