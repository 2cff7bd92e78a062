// Runs on every page: notes who is signed in, keeps pages for when there is no signal, and sends what waits once there is signal.
(() => {
  "use strict";
  const { all, of, get, put, remove, person, isNow, wipe, sendAll, settle, others } = self.Speakout;
  const HOUR = 60 * 60 * 1000;
  const bar = document.getElementById("device");
  const whose = document.body.dataset.person;
  const keeping = document.getElementById("keep");

  function say(words, { link = false } = {}) {
    bar.querySelector("[data-words]").textContent = words;
    bar.querySelector("a").hidden = !link;
    bar.hidden = false;
  }

  // What waits to be sent: that of the person signed in; on the sign-in page that of anybody, without a name.
  async function waitingRows() {
    const someone = whose === undefined ? await person() : whose;
    return someone ? of("waiting", someone) : all("waiting");
  }

  async function show({ nobody = false } = {}) {
    const rows = await waitingRows();
    const refused = rows.filter((row) => row.state === "refused").length;
    const waits = rows.length - refused;
    const signedOut = nobody || whose === "";
    const isElsewhere = !document.getElementById("waiting");
    if (waits) say(bar.dataset[signedOut ? "nobody" : "waits"].replace("{n}", waits), { link: !signedOut && isElsewhere });
    else if (refused && !signedOut) say(bar.dataset.refused.replace("{n}", refused), { link: isElsewhere });
    else if (!navigator.onLine) say(bar.dataset.offline);
    else bar.hidden = true;
  }

  async function send() {
    const { sent, nobody } = await sendAll();
    await show({ nobody });
    if (sent.length) saySent(sent.map((row) => row.title));
    if (document.getElementById("waiting")) await phonePage();
  }

  const saySent = (titles) => say(bar.dataset.sent.replace("{what}", titles.join("; ")));

  // Another tab, or the worker while this page had no signal, has sent something of the person whose page this is.
  async function heard({ data }) {
    if (data.person !== whose) return;
    await show();
    saySent(data.titles);
    if (document.getElementById("waiting")) await phonePage();
  }

  async function keepPages(worker) {
    const pages = JSON.parse(keeping.textContent);
    const urls = pages.map((page) => page.url);
    const before = await get("meta", `kept-${whose}`);
    const same = before && JSON.stringify(before.pages) === JSON.stringify(pages);
    if (same && Date.now() - before.at < HOUR) return;
    worker.postMessage({ keep: urls });
    await put("meta", { id: `kept-${whose}`, person: whose, pages, at: Date.now() });
  }

  // ---- the page that shows what is on the phone

  const section = (id, shown) => ((document.getElementById(id).hidden = !shown), document.querySelector(`#${id} [data-rows]`));
  const words = () => document.getElementById("phone-words").dataset;

  function filled(row, changed) {
    const article = document.getElementById("waiting-row").content.cloneNode(true).firstElementChild;
    const refused = row.state === "refused";
    article.querySelector("h3").textContent = row.title;
    article.querySelector(".state").textContent = refused ? words().refused : words().waits;
    const reasons = refused && !row.reasons.length ? [words().gone] : row.reasons || [];
    article.querySelector(".reasons").append(...reasons.map((reason) => line([reason])));
    article.querySelector(".pupils").append(...row.summary.map(line));
    const table = article.querySelector("table");
    table.hidden = !(row.differs && row.differs.length);
    for (const one of row.differs || []) table.tBodies[0].append(compared(one));
    const correct = refused && row.again && row.again.length > 0;
    for (const button of article.querySelectorAll("[data-do]")) {
      const what = button.dataset.do;
      button.hidden = (what === "correct" && !correct) || (what === "send" && refused);
      if (what === "open") button.href = row.url;
      else button.addEventListener("click", () => done(what, row).then(changed));
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
        await remove("waiting", row.id);
        await remove("drafts", row.draft);
      }
      return;
    }
    if (what === "correct") await put("waiting", { ...row, state: "waiting", entries: row.again, again: [], differs: [] });
    await send().catch(() => show());
  }

  async function phonePage() {
    const someone = await person();
    const rows = someone ? await of("waiting", someone) : [];
    const known = someone ? await get("meta", `kept-${someone}`) : null;
    const pages = known ? known.pages.filter((page) => page.title) : [];
    section("waiting", rows.length).replaceChildren(...rows.map((row) => filled(row, phonePage)));
    section("kept", pages.length).replaceChildren(...pages.map(linked));
    document.getElementById("nothing").hidden = !someone || rows.length + pages.length > 0;
    document.getElementById("nobody").hidden = Boolean(someone);
    document.getElementById("not-kept").hidden = location.pathname === new URL(bar.querySelector("a").href).pathname;
  }

  function linked({ url, title }) {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { className: "line", href: url, textContent: title });
    item.append(link);
    return item;
  }

  // ---- signing out

  function leaving(form) {
    const unsent = document.getElementById("unsent");
    const mine = async () => (await of("waiting", whose)).filter(Boolean);
    const leave = async () => {
      await wipe(whose).catch(() => {});
      HTMLFormElement.prototype.submit.call(form);
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      await sendAll().catch(() => {});
      const rows = await mine().catch(() => []);
      if (!rows.length) return leave();
      unsent.querySelector("[data-rows]").replaceChildren(...rows.map((row) => line([row.title])));
      unsent.hidden = false;
      unsent.focus();
    });
    unsent.querySelector("[data-do=discard]").addEventListener("click", leave);
    unsent.querySelector("[data-do=send]").addEventListener("click", async () => {
      await sendAll().catch(() => {});
      if ((await mine()).length) unsent.querySelector("[data-failed]").hidden = false;
      else await leave();
    });
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

  for (const form of document.querySelectorAll("form[data-sign-out]")) leaving(form);
  // Without storage or signal a page works as it does without scripts.
  begin().catch(() => {}).then(install).catch(() => {});
  window.addEventListener("online", () => send().catch(() => {}));
  window.addEventListener("offline", () => show().catch(() => {}));
  if (others) others.addEventListener("message", (event) => heard(event).catch(() => {}));
  document.addEventListener("speakout-waits", () => show().catch(() => {}));
  Object.assign(self.Speakout, { settle });
})();
