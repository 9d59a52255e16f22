// Reading a lesson: language shown, pinyin. The page reads well without this file; here it changes in place (so also
// without a network) and remembers. What a tapped term shows is in sheet.js, keeping for offline in keep.js.
import { every, one } from "../lib/dom.js";
import { recall, remember } from "./choice.js";
import { offerKeeping } from "./keep.js";
import { startSheet } from "./sheet.js";

const TOOLS = ".lesson-tools a[data-show], .lesson-tools a[data-pinyin]";

export function start() {
  const lesson = one("[data-lesson]");
  if (!lesson) return;
  const view = { show: lesson.dataset.show, pinyin: lesson.dataset.pinyin };

  /** @param {Record<string, string>} change */
  const apply = (change) => {
    keepPlace(lesson, () => {
      Object.assign(view, change);
      Object.assign(lesson.dataset, view);
      markTools(lesson, view);
    });
  };

  lesson.addEventListener("click", (event) => {
    const link = event.target.closest(TOOLS);
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    apply(link.dataset.show ? { show: link.dataset.show } : { pinyin: view.pinyin === "on" ? "off" : "on" });
    remember({ ...view });
  });

  // What the address asks for goes before what was chosen some day.
  const asked = new URLSearchParams(location.search);
  if (!asked.has("show") && !asked.has("pinyin")) recall().then((chosen) => chosen && apply(known(chosen)));
  startSheet(lesson);
  offerKeeping(lesson);
}

function known(chosen) {
  const change = {};
  if (["en", "zh", "both"].includes(chosen.show)) change.show = chosen.show;
  if (["on", "off"].includes(chosen.pinyin)) change.pinyin = chosen.pinyin;
  return change;
}

function markTools(lesson, view) {
  for (const link of every(TOOLS, lesson)) {
    const on = link.dataset.show ? link.dataset.show === view.show : view.pinyin === "on";
    if (on) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** The row at the top of the window stays where it is, though all above it grows or shrinks. */
function keepPlace(lesson, change) {
  const inView = ({ top, bottom }) => bottom > 0 && top < innerHeight;
  const rows = scrollY > 0 ? [...every(".lesson-row, .lesson-figure", lesson)] : [];
  const row = rows.find((each) => inView(each.getBoundingClientRect()));
  const before = row?.getBoundingClientRect().top;
  change();
  if (row) scrollBy({ top: row.getBoundingClientRect().top - before, behavior: "instant" });
}
