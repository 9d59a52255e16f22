// The service worker: which answer comes from where. Two lines stand before this file, put there by the server:
// const BUILD = "..."; const SHELL = ["/en/tablet", "/static/<build>/js/app.js", ...];
// Believes and keeps only our own answers. Never touches a POST, an htmx part or an exchange.
/* global BUILD, SHELL */

const SHELL_CACHE = `shell-${BUILD}`; // replaced by the next build
const PAGES = "pages"; // prepared pages: endure
const LESSONS = "lessons"; // prepared files, media above all: endure, but give way to records
const VISITED = "visited"; // pages seen lately: a second best when the network is silent
const VISITED_MAX = 40;
const NAVIGATE_MS_MAX = 4_000;
const REFRESH_MS_MAX = 10_000;
const RECORDS_RESERVE = 20 * 1024 * 1024;
const YEAR_MS = 365 * 24 * 3600 * 1000;

addEventListener("install", (event) => event.waitUntil(takeShell()));
addEventListener("activate", (event) => event.waitUntil(dropOldShells().then(() => clients.claim())));
addEventListener("message", (event) => event.waitUntil(answerMessage(event.data ?? {}, event)));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("HX-Request")) return;
  if (url.pathname.startsWith("/sync/") || url.pathname === "/sw.js") return;
  if (request.mode === "navigate" && /\.[a-z]+$/.test(url.pathname)) return; // a file to save: made while the person waits, for no cache
  if (request.mode === "navigate") event.respondWith(url.pathname === "/" ? front(event, url) : page(event, url));
  else if (request.headers.has("Range")) event.respondWith(slice(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(request, url));
  else event.respondWith(fromCache(request, [LESSONS]).then((held) => held ?? fetch(request)));
});

/** Ours, whole, and what was asked for: a portal's page, a redirect to a sign-in and a 206 are not. */
function isOurs(response) {
  return response.status === 200 && !response.redirected && response.headers.get("X-Luban") === "1";
}

/** The app's icon names no language: it opens the one used last, also without a network. */
async function front(event, url) {
  const lang = await usedLanguage();
  return lang ? Response.redirect(`/${lang}/${url.search}`, 302) : page(event, url);
}

/** The server sets this cookie with each page; offline it is set here. Browsers without cookieStore ask the server. */
async function usedLanguage() {
  const kept = await self.cookieStore?.get("lang").catch(() => null);
  return ["en", "zh"].includes(kept?.value) ? kept.value : null;
}

async function keepLanguage(lang) {
  if (!["en", "zh"].includes(lang) || !self.cookieStore || lang === (await usedLanguage())) return;
  const expires = Date.now() + YEAR_MS;
  await self.cookieStore.set({ name: "lang", value: lang, expires, path: "/", sameSite: "lax" }).catch(() => undefined);
}

/** A prepared page at once, refreshed behind. Any other from the network, but not for ever; then a copy; then the tablet's own page. */
async function page(event, url) {
  event.waitUntil(keepLanguage(url.pathname.split("/")[1]));
  const prepared = await fromCache(event.request, [PAGES, SHELL_CACHE]);
  if (prepared) {
    event.waitUntil(refresh(event, url, prepared.clone()));
    return prepared;
  }
  try {
    const response = await within(NAVIGATE_MS_MAX, fetch(event.request));
    if (isOurs(response)) event.waitUntil(keepVisited(event.request, response.clone()));
    // A redirect is the browser's to follow; an error page of ours is an answer; a stranger's page is none.
    if (response.type === "opaqueredirect" || response.headers.get("X-Luban") === "1") return response;
  } catch {
    // silent or unreachable
  }
  const lang = url.pathname.startsWith("/zh/") ? "zh" : "en";
  return (await fromCache(event.request, [VISITED])) ?? (await caches.match(`/${lang}/tablet`)) ?? Response.error();
}

/** Files under /static/<build>/ never change: from the cache for ever, each build's in its own. */
async function asset(request, url) {
  const held = await fromCache(request, [`shell-${url.pathname.split("/")[2]}`, LESSONS]);
  if (held) return held;
  const response = await within(REFRESH_MS_MAX, fetch(request));
  if (isOurs(response)) {
    const copy = response.clone();
    void caches.open(`shell-${url.pathname.split("/")[2]}`).then((cache) => cache.put(request, copy)).catch(() => undefined);
  }
  return response;
}

