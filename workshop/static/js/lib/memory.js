// A hint that outlives the store: which tablet this browser was. The only user of localStorage. Nothing may rest on it: a write there can be lost.
const NAME = "luban-tablet";

/** @param {string} device */
export function rememberTablet(device) {
  try {
    localStorage.setItem(NAME, device);
  } catch {
    // a browser that keeps nothing keeps no hint either
  }
}

/** @returns {string|null} the device that this browser was enrolled as, also when its store is gone */
export function rememberedTablet() {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}
