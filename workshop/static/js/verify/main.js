// The checking page: takes a code from the address, a paste, a photo or the camera, and shows the verdict that the page carries as
// a template in both languages. The checking itself is in cose.js and trust.js. Without this file the form posts to the server.
import { every, one } from "../lib/dom.js";
import { _ } from "../lib/i18n.js";
import { wallNow, zoneMinutes } from "../lib/clock.js";
import { checkCode, openTrust } from "./trust.js";
import { hasCamera, readCamera, readPhoto } from "./reader.js";

const STATES_WITH_FACTS = new Set(["valid", "withdrawn", "replaced"]);

/** @param {ParentNode} [page] */
export function start(page = document) {
  const root = one("[data-verify]", page);
  if (!root) return;
  const trust = lists(page);
  trust.catch(() => undefined); // told when somebody asks about a code
  const check = (text) => trust.then((opened) => checkCode(text, opened, today())).then(show, () => show({ state: "no_list" }));

  one("[data-form]", root).addEventListener("submit", (event) => {
    event.preventDefault();
    void check(one("textarea", root).value);
  });
  const fromAddress = () => location.hash.length > 1 && !one(`[id="${CSS.escape(location.hash.slice(1))}"]`) && check(location.hash);
  addEventListener("hashchange", fromAddress);
  takePhotos(root, check);
  takeCamera(root, check);
  for (const element of every("[data-script]", root)) element.hidden = false;
  void fromAddress();
}

async function lists(page) {
  return openTrust(JSON.parse(one("#certificate-lists", page).textContent));
}

/** The reader's own day: a certificate is looked at here and now. */
function today() {
  return new Date(wallNow() + zoneMinutes() * 60_000).toISOString().slice(0, 10);
}

function takePhotos(root, check) {
  const input = /** @type {HTMLInputElement} */ (one("[data-photo]", root));
  input.addEventListener("change", async () => {
    if (!input.files?.length) return;
    say(root, _("Looking for a code in the picture"));
    const text = await readPhoto(input.files[0], root.dataset.reader).catch(() => null);
    input.value = "";
    say(root, text ? "" : _("No code was found in this picture. Try again closer, straight and in good light."));
    if (text) await check(text);
  });
}

function takeCamera(root, check) {
  const [button, view] = [one("[data-camera]", root), one("[data-camera-view]", root)];
  button.hidden = !hasCamera();
  let stop = new AbortController();
  one("[data-camera-stop]", root).addEventListener("click", () => stop.abort());
  button.addEventListener("click", async () => {
    stop = new AbortController();
    view.hidden = false;
    button.hidden = true;
    say(root, _("Hold the certificate so that the square code fills the picture"));
    try {
      const text = await readCamera(/** @type {HTMLVideoElement} */ (one("video", view)), root.dataset.reader, stop.signal);
      say(root, "");
      if (text) await check(text);
    } catch {
      say(root, _("The camera cannot be used here. Choose a photo, or paste the text of the code."));
    }
    view.hidden = true;
    button.hidden = false;
  });
}

function say(root, text) {
  one("[data-progress]", root).textContent = text;
}

/** Put the verdict's template onto the page, filled. Values go in as text, never as markup. */
function show(verdict) {
  const template = /** @type {HTMLTemplateElement} */ (one(`template[data-verdict="${verdict.state}"]`));
  const part = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const values = { as_of: verdict.asOf, stale: verdict.stale };
  if (STATES_WITH_FACTS.has(verdict.state)) {
    const { name_en: issuer_en, name_zh: issuer_zh } = verdict.issuer;
    Object.assign(values, verdict.payload, { issuer_en, issuer_zh, since: verdict.since });
  }
  for (const element of every("[data-f]", part)) element.textContent = values[element.dataset.f] ?? "";
  for (const element of every("[data-if]", part)) if (!values[element.dataset.if]) element.remove();
  for (const element of every("[data-unless]", part)) if (values[element.dataset.unless]) element.remove();
  const word = values.grade && one(`template[data-grade="${CSS.escape(values.grade)}"]`);
  if (word instanceof HTMLTemplateElement) one('[data-f="grade"]', part)?.replaceChildren(word.content.cloneNode(true));
  const result = one("[data-result]");
  result.replaceChildren(part);
  result.focus();
}
