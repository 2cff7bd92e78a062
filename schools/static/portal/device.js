// Runs on every page: notes who is signed in, keeps pages for when there is no signal, and sends what waits once there is signal.
(() => {
  "use strict";
  const { all, get, put, remove, person, isNow, wipe, keep, discard, sendAll, waiting, isOnItsWay, whoIsIt, lost } = self.Speakout;
  const { lookForLeft, left, letGo } = self.Speakout;
  const HOUR = 60 * 60 * 1000;
  const [SOON, LATEST, LEAVING, HUNG] = [15_000, 5 * 60_000, 20_000, 3_000];
  // From then on a page that is taken up again is an old one.
  const OLD = 15 * 60_000;
  const bar = document.getElementById("device");
  const way = bar.querySelector("a");
  const toWaiting = way.textContent;
  const whose = document.body.dataset.person;
  const keeping = document.getElementById("keep");

  // Set where the worker shows a page that this phone kept, with the time at which it was fresh.
  const keptAt = Number(document.body.dataset.kept || 0);
  const when = (milliseconds) => {
    const day = new Date(milliseconds);
    const clock = day.toLocaleTimeString("en-GB", { hour: "numeric", minute: "2-digit", timeZone: "Europe/London" });
    const isToday = day.toDateString() === new Date().toDateString();
    if (isToday) return clock;
    // A page may be two weeks old: a weekday alone reads as that of this week.
    const format = { weekday: "long", day: "numeric", month: "long", timeZone: "Europe/London" };
    return `${day.toLocaleDateString(document.documentElement.lang, format)} ${clock}`;
  };

  // The page keeps room below for the notice that lies over it.
  function shows(is) {
    bar.hidden = !is;
    document.documentElement.classList.toggle("has-notice", is);
  }

  // `link` leads to the page about the phone: to what "waits" there, or to what else is "held".
  function say(words, { link = "" } = {}) {
    bar.querySelector("[data-words]").textContent = words;
    way.hidden = !link;
    way.textContent = link === "held" ? way.dataset.held : toWaiting;
    shows(true);
  }

  const openedAt = Date.now();
  let isOld = false;
  const isTouched = () => document.documentElement.classList.contains("is-touched");

  // What was received since this page opened: the words for each key.
  const received = new Map();

  // Whose page this is; "" for nobody.
  const reader = async () => (whose === undefined ? person() : whose);

  // What waits to be sent: that of the person signed in; on the sign-in page that of anybody who may sign in, without a name.
  async function waitingRows(someone, leftHere) {
    if (someone) return waiting(someone);
    const cannotGo = new Set(leftHere.map(({ id }) => id));
    return (await all("waiting")).filter(({ id }) => !cannotGo.has(id));
  }

  async function show({ nobody = false } = {}) {
    const someone = await reader();
    lost.look(someone).catch(() => {});
    const leftHere = await left(someone);
    const rows = await waitingRows(someone, leftHere);
    const refused = rows.filter((row) => row.state === "refused").length;
    const waits = rows.length - refused;
    const signedOut = nobody || whose === "";
    const isPhonePage = Boolean(document.getElementById("waiting"));
    const isElsewhere = !signedOut && !isPhonePage;
    const [toWaiting, toHeld] = isElsewhere ? [{ link: "waits" }, { link: "held" }] : [];
    if (waits && rows.some(isOnItsWay) && !signedOut) say(bar.dataset.sending.replace("{n}", waits), toWaiting);
    else if (waits) say(bar.dataset[signedOut ? "nobody" : "waits"].replace("{n}", waits), toWaiting);
    else if (refused && !signedOut) say(bar.dataset.refused.replace("{n}", refused), toWaiting);
    else if (leftHere.length) say(bar.dataset.left.replace("{n}", leftHere.length), isPhonePage ? {} : { link: "waits" });
    else if (received.size) say(bar.dataset.sent.replace("{what}", [...received.values()].join("; ")));
    else if (keptAt) say(bar.dataset.asOf.replace("{when}", when(keptAt)), toHeld);
    else if (isOld) say(bar.dataset.old.replace("{when}", when(openedAt)));
    else if (!navigator.onLine) say(bar.dataset.offline, toHeld);
    else await showBegun(isElsewhere, rows);
  }

  // What was typed elsewhere and never sent: the form on this page shows its own.
  async function showBegun(isElsewhere, rows) {
    const begun = isElsewhere && whose ? await unfinished(whose, rows) : [];
    const elsewhere = begun.filter(({ url }) => url !== location.pathname);
    if (elsewhere.length) say(bar.dataset.typed.replace("{n}", elsewhere.length), { link: "held" });
    else shows(false);
  }

  async function send() {
    let { nobody } = await sendAll();
    if (await lookForLeft(await reader()).catch(() => false)) ({ nobody } = await sendAll());
    await show({ nobody });
    if (document.getElementById("waiting")) await phonePage();
  }

  // Where the signal is weak the browser may think that all is well: as long as a page is open it tries again, ever more seldom.
  let pause = SOON;
  let again = 0;
  function sendLater() {
    if (again) return;
    again = setTimeout(() => {
      again = 0;
      send().catch(() => {});
    }, pause);
    pause = Math.min(2 * pause, LATEST);
  }

  // This page, another tab or the worker has sent something, or tried to; it is told where its person's pages are.
  async function heard({ detail }) {
    if (detail.how === "later") sendLater();
    if (detail.how === "kept") pause = SOON;
    if (detail.person !== (await reader())) return;
    if (detail.how === "kept") received.set(detail.id, `${detail.at || ""} ${detail.title}`.trim());
    await show({ nobody: detail.how === "nobody" });
    if (document.getElementById("waiting")) await phonePage();
  }

  async function keepPages(worker) {
    // A list that the phone has kept is no news, and tidies nothing away that came since.
    if (keptAt) return;
    const pages = JSON.parse(keeping.textContent);
    const urls = pages.map((page) => page.url);
    const before = await get("meta", `kept-${whose}`);
    const same = before && JSON.stringify(before.pages) === JSON.stringify(pages);
    const { missing } = await sorted(whose, pages);
    if (same && !missing.length && Math.abs(Date.now() - before.at) < HOUR) return;
    // The worker notes when all of them have come.
    await put("meta", { id: `kept-${whose}`, person: whose, pages, at: 0 });
    worker.postMessage({ keep: urls });
  }

  // The pages that the phone holds, and those that it should hold and does not.
  async function sorted(someone, pages) {
    const cache = self.caches ? await caches.open(`pages-${someone}`) : { match: async () => null };
    const held = [];
    const missing = [];
    for (const page of pages) ((await cache.match(page.url)) ? held : missing).push(page);
    return { held, missing };
  }

  // ---- the page that shows what is on the phone

  const section = (id, shown) => ((document.getElementById(id).hidden = !shown), document.querySelector(`#${id} [data-rows]`));
  const words = () => document.getElementById("phone-words").dataset;

  function filled(row, changed) {
    const article = document.getElementById("waiting-row").content.cloneNode(true).firstElementChild;
    article.dataset.id = row.id;
    const refused = row.state === "refused";
    article.querySelector("h3").textContent = row.title;
    article.querySelector(".state").textContent = words()[refused ? "refused" : isOnItsWay(row) ? "sending" : "waits"];
    const reasons = refused && !row.reasons.length ? [row.kind === "told" ? words().goneTold : words().gone] : row.reasons || [];
    article.querySelector(".reasons").append(...reasons.map((reason) => line([reason])));
    article.querySelector(".pupils").append(...row.summary.map(line));
    const table = article.querySelector("table");
    table.hidden = !(row.differs && row.differs.length);
    for (const one of row.differs || []) table.tBodies[0].append(compared(one));
    const has = (entries) => refused && entries && entries.length > 0;
    for (const button of article.querySelectorAll("[data-do]")) {
      const what = button.dataset.do;
      button.hidden = (what === "correct" && !has(row.again)) || (what === "rest" && !has(row.rest)) || (what === "send" && refused);
      // Where something else is stored already, the buttons say what becomes of that, as on the server's page about it.
      const keepsStored = has(row.differs) && (what === "rest" || !has(row.rest));
      if (keepsStored && button.dataset.ifDiffers) button.textContent = button.dataset.ifDiffers;
      if (what === "open") button.href = row.url;
      else button.addEventListener("click", () => {
        if (what === "send") article.querySelector(".state").textContent = words().sending;
        done(what, row).then(changed);
      });
    }
    return article;
  }

  function line(texts) {
    const item = document.createElement("li");
    for (const text of texts) item.append(Object.assign(document.createElement("span"), { textContent: text }));
    return item;
  }

  function compared({ what, stored, said }) {
    const row = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { scope: "row", textContent: what });
    row.append(head, cell(words().stored, stored), cell(words().said, said));
    return row;
  }

  function cell(label, text) {
    const made = Object.assign(document.createElement("td"), { textContent: text });
    made.dataset.label = label;
    return made;
  }

  async function done(what, row) {
    if (what === "discard") {
      if (window.confirm(words().sure)) {
        await discard(row);
      }
      return;
    }
    // A correction is a version of its own, and takes the place of the one that was refused.
    const entries = { correct: row.again, rest: row.rest }[what];
    if (entries) await keep({ ...row, entries, again: [], rest: [], differs: [], reasons: [] }, { corrects: row.id });
    await send().catch(() => show());
  }

  async function phonePage({ isFull = false } = {}) {
    const someone = await person();
    const rows = someone ? await waiting(someone) : [];
    const known = someone ? await get("meta", `kept-${someone}`) : null;
    const pages = known ? known.pages.filter((page) => page.title) : [];
    const open = someone ? await unfinished(someone, rows) : [];
    const leftHere = await left(someone);
    showWaiting(rows);
    showTyped(open);
    showLeft(leftHere);
    document.getElementById("may-go").hidden = !document.querySelector("#waiting article") || (await isPersisted());
    const { held, missing } = someone ? await sorted(someone, pages) : { held: [], missing: [] };
    section("kept", pages.length).replaceChildren(...held.map(linked));
    const told = missing.length ? words()[isFull ? "full" : "missing"] : words().ready;
    document.getElementById("kept-state").textContent = told.replace("{n}", missing.length).replace("{all}", pages.length);
    document.getElementById("keep-again").hidden = !missing.length;
    document.getElementById("nothing").hidden = !someone || rows.length + open.length + pages.length + leftHere.length > 0;
    const waitsForNobody = leftHere.length > 0 && !(await waitingRows(someone, leftHere)).length;
    document.getElementById("nobody").hidden = Boolean(someone) || waitsForNobody;
    document.getElementById("not-kept").hidden = location.pathname === new URL(bar.querySelector("a").href).pathname;
  }

  // What was received while this page is open stays where it was and says so: nothing moves under somebody's finger.
  function showWaiting(rows) {
    const list = document.querySelector("#waiting [data-rows]");
    const articles = new Map(rows.map((row) => [row.id, filled(row, phonePage)]));
    const shown = [...list.children].flatMap((old) => {
      const fresh = articles.get(old.dataset.id);
      articles.delete(old.dataset.id);
      return fresh ? [fresh] : received.has(old.dataset.id) ? [thanked(old)] : [];
    });
    redraw(list, [...shown, ...articles.values()]);
    section("waiting", list.children.length);
  }

  const idOf = (element) => (element.closest("[data-id]") || element).dataset.id;

  // News draws a list anew: what somebody opened in it stays open, and their keyboard stays where it was.
  function redraw(list, items) {
    const opened = new Set([...list.querySelectorAll("details[open]")].map(idOf));
    const place = (element) => [idOf(element), element.tagName, element.dataset.do, element.href].join(" ");
    const at = list.contains(document.activeElement) && place(document.activeElement);
    for (const part of items.flatMap((item) => [...item.querySelectorAll("details")])) part.open = opened.has(idOf(part));
    list.replaceChildren(...items);
    const again = at && [...list.querySelectorAll("a, button, summary")].find((element) => place(element) === at);
    if (again) again.focus({ preventScroll: true });
  }

  function thanked(article) {
    const state = article.querySelector(".state");
    if (!article.dataset.isReceived) article.style.minHeight = `${article.offsetHeight}px`;
    article.dataset.isReceived = "";
    article.replaceChildren(article.querySelector("h3"), state);
    state.textContent = words().received;
    return article;
  }

  // It stays until somebody says that they have passed it on.
  function showLeft(rows) {
    const list = section("left", rows.length);
    redraw(list, rows.map(leftOver));
  }

  function leftOver(row) {
    const article = document.getElementById("left-row").content.cloneNode(true).firstElementChild;
    article.dataset.id = row.id;
    article.querySelector("h3").textContent = row.title || row.url;
    const said = row.isTyped ? words().typedAt : words().confirmedAt;
    article.querySelector(".state").textContent = said.replace("{when}", when(row.at));
    article.querySelector(".pupils").append(...row.summary.map(line));
    article.querySelector("button").addEventListener("click", async () => {
      if (!window.confirm(words().passedOn)) return;
      await letGo(row);
      await show();
      await phonePage();
    });
    return article;
  }

  // What was typed can be read here, because its form may be gone: the day was moved, or somebody else goes.
  function showTyped(open) {
    const list = section("typed", open.length);
    const items = open.map((report) => {
      const item = linked(report);
      item.append(...report.drafts.map((draft) => typedIn(draft)));
      return item;
    });
    redraw(list, items);
  }

  function typedIn(draft) {
    const part = document.getElementById("typed-draft").content.cloneNode(true).firstElementChild;
    part.dataset.id = draft.id;
    part.querySelector(".pupils").append(...(draft.lines || draft.entries).map(line));
    part.querySelector("button").addEventListener("click", async () => {
      if (!window.confirm(words().sure)) return;
      await remove("drafts", draft.id);
      await phonePage();
    });
    return part;
  }

  const isPersisted = async () => Boolean(navigator.storage && navigator.storage.persisted && (await navigator.storage.persisted()));

  // What the person typed and never confirmed: for each report its drafts.
  async function unfinished(someone, rows) {
    const open = new Map();
    for (const draft of await all("drafts")) {
      if (draft.person !== someone || rows.some((row) => row.stamp === draft.stamp)) continue;
      const url = (draft.report || draft.id).split("|")[1];
      const { drafts } = open.get(url) || { drafts: [] };
      open.set(url, { url, title: draft.title || url, drafts: [...drafts, draft] });
    }
    return [...open.values()];
  }

  function linked({ url, title }) {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { className: "line", href: url, textContent: title });
    item.append(link);
    return item;
  }

  // ---- signing out

  // What was asked of the phone's storage, or this instead where it fails or does not answer.
  const soonOr = (instead, asked) =>
    Promise.race([asked, new Promise((resolve) => setTimeout(resolve, HUNG, instead))]).catch(() => instead);

  // What is not sent is sent first; what cannot be, or was never finished, leaves the phone only if the person says so.
  function leaving(form) {
    const unsent = document.getElementById("unsent");
    const button = form.querySelector("[type=submit]");
    const part = (name) => unsent.querySelector(`[data-${name}]`);
    const leave = async (token, { forgets }) => {
      if (forgets) {
        await soonOr(null, lost.forget(whose));
        await soonOr(null, wipe(whose));
      }
      if (token) form.elements.csrfmiddlewaretoken.value = token;
      HTMLFormElement.prototype.submit.call(form);
    };
    async function tryIt({ discard = false, again = false } = {}) {
      button.textContent = unsent.dataset.sending;
      // Each request has its limit, but there may be many of them.
      if (!discard) await Promise.race([sendAll(), new Promise((resolve) => setTimeout(resolve, LEAVING))]).catch(() => {});
      const who = await whoIsIt(SOON).catch(() => null);
      // A storage that does not answer keeps nobody signed in; but what it may hold stays there for this person.
      const waits = await soonOr(null, waiting(whose));
      const begun = waits && (await soonOr(null, unfinished(whose, waits)));
      const rows = waits || [];
      const open = begun || [];
      button.textContent = unsent.dataset.leave;
      if (who && (discard || !(rows.length || open.length))) return leave(who.token, { forgets: discard || Boolean(begun) });
      part("rows").replaceChildren(...rows.map((row) => line([row.title])), ...open.map(linked));
      part("left").hidden = !rows.length && !open.length;
      part("failed").hidden = !again || !rows.length;
      part("no-signal").hidden = Boolean(who);
      unsent.querySelector("[data-do=send]").hidden = !rows.length;
      unsent.querySelector("[data-do=discard]").hidden = !rows.length && !open.length;
      unsent.hidden = false;
      return unsent.focus();
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      tryIt();
    });
    unsent.querySelector("[data-do=discard]").addEventListener("click", () => tryIt({ discard: true }));
    unsent.querySelector("[data-do=send]").addEventListener("click", () => tryIt({ again: true }));
  }

  // ---- when a page is taken up again

  // An app in the phone's memory shows the page of hours ago. It comes anew where somebody answers and nobody typed into it; else it
  // says from when it is. What is set up under “Signing in” has another secret at each look, and stays.
  async function takenUp() {
    if (!whose || Date.now() - openedAt < OLD || location.pathname.startsWith("/accounts/")) return;
    const who = await whoIsIt(SOON).catch(() => null);
    if (who && !isTouched()) return location.reload();
    isOld = true;
    await show();
  }

  // ---- when a page opens

  async function begin() {
    if (whose !== undefined) await isNow(whose);
    await show();
    if (document.getElementById("waiting")) await phonePage();
    await send();
  }

  async function install() {
    if (!navigator.serviceWorker) return;
    await navigator.serviceWorker.register("/sw.js");
    const registration = await navigator.serviceWorker.ready;
    if (keeping && whose) await keepPages(registration.active);
  }

  // The pages that are missing are asked for again.
  async function keepAgain(button) {
    const someone = await person();
    const known = await get("meta", `kept-${someone}`);
    const registration = await navigator.serviceWorker.ready;
    button.hidden = true;
    registration.active.postMessage({ keep: known.pages.map((page) => page.url) });
  }

  const missing = document.getElementById("keep-again");
  if (missing) missing.addEventListener("click", () => keepAgain(missing).catch(() => (missing.hidden = false)));
  for (const form of document.querySelectorAll("form[data-sign-out]")) leaving(form);
  // Without storage or signal a page works as it does without scripts.
  begin().catch(() => {}).then(install).catch(() => {});
  // Another release's worker takes over when the phone is put away, because then no page of it is on its way to anybody.
  let isLeft = false;
  window.addEventListener("pagehide", () => (isLeft = true));
  window.addEventListener("pageshow", () => (isLeft = false));
  document.addEventListener("visibilitychange", async () => {
    if (document.visibilityState !== "hidden" || isLeft || !navigator.serviceWorker) return;
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration && registration.waiting) registration.waiting.postMessage({ takeOver: true });
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && takenUp().catch(() => {}));
  window.addEventListener("pageshow", ({ persisted }) => persisted && takenUp().catch(() => {}));
  if (navigator.serviceWorker) {
    navigator.serviceWorker.addEventListener("message", ({ data }) => {
      if (data && data.kept && document.getElementById("waiting")) phonePage(data).catch(() => {});
      // A fresh page takes the place of a kept one as soon as it is here, but never under somebody's fingers.
      const isFresh = data && data.fresh === location.pathname && keptAt && !isTouched();
      // Once a minute at most: where every answer is slow, the page would do nothing but load.
      const last = Number(sessionStorage.getItem("speakout-reloaded") || 0);
      if (!isFresh || Date.now() - last < 60_000) return;
      sessionStorage.setItem("speakout-reloaded", String(Date.now()));
      location.reload();
    });
  }
  window.addEventListener("online", () => send().catch(() => {}));
  window.addEventListener("offline", () => show().catch(() => {}));
  document.addEventListener("speakout-outbox", (event) => heard(event).catch(() => {}));
  document.addEventListener("speakout-waits", () => show().catch(() => {}));
})();
