// What happened to this tablet's store, in plain words: it was copied or put back, or it was emptied. Shown until a person has read it.
import { timeText } from "../lib/clock.js";
import { one } from "../lib/dom.js";
import { lostTablet, newLife, newLifeRead } from "../lib/device.js";
import { tellText } from "./tell.js";

export function startLife() {
  one("[data-life-read]")?.addEventListener("click", () => void newLifeRead());
}

/** @param {import("../lib/device.js").Device|null} device */
export async function showLife(device) {
  const began = await newLife();
  one("[data-life]")?.toggleAttribute("hidden", !began);
  if (began) tellText("life-at", timeText(began));
  const lost = device?.state === "enrolled" ? null : await lostTablet();
  one("[data-emptied]")?.toggleAttribute("hidden", !lost);
  if (lost) tellText("emptied-number", lost.slice(1, 7).toUpperCase());
}
