// The header names who acts on this tablet, also when the page still carries the name of who is signed in at the server.
import { one } from "../lib/dom.js";
import { language } from "../lib/i18n.js";
import { currentActor } from "./identity.js";

/** From now on. Once a page. */
export function startWhoActs() {
  const link = one(".account-link");
  const { actor, actorName } = document.body.dataset;
  if (!link || !actor) return;
  const own = link.getAttribute("href") ?? "";
  const show = async () => {
    const acting = await currentActor().catch(() => null);
    const other = acting !== null && acting.id !== actor;
    const name = one("span", link);
    if (name) name.textContent = other ? acting.name : (actorName ?? "");
    link.setAttribute("href", other ? `/${language()}/tablet` : own);
  };
  document.addEventListener("luban:actor", () => void show());
  void show();
}
