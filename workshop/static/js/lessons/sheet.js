// A tapped term is shown at the foot of the window, as long as the list of terms is not beside the text anyway. Nothing else.
import { one } from "../lib/dom.js";

/** @param {HTMLElement} lesson */
export function startSheet(lesson) {
  const panel = one("[data-sheet]", lesson);
  const list = one(".lesson-terms", lesson);
  let from = null;

  const close = () => {
    panel.hidden = true;
    from?.focus({ preventScroll: true });
    from = null;
  };

  one(".lesson-text", lesson).addEventListener("click", (event) => {
    const link = event.target.closest("a.lesson-term");
    const entry = link && one(link.getAttribute("href"), list);
    // Beside the text the whole list stands in view: there the link just goes to its entry.
    if (!entry || getComputedStyle(list).position === "sticky") return;
    event.preventDefault();
    const copy = document.createElement("dl");
    copy.append(...[...entry.children].map((child) => child.cloneNode(true)));
    one("[data-sheet-entry]", panel).replaceChildren(copy);
    panel.hidden = false;
    panel.focus({ preventScroll: true });
    from = link;
  });

  one("[data-sheet-close]", panel).addEventListener("click", close);
  lesson.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });
}
