// The tablet's clock: the only place that reads it. Tablets boot in 1970, so nothing may depend on it being right.

/** From this offset on a person is told that the clock is off, ms. */
export const CLOCK_OFF_MS = 5 * 60 * 1000;

/** @returns {number} UTC ms as this tablet has it */
export function wallNow() {
  return Date.now();
}

/** @returns {number} minutes east of UTC */
export function zoneMinutes() {
  return -new Date().getTimezoneOffset();
}

/**
 * "14:05" today, "21 Nov 14:05" on other days, in the page's language.
 * @param {number} at UTC ms
 * @returns {string}
 */
export function timeText(at) {
  const lang = document.documentElement.lang || "en";
  const day = new Date(at).toDateString() === new Date(wallNow()).toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const form = { hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(lang, day ? form : { ...form, day: "numeric", month: "short" }).format(at);
}