/** Media players ask for ranges, and the cache holds whole files: cut them here. */
async function slice(request) {
  const held = await fromCache(request, [LESSONS, SHELL_CACHE]);
  if (!held) return fetch(request);
  const file = await held.blob();
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("Range")) ?? [];
  const start = first ? Number(first) : Math.max(0, file.size - Number(last));
  const end = first && last ? Math.min(Number(last), file.size - 1) : file.size - 1;
  if ((!first && !last) || start > end) {
    return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${file.size}` } });
  }
  const headers = new Headers(held.headers);
  headers.set("Content-Range", `bytes ${start}-${end}/${file.size}`);
  headers.set("Content-Length", String(end - start + 1));
  return new Response(file.slice(start, end + 1), { status: 206, headers });
}

async function fromCache(request, names) {
  for (const name of names) {
    const held = (await caches.has(name)) && (await (await caches.open(name)).match(request, { ignoreVary: true }));
    if (held) return held;
  }
  return null;
}

function within(ms, promise) {
  return Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("silent")), ms))]);
}

/** Both languages' pages and what they need; all or nothing, so that a half new version never runs. */
async function takeShell() {
  const cache = await caches.open(SHELL_CACHE);
  for (const url of SHELL) {
    const request = new Request(url, { cache: url.startsWith("/static/") ? "default" : "no-cache" });
    const response = await within(REFRESH_MS_MAX * 3, fetch(request));
    if (!isOurs(response)) throw new Error(`not ours: ${url}`);
    await cache.put(request, response);
  }
}

/** A prepared page may still be of an older build: its files stay as long as it does. */
async function dropOldShells() {
  const needed = new Set([SHELL_CACHE]);
  for (const name of [PAGES, VISITED]) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const text = await (await cache.match(request)).text();
      for (const [, build] of text.matchAll(/\/static\/([^/"]+)\//g)) needed.add(`shell-${build}`);
    }
  }
  const old = (await caches.keys()).filter((name) => name.startsWith("shell-") && !needed.has(name));
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function keepVisited(request, response) {
  if (/no-store/.test(response.headers.get("Cache-Control") ?? "")) return;
  const cache = await caches.open(VISITED);
  await cache.delete(request, { ignoreVary: true });
  await cache.put(request, response);
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - VISITED_MAX)).map((key) => cache.delete(key)));
}

/** Ask the server whether a prepared page changed; tell the page that shows the old one. */
async function refresh(event, url, held) {
  const tag = held.headers.get("ETag");
  try {
    const headers = tag ? { "If-None-Match": tag } : {};
    const response = await within(REFRESH_MS_MAX, fetch(url.href, { headers, cache: "no-store", credentials: "same-origin" }));
    if (!isOurs(response) || (tag && response.headers.get("ETag") === tag)) return;
    const name = (await (await caches.open(PAGES)).match(url.href, { ignoreVary: true })) ? PAGES : SHELL_CACHE;
    await keepFiles(await response.clone().text());
    await store(name, url.href, response, held.headers.get("Luban-Label") ?? "");
    const client = await clients.get(event.resultingClientId || event.clientId);
    client?.postMessage({ type: "changed", url: url.href });
  } catch {
    // no network: the copy stands
  }
}

/** Put an answer away with its label and time, whole, so that what is held can be listed. */
async function store(name, url, response, label) {
  const body = await response.blob();
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.set("Content-Length", String(body.size));
  headers.set("Luban-Label", encodeURIComponent(decodeURIComponent(label)));
  headers.set("Luban-At", String(Date.now()));
  const [, title] = (await titleOf(response, body)) ?? [];
  if (title) headers.set("Luban-Title", encodeURIComponent(title));
  const cache = await caches.open(name);
  await cache.delete(url, { ignoreVary: true });
  await cache.put(url, new Response(body, { headers }));
  return body.size;
}

/** What a page calls itself, without the app's own name. */
async function titleOf(response, body) {
  const isPage = (response.headers.get("Content-Type") ?? "").startsWith("text/html");
  return isPage ? /<title>\s*([^<]*?)\s*(?: – [^<–]*)?<\/title>/.exec(await body.text()) : null;
}

/** A page without its script and style is no page: what it names under /static/ comes along. */
async function keepFiles(text) {
  const found = new Set(Array.from(text.matchAll(/["'](\/static\/[^"'#]+)/g), ([, path]) => path));
  for (const path of found) await asset(new Request(path), new URL(path, location.origin));
}

async function answerMessage(message, event) {
  const answer = (data) => (event.ports[0] ?? event.source)?.postMessage(data);
  try {
    if (message.type === "activate") await skipWaiting();
    else if (message.type === "prepare") answer(await prepare(message.urls, message.label, answer));
    else if (message.type === "held") answer({ type: "held", held: await listHeld() });
    else if (message.type === "renew") answer({ type: "renewed", renewed: await renew(message.people) });
    else if (message.type === "forget") answer({ type: "forgotten", dropped: await drop((item) => item.label === message.label) });
    else if (message.type === "drop-media") answer({ type: "forgotten", dropped: await drop((item) => item.kind === "file") });
  } catch (error) {
    answer({ type: "failed", code: error.name === "QuotaExceededError" ? "storage_full" : "worker_failed", text: String(error) });
  }
}

/** Fetch for the road, one after another on a poor line; says how far it is. What fails is named, the rest is held. */
async function prepare(urls, label, tell) {
  const result = { type: "prepared", label, held: 0, bytes: 0, failed: [] };
  for (const [index, path] of urls.entries()) {
    const url = new URL(path, location.origin).href;
    const code = await prepareOne(url, label, result).catch((error) =>
      error.name === "QuotaExceededError" ? "storage_full" : "offline",
    );
    if (code) result.failed.push({ url: path, code });
    tell({ type: "progress", label, done: index + 1, of: urls.length, bytes: result.bytes, url: path });
  }
  return result;
}

async function prepareOne(url, label, result) {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const response = await within(REFRESH_MS_MAX, fetch(url, { credentials: "same-origin", cache: "no-cache" }));
  if (!isOurs(response)) return response.redirected ? "sign_in" : "not_ours";
  if (quota - usage - Number(response.headers.get("Content-Length") ?? 0) < RECORDS_RESERVE) return "storage_full";
  const isPage = (response.headers.get("Content-Type") ?? "").startsWith("text/html");
  if (isPage) await keepFiles(await response.clone().text());
  result.bytes += await store(isPage ? PAGES : LESSONS, url, response, encodeURIComponent(label));
  result.held += 1;
  return null;
}

/** Somebody was erased: what was prepared with a page that names them is fetched anew, or goes. What was only visited goes. */
async function renew(people) {
  await caches.delete(VISITED);
  const labels = new Set();
  const pages = (await listHeld()).filter(({ kind }) => kind === "page");
  for (const { url, label } of pages) {
    const text = await (await (await caches.open(PAGES)).match(url, { ignoreVary: true })).text();
    if (people.some((person) => text.includes(person))) labels.add(label);
  }
  const due = pages.filter(({ label }) => labels.has(label));
  for (const { url, label } of due) {
    const code = await prepareOne(new URL(url, location.origin).href, label, { bytes: 0, held: 0 }).catch(() => "offline");
    if (code) await (await caches.open(PAGES)).delete(url, { ignoreVary: true });
  }
  return due.length;
}

async function listHeld() {
  const held = [];
  for (const [name, kind] of [[PAGES, "page"], [LESSONS, "file"]]) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const { headers } = await cache.match(request);
      const { pathname, search } = new URL(request.url);
      const label = decodeURIComponent(headers.get("Luban-Label") ?? "");
      const title = decodeURIComponent(headers.get("Luban-Title") ?? "");
      held.push({ url: pathname + search, label, title, kind, bytes: Number(headers.get("Content-Length")), at: Number(headers.get("Luban-At")) });
    }
  }
  return held;
}

async function drop(chosen) {
  const gone = (await listHeld()).filter(chosen);
  for (const { url, kind } of gone) await (await caches.open(kind === "page" ? PAGES : LESSONS)).delete(url, { ignoreVary: true });
  return gone.length;
}
