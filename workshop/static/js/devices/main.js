// This tablet's page: shows what the store says, and again whenever it moves. The parts are in the files beside this one.
import { every, one } from "../lib/dom.js";
import { knownDevice } from "../lib/device.js";
import { canSign } from "../lib/signing.js";
import { applyUpdate } from "../lib/worker.js";
import { summary } from "../sync/status.js";
import { showStuck, startDiagnostic } from "./diagnostic.js";
import { showEnrolment, startEnrolment } from "./enrolment.js";
import { showHealth, startHealth } from "./health.js";
import { showHeld, startHeld } from "./held.js";
import { showLife, startLife } from "./life.js";
import { showPeople, startPeople } from "./people.js";
import { showTakeover, startTakeover } from "./takeover.js";
import { showWhere, startWhere } from "./where.js";

/** @type {Promise<void>|null} */
let showing = null;
let again = false;

export function start() {
  const tablet = one("[data-tablet]");
  const insecure = one("[data-insecure]");
  if (!tablet || !insecure) return;
  const elsewhere = one("[data-elsewhere]");
  // The worker shows this page in the place of one that it does not hold.
  if (elsewhere) elsewhere.hidden = /^\/(en|zh)\/tablet$/.test(location.pathname);
  one("[data-again]")?.addEventListener("click", () => location.reload());
  if (!canSign()) {
    insecure.hidden = false;
    return;
  }
  tablet.hidden = false;
  startEnrolment();
  startPeople();
  startWhere();
  startHeld();
  startHealth();
  startDiagnostic();
  startLife();
  startTakeover();
  one("[data-update-now]")?.addEventListener("click", () => void applyUpdate());
  document.addEventListener("luban:update", () => one("[data-update]")?.toggleAttribute("hidden", false));
  for (const type of ["luban:state", "luban:device", "luban:actor"]) document.addEventListener(type, () => void show());
  void show();
}

/** Shows all of it; what moves meanwhile is shown right after. */
async function show() {
  again = true;
  showing ??= (async () => {
    while (again) {
      again = false;
      const [device, now] = await Promise.all([knownDevice(), summary()]);
      for (const place of every("[data-show]")) {
        place.hidden = !(place.dataset.show ?? "").split(" ").includes(now.enrolment);
      }
      showEnrolment(device, now);
      showStuck(now);
      await Promise.all([showPeople(now.enrolment === "enrolled"), showWhere(now), showHeld(now), showHealth(now), showLife(device), showTakeover(device)]);
    }
  })().finally(() => {
    showing = null;
  });
  await showing;
}
