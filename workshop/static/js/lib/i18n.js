// The texts of scripts. English texts are the keys; Chinese comes from the gettext catalogue as strings.zh.js, which a Chinese
// page loads before any script of ours. A text that is missing there is shown in English rather than not at all.

/**
 * @param {string} text the English text: a plain string literal, so that it can be collected
 * @param {Record<string, string|number>} [values] fills {name} in the text
 * @returns {string}
 */
export function _(text, values = {}) {
  const chosen = globalThis.lubanStrings?.[text] || text;
  return chosen.replace(/\{(\w+)\}/g, (hole, name) => (name in values ? String(values[name]) : hole));
}

/** @returns {"en"|"zh"} the language of the page */
export function language() {
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}
