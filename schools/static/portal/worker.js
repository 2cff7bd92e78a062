// The service worker: answers with pages from the network; where it does not answer, with pages that this phone kept.
(() => {
  "use strict";
  const { release, files, phone, texts, home } = self.SPEAKOUT;
  const { timed, together, person, isNow, put, sendAll } = self.Speakout;
  const SHELL = `shell-${release}`;
  const PATIENCE = 4_000;
  const LAST_PATIENCE = 20_000;
  const AT_ONCE = 10_000;
  // So long a file waits for the phone's storage alone: one that is just being cleared may never answer.
  const STORAGE_PATIENCE = 2_000;
  const RELEASED = /\.[0-9a-f]{12}\.\w+$/;

  // The page about the phone and what anybody may read are fetched without cookies, because they hold no personal data.
  const readByAll = [phone, ...texts];
  const blank = (path) => new Request(path, { credentials: "omit" });

  self.addEventListener("install", (event) => {
    event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll([...files, ...readByAll.map(blank)])));
  });

  self.addEventListener("activate", (event) => {
    event.waitUntil(self.clients.claim());
  });

  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/admin/")) return;
    if (request.mode === "navigate") event.respondWith(page(event, url));
    else if (files.includes(url.pathname)) event.respondWith(file(event, url));
    else if (RELEASED.test(url.pathname)) event.respondWith(otherFile(request, url));
  });

  self.addEventListener("message", (event) => {
    const { keep, draft, takeOver } = event.data || {};
    if (keep) event.waitUntil(keepOnce(keep).catch(() => false).then((isFull) => tellPages({ kept: true, isFull })));
    if (draft) event.waitUntil(storeTyped(draft).catch(() => {}));
    // A page may hang that is asked for in the moment in which another worker takes over; so it does that while nobody looks.
    if (takeOver) event.waitUntil(self.skipWaiting());
  });

  self.addEventListener("sync", (event) => {
    if (event.tag === "send") event.waitUntil(sendAll().then(({ left }) => left && Promise.reject(new Error("try again later"))));
  });

  // What was typed in the moment of leaving: the page may be gone before its own storage has it. Who signed out left nothing.
  async function storeTyped(draft) {
    if ((await person()) === draft.person) await put("drafts", draft);
  }

  // A page from the network; where there is no answer, or a proxy says that there is none, the page that this phone kept.
  async function page(event, url) {
    // Not to whoever opens the address by themselves: somebody else may have signed in since.
    const came = event.request.isReloadNavigation && (await justCame(url));
    if (came) return came;
    const fresh = fetch(event.request).then(async (answer) => {
      if ([502, 503, 504].includes(answer.status)) throw new Error("no answer");
      const noted = note(url, answer.clone()).catch(() => {});
      // Note whose page this is before the next one is requested.
      await Promise.race([noted, later(500)]);
      return answer;
    });
    fresh.catch(() => {});
    try {
      const first = await Promise.race([fresh, later(PATIENCE)]);
      if (first) return first;
      // A storage that answers later than the network holds nothing up.
      const stored = kept(url);
      const old = await Promise.race([stored, fresh.then(() => null, () => stored)]);
      if (old) event.waitUntil(fresh.then((answer) => isHere(url, answer)).catch(() => {}));
      const last = old || (await Promise.race([fresh, later(LAST_PATIENCE - PATIENCE)]));
      if (last) return last;
    } catch {
      // No answer.
    }
    return (await kept(url)) || (await held(phone, { cacheName: SHELL })) || Response.error();
  }

  // The fresh page of an address whose kept page is shown has come. The page that shows it asks for it at once, and is given it:
  // where every answer is late, asking the network again would bring the kept page again.
  let late = null;

  async function isHere(url, answer) {
    late = { href: url.href, answer, at: Date.now() };
    await tellPages({ fresh: url.pathname });
  }

  async function justCame(url) {
    const came = late;
    if (!came || came.href !== url.href) return null;
    late = null;
    const isItsReader = came.answer.headers.get("Speakout-Person") === (await person().catch(() => ""));
    return isItsReader && Date.now() - came.at < AT_ONCE ? came.answer : null;
  }

  async function tellPages(news) {
    for (const client of await self.clients.matchAll()) client.postMessage(news);
  }

  const later = (milliseconds) => new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));

  // What this phone holds of an address, in one cache or in any; null where it holds nothing or its storage does not answer.
  const held = (path, where) => answered(caches.match(path, where), LAST_PATIENCE);
  const answered = (asked, patience) => Promise.race([asked, later(patience)]).catch(() => null);
  // Whichever gives something first; one that gives nothing, or fails, is not waited for. Null where none gives anything.
  const firstOf = (ways) => Promise.any(ways.map(async (way) => (await way) || Promise.reject(new Error("nothing")))).catch(() => null);

  const kept = (url) => answered(keptPage(url), LAST_PATIENCE);

  async function keptPage(url) {
    if (readByAll.includes(url.pathname)) return caches.match(url.pathname, { cacheName: SHELL });
    const someone = await person();
    const found = someone ? await caches.match(url.pathname, { cacheName: `pages-${someone}` }) : null;
    return found && asOf(found);
  }

  // A kept page says from when it is, so that a cancelled morning never looks alive.
  async function asOf(found) {
    const at = found.headers.get("Date");
    const text = await found.text();
    const headers = new Headers(found.headers);
    for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
    const seconds = at ? Date.parse(at) : 0;
    return new Response(text.replace("<body", `<body data-kept="${seconds}"`), { status: found.status, headers });
  }

  async function note(url, answer) {
    const whose = answer.headers.get("Speakout-Person");
    if (whose === null || !(await isNow(whose)) || !whose || url.search) return;
    const name = `pages-${whose}`;
    if (mayBeKept(answer)) await store(name, url.pathname, answer);
    else if (isGone(answer)) await (await caches.open(name)).delete(url.pathname);
    await keepNothingOfOthers(whose);
  }

  // Somebody else may have signed in, or out, while a page of this person was stored. Where the phone is only nobody's until it is
  // known whose it is, their pages stay, and nobody sees them.
  async function keepNothingOfOthers(someone) {
    const now = await person();
    const isTheirs = now ? now === someone : await isNow(someone);
    if (isTheirs === false) await caches.delete(`pages-${someone}`);
    return isTheirs;
  }

  // A morning that is no longer this person's is not theirs on the phone either.
  const isGone = (answer) => [403, 404, 410].includes(answer.status);
  const mayBeKept = (answer) => answer.status === 200 && answer.headers.has("Speakout-Keep");

  // A file comes from the phone, or after a moment from whichever is first, phone or network. One without a release in its name may
  // have changed: there the network comes first.
  async function file(event, url) {
    const isReleased = RELEASED.test(url.pathname);
    const stored = held(url.pathname, { cacheName: SHELL });
    const known = await answered(stored, STORAGE_PATIENCE);
    if (known && isReleased) return known;
    const fresh = fetch(event.request).then((answer) => {
      if (answer.ok) event.waitUntil(putInShell(url.pathname, answer.clone()).catch(() => {}));
      return answer;
    });
    const soonEnough = isReleased ? null : Promise.race([fresh.catch(() => null), later(PATIENCE)]);
    return (await firstOf([fresh, Promise.resolve(soonEnough).then(() => stored)])) || Response.error();
  }

  const putInShell = async (path, answer) => (await caches.open(SHELL)).put(path, answer);

  // A page of another release asks for files of its own: from what was kept with it, else from the network, else those of any
  // release, because a form whose script is missing keeps nothing.
  async function otherFile(request, url) {
    const stored = held(url.pathname);
    const known = await answered(stored, STORAGE_PATIENCE);
    if (known) return known;
    const asked = timed(LAST_PATIENCE, (signal) => fetch(request, { signal }));
    const found = await firstOf([asked.then((answer) => answer.ok && answer), stored]);
    if (found) return found;
    const [, before, ending] = url.pathname.match(/^(.*\.)[0-9a-f]{12}(\.\w+)$/);
    const like = files.find((name) => name.startsWith(before) && name.endsWith(ending) && name.length === url.pathname.length);
    return (like && (await held(like))) || (await asked.catch(() => null)) || Response.error();
  }

  // Keep a page, and with it those of its files that only another release has.
  async function store(name, path, answer) {
    const text = await answer.clone().text();
    for (const [, address] of text.matchAll(/(?:src|href)="([^"]+\.[0-9a-f]{12}\.\w+)"/g)) {
      if (await caches.match(address)) continue;
      const file = await timed(LAST_PATIENCE, (signal) => fetch(address, { signal }));
      if (!file.ok) throw new Error("no answer");
      await putInShell(address, file);
    }
    const cache = await caches.open(name);
    const before = await cache.match(path);
    await cache.put(path, answer).catch(async (problem) => {
      // A full storage takes the page before it away as well.
      if (before) await cache.put(path, before).catch(() => {});
      throw problem;
    });
  }

  // Who asks for pages that are being kept waits with whoever asked first: a weak line brings them once.
  const underway = new Map();
  // The list that was asked for last; one of before that comes to its end later tidies nothing away.
  let newest = "";
  async function keepOnce(pages) {
    const someone = await person();
    if (!someone) return false;
    const wanted = [someone, ...pages].join();
    newest = wanted;
    if (!underway.has(wanted)) underway.set(wanted, keep(someone, pages, () => newest === wanted).finally(() => underway.delete(wanted)));
    return underway.get(wanted);
  }

  // Returns whether the phone's storage was too full for a page.
  async function keep(someone, pages, isNewest) {
    await fillShell().catch(() => {});
    const name = `pages-${someone}`;
    const cache = await caches.open(name);
    let missing = 0;
    let isFull = false;
    // What is missing comes first, because there may be no room for all.
    const held = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
    for (const url of [...pages].sort((one, other) => held.has(one) - held.has(other))) {
      const answer = await toKeep(url);
      const isOurs = answer && answer.type === "basic" && answer.headers.has("Speakout-Person");
      // Somebody else may have signed in meanwhile; then this page must not be kept for either person.
      if (isOurs && answer.headers.get("Speakout-Person") !== someone) return false;
      if (isOurs && mayBeKept(answer)) {
        if (!isFull) await store(name, url, answer).catch(({ name }) => (name === "QuotaExceededError" ? (isFull = true) : (missing += 1)));
      } else if (isOurs && answer.status < 500) await cache.delete(url);
      else missing += 1;
    }
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      if (isNewest() && pathname !== home && !pages.includes(pathname)) await cache.delete(request);
    }
    if ((await keepNothingOfOthers(someone)) && !missing) {
      await noteKept(someone, pages).catch(() => {});
      if (isNewest() && !isFull) await forgetOldFiles();
    }
    return isFull;
  }

  // All pages of the list have come: for an hour they are not fetched again. Another list may be wanted by now.
  const noteKept = (someone, pages) =>
    together(["meta"], async (ask) => {
      const known = await ask("meta", "get", `kept-${someone}`);
      const isIt = known && known.pages.map((page) => page.url).join() === pages.join();
      if (isIt) await ask("meta", "put", { ...known, at: Date.now() });
    });

  // What a browser threw away of this release's own files comes back with the pages that need them.
  async function fillShell() {
    const shell = await caches.open(SHELL);
    for (const path of [...files, ...readByAll]) if (!(await shell.match(path))) await shell.add(readByAll.includes(path) ? blank(path) : path);
  }

  // Each page on its own and twice: one that does not come takes no other with it.
  function toKeep(url) {
    const asked = { headers: { "Speakout-Keep": "1" }, credentials: "same-origin", redirect: "manual" };
    const ask = () => timed(LAST_PATIENCE, (signal) => fetch(url, { ...asked, signal }));
    return ask().catch(ask).catch(() => null);
  }

  // Every kept page is of this release now, but where the next one waits with files of its own.
  async function forgetOldFiles() {
    if (self.registration.installing || self.registration.waiting) return;
    for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== SHELL) await caches.delete(name);
  }
})();
