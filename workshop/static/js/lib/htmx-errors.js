// Says in words when an htmx request failed, where htmx itself stays silent. One notice for the page; nothing is swapped.
import { _ } from "./i18n.js";
import { make } from "./dom.js";

const FAILED = ["htmx:sendError", "htmx:timeout", "htmx:sendAbort"];

/** The asked element, for "Try again". */
let last = null;

export function listen(root = document) {
  for (const type of FAILED) {
    root.addEventListener(type, (event) => show(event.detail?.elt, noConnection()));
  }
  root.addEventListener("htmx:responseError", (event) => show(event.detail.elt, wordsOf(event.detail.xhr)));
  root.addEventListener("htmx:beforeSwap", (event) => {
    // A captive portal answers 200 with a page of its own: never put that into ours.
    if (event.detail.xhr.getResponseHeader("X-Luban") === "1") return;
    event.detail.shouldSwap = false;
    show(event.detail.requestConfig?.elt ?? event.detail.elt, noConnection());
  });
  root.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful && event.detail.xhr.getResponseHeader("X-Luban") === "1") hide();
  });
}

function noConnection() {
  return { what: _("No connection"), safe: _("Nothing was changed."), do: "", again: true };
}

// Our server's own refusal comes as JSON with three sentences; anything else counts as no connection.
function wordsOf(xhr) {
  if (xhr.getResponseHeader("X-Luban") !== "1") return noConnection();
  try {
    const { what, safe, do: next } = JSON.parse(xhr.responseText);
    return { what, safe, do: next, again: xhr.status >= 500 || xhr.status === 429 };
  } catch {
    return noConnection();
  }
}

function show(element, words) {
  last = element ?? null;
  const box = document.getElementById("htmx-problem") ?? place();
  box.replaceChildren(make("p", { class: "notice-title" }, words.what), make("p", {}, `${words.safe} ${words.do}`.trim()));
  if (words.again && last) {
    const again = make("button", { class: "button second", type: "button" }, _("Try again"));
    again.addEventListener("click", repeat);
    box.append(make("p", {}, again));
  }
  box.hidden = false;
}

function place() {
  const box = make("div", { id: "htmx-problem", class: "notice", "data-kind": "bad", role: "alert" });
  document.getElementById("content").prepend(box);
  return box;
}

function repeat() {
  hide();
  if (!last?.isConnected) return;
  if (last instanceof HTMLFormElement) last.requestSubmit();
  else last.click();
}

function hide() {
  const box = document.getElementById("htmx-problem");
  if (box) box.hidden = true;
}

listen();
