// Small helpers for the page. No store, no network.

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement|null}
 */
export function one(selector, root = document) {
  return root.querySelector(selector);
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export function every(selector, root = document) {
  return [...root.querySelectorAll(selector)];
}

/**
 * An element with properties and children; text goes in as text, never as markup.
 * @param {string} tag
 * @param {Record<string, string|boolean|null>} [attributes] null and false leave one out
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/**
 * One listener on the root for all present and later elements that fit the selector.
 * @param {EventTarget} root
 * @param {string} type
 * @param {string} selector
 * @param {(element: HTMLElement, event: Event) => void} act
 */
export function onEach(root, type, selector, act) {
  root.addEventListener(type, (event) => {
    const found = event.target instanceof Element ? event.target.closest(selector) : null;
    if (found instanceof HTMLElement) act(found, event);
  });
}

/**
 * The content of <meta name="...">, or null.
 * @param {string} name
 * @returns {string|null}
 */
export function metaContent(name) {
  return one(`meta[name="${name}"]`)?.getAttribute("content") ?? null;
}

/**
 * JSON of an attribute; null, and what cannot be read, count as missing.
 * @template T
 * @param {string|null|undefined} text
 * @param {T} missing
 * @returns {T}
 */
export function jsonOr(text, missing) {
  if (!text) return missing;
  try {
    return JSON.parse(text) ?? missing;
  } catch {
    return missing;
  }
}

/**
 * Tell the page something, and through it every listener; `detail` must be plain data.
 * @param {string} type "luban:..."
 * @param {unknown} [detail]
 */
export function tell(type, detail) {
  document.dispatchEvent(new CustomEvent(type, { detail }));
}
