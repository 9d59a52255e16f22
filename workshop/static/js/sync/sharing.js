// Handing a file on: to a chat app where the browser can share, else as a download. Browsers share text files and refuse unknown kinds,
// so what goes to a chat is the same bytes as lines of text (docs/decisions/files-by-chat.md). Knows no op.
import { make } from "../lib/dom.js";

export const TEXT_TYPE = "text/plain";
const LABEL = "LUBAN BUNDLE";
const LINE_BYTES = 48;
const KEPT_MS = 60_000;

/** True where the system offers to pass a text file on to another app. */
export function canShareFiles() {
  try {
    return Boolean(navigator.canShare?.({ files: [new File(["x"], "x.txt", { type: TEXT_TYPE })] }));
  } catch {
    return false;
  }
}

/**
 * Pass a file on. Call from a tap: browsers allow it for some seconds after one.
 * @param {File} file
 * @param {string} text what the receiver has to do
 * @returns {Promise<"shared"|"dismissed"|"again"|"failed">} `again`: the tap was too long ago, ask for another one
 */
export async function shareFile(file, text) {
  try {
    await navigator.share({ files: [file], title: file.name, text });
    return "shared";
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "AbortError") return "dismissed";
    return name === "NotAllowedError" && !navigator.userActivation?.isActive ? "again" : "failed";
  }
}

/**
 * Save a file among the downloads.
 * @param {Blob} blob
 * @param {string} name
 */
export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/**
 * Bytes as lines of text, as `sync/sealed.py` writes and reads them.
 * @param {Uint8Array} bytes
 */
export function asText(bytes) {
  const lines = [`-----BEGIN ${LABEL}-----`];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) lines.push(btoa(String.fromCharCode(...bytes.subarray(at, at + LINE_BYTES))));
  return `${[...lines, `-----END ${LABEL}-----`].join("\n")}\n`;
}

/**
 * The bytes back, whatever a carrier made of the ends of the lines; null for what is no such text.
 * @param {string} text
 * @returns {Uint8Array|null}
 */
export function fromText(text) {
  const lines = text.split(/\s*[\r\n]+\s*/).filter(Boolean);
  if (lines.shift() !== `-----BEGIN ${LABEL}-----` || lines.pop() !== `-----END ${LABEL}-----`) return null;
  try {
    return Uint8Array.from(lines.map((line) => atob(line)).join(""), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
