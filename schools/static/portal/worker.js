// The service worker: answers with pages from the network; where it does not answer, with pages that this phone kept.
(() => {
  "use strict";
  const { release, files, phone, home } = self.SPEAKOUT;
  const { timed, person, isNow, sendAll } = self.Speakout;
  const SHELL = `shell-${release}`;
  const PATIENCE = 4000;
  const RELEASED = /\.[0-9a-f]{12}\.\w+$/;

  self.addEventListener("install", (event) => {
    // The page about the phone is fetched without cookies, because it holds no personal data.
    const blank = new Request(phone, { credentials: "omit" });
    event.waitUntil(
      caches.open(SHELL).then((cache) => cache.addAll([...files, blank])).then(() => self.skipWaiting())
    );
  });

  self.addEventListener("activate", (event) => {
    event.waitUntil(
      caches.keys()
        .then((names) => names.filter((name) => name.startsWith("shell-") && name !== SHELL))
        .then((old) => Promise.all(old.map((name) => caches.delete(name))))
        .then(() => self.clients.claim())
    );
  });

  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/admin/")) return;
    if (request.mode === "navigate") event.respondWith(page(event, url));
    else if (files.includes(url.pathname)) event.respondWith(file(request, url));
  });

  self.addEventListener("message", (event) => {
    if (event.data && event.data.keep) event.waitUntil(keep(event.data.keep).catch(() => {}).then(() => tellPages({ kept: true })));
  });

  self.addEventListener("sync", (event) => {
    if (event.tag === "send") event.waitUntil(sendAll().then(({ left }) => left && Promise.reject(new Error("try again later"))));
  });

  // A page from the network; where there is no answer, or a proxy says that there is none, the page that this phone kept.
  async function page(event, url) {
    const fresh = fetch(event.request).then(async (answer) => {
      if ([502, 503, 504].includes(answer.status)) throw new Error("no answer");
      const copy = answer.clone();
      const noted = note(url, copy).catch(() => {});
      // Note whose page this is before the next one is requested.
      await Promise.race([noted, later(500)]);
      return answer;
    });
    fresh.catch(() => {});
    try {
      const first = await Promise.race([fresh, later(PATIENCE)]);
      if (first) return first;
      const old = await kept(url);
      if (old) event.waitUntil(fresh.then(() => isHere(url)).catch(() => {}));
      return old || (await fresh);
    } catch {
      return (await kept(url)) || (await caches.match(phone, { cacheName: SHELL })) || Response.error();
    }
  }

  // The fresh page of an address whose kept page is shown has come: the page that shows it asks for it again.
  const isHere = (url) => tellPages({ fresh: url.pathname });

  async function tellPages(news) {
    for (const client of await self.clients.matchAll()) client.postMessage(news);
  }

  const later = (milliseconds) => new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));

  async function kept(url) {
    if (url.pathname === phone) return caches.match(phone, { cacheName: SHELL });
    const someone = await person().catch(() => "");
    const found = someone ? await caches.match(url.pathname, { cacheName: `pages-${someone}` }) : undefined;
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
    if (whose === null) return;
    await isNow(whose);
    if (whose && mayBeKept(answer) && !url.search) await (await caches.open(`pages-${whose}`)).put(url.pathname, answer);
  }

  const mayBeKept = (answer) => answer.status === 200 && answer.headers.has("Speakout-Keep");

  async function file(request, url) {
    const shell = await caches.open(SHELL);
    const known = await shell.match(url.pathname);
    if (known && RELEASED.test(url.pathname)) return known;
    try {
      const answer = await fetch(request);
      if (answer.ok) await shell.put(url.pathname, answer.clone());
      return answer;
    } catch {
      return known || Response.error();
    }
  }

  async function keep(pages) {
    const someone = await person();
    if (!someone) return;
    const cache = await caches.open(`pages-${someone}`);
    const headers = { "Speakout-Keep": "1" };
    for (const url of pages) {
      // Each page on its own and twice: one that does not come takes no other with it.
      const asked = { headers, credentials: "same-origin", redirect: "manual" };
      const ask = () => timed(20_000, (signal) => fetch(url, { ...asked, signal }));
      const answer = await ask().catch(ask).catch(() => null);
      // Somebody else may have signed in meanwhile; then this page must not be kept for either person.
      if (answer && answer.type === "basic" && answer.ok && answer.headers.get("Speakout-Person") !== someone) return;
      if (answer && mayBeKept(answer)) await cache.put(url, answer);
    }
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      if (pathname !== home && !pages.includes(pathname)) await cache.delete(request);
    }
  }
})();
