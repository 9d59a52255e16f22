// Starts what every page has: who acts, the strip, the exchange, the worker; then the feature that the page names.
// Knows no feature. In a joined file the feature is already inside; this file alone loads it from its own folder.
import { tell } from "./lib/dom.js";
import { dropMedia, hearWorker, startWorker } from "./lib/worker.js";
import { startExchange } from "./sync/client.js";
import { adoptActor } from "./sync/identity.js";
import { whenFull } from "./sync/outbox.js";
import { startSignIn } from "./sync/signin.js";
import { startStatus } from "./sync/status.js";
import { startWhoActs } from "./sync/whoacts.js";

export async function startApp() {
  startStatus();
  hearWorker();
  whenFull(dropMedia);
  await adoptActor(document.body.dataset).catch((error) => tell("luban:trouble", { code: error.code }));
  startWhoActs();
  startExchange();
  void startSignIn();
  // After the page: what it needs must not wait for what the next visit needs.
  if (document.readyState === "complete") void startWorker();
  else addEventListener("load", () => void startWorker(), { once: true });
}

void startApp();

const { feature } = document.body.dataset;
if (feature && import.meta.url.endsWith("/js/app.js")) {
  import(`./${feature}/main.js`).then((started) => started.start?.());
}
