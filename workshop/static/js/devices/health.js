// Space, whether the browser keeps the store, the clock. The only user of navigator.storage.estimate.
import { one } from "../lib/dom.js";
import { keepStore } from "../lib/device.js";
import { _ } from "../lib/i18n.js";
import { sizeText, tellText } from "./tell.js";

export function startHealth() {
  one("[data-persist-now]")?.addEventListener("click", async () => tellPersisted(await keepStore()));
}

/** @param {import("../sync/status.js").Summary} now */
export async function showHealth(now) {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const sizes = { used: sizeText(usage), free: sizeText(Math.max(0, quota - usage)) };
  tellText("space", quota ? _("{used} used, {free} free", sizes) : _("The browser does not say"));
  tellPersisted((await navigator.storage?.persisted?.()) ?? now.persisted);
  tellText("clock", clockWords(now));
}

/** @param {boolean|null} persisted */
function tellPersisted(persisted) {
  const words = persisted ? _("Yes") : _("Not promised by the browser");
  tellText("persisted", persisted === null ? _("The browser does not say") : words);
  one("[data-persist]")?.toggleAttribute("hidden", persisted !== false);
}

/** @param {import("../sync/status.js").Summary} now */
function clockWords(now) {
  if (!now.last) return _("Not compared with the server yet");
  const n = Math.round(Math.abs(now.clockOff) / 60_000);
  if (now.clockOff > 0) return _("{n} minutes slow. Please set it; reports correct what was recorded", { n });
  if (now.clockOff < 0) return _("{n} minutes fast. Please set it; reports correct what was recorded", { n });
  return _("Right, compared with the server at the last contact");
}
