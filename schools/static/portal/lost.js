// A browser may throw away all that this site stores, at once, to make room; in most browsers its cookies stay. So a cookie names
// what waits to be sent: for each report its key, its person's number and its address, and which storage it lay in. Where the
// storage is another one by now, these reports went with it, and the person is told of those that the server has not received.
(() => {
  "use strict";
  const { timed, together, newKey, isOurs } = self.Speakout;
  const NAME = "speakout-waits";
  const MOST = 20;
  const KEPT = 60 * 24 * 60 * 60;
  const PATIENCE = 8_000;

  function remembered() {
    const found = document.cookie.split("; ").find((one) => one.startsWith(`${NAME}=`));
    const [storage, ...reports] = found ? found.slice(NAME.length + 1).split("|") : [""];
    return { storage, reports: reports.map((text) => text.split("*")).map(([key, person, url]) => ({ key, person, url })) };
  }

  // Not for other sites, and without anything that was typed.
  function remember(storage, reports) {
    const words = reports.slice(-MOST).map(({ key, person, url }) => [key, person, url].join("*"));
    const secure = location.protocol === "https:" ? ";secure" : "";
    const age = words.length ? KEPT : 0;
    document.cookie = `${NAME}=${[storage, ...words].join("|")};path=/;samesite=strict;max-age=${age}${secure}`;
  }

  // One tab at a time, so that none writes what it read before another one.
  const alone = (work) => (navigator.locks ? navigator.locks.request("speakout-lost", work) : work());

  // What is lost, once the cookie and the storage agree again. A report of the same form that came in since makes it good.
  const compare = () =>
    alone(async () => {
      const before = remembered();
      const { storage, rows, lost } = await together(["meta", "waiting"], async (ask) => {
        const waits = (await ask("waiting", "getAll")).filter(({ id }) => /^[0-9a-f-]{36}$/.test(id));
        const rows = waits.map(({ id, person, url }) => ({ key: id, person, url }));
        const known = await ask("meta", "get", "storage");
        const storage = known ? known.value : newKey();
        if (!known) await ask("meta", "put", { id: "storage", value: storage });
        const noted = await ask("meta", "get", "lost");
        const here = new Set(rows.map((row) => row.key));
        const gone = before.storage && before.storage !== storage ? before.reports.filter((one) => !here.has(one.key)) : [];
        const all = [...new Map([...(noted ? noted.rows : []), ...gone].map((one) => [one.key, one])).values()];
        const lost = [];
        for (const one of all) if (!(await ask("meta", "get", `receipt|${one.person}|${one.url}`))) lost.push(one);
        if (lost.length || noted) await ask("meta", "put", { id: "lost", rows: lost });
        return { storage, rows, lost };
      });
      remember(storage, [...rows, ...lost]);
      return lost;
    });

  const drop = (isGone) =>
    alone(async () => {
      await together(["meta"], async (ask) => {
        const noted = await ask("meta", "get", "lost");
        if (noted) await ask("meta", "put", { id: "lost", rows: noted.rows.filter((one) => !isGone(one)) });
      });
      const { storage, reports } = remembered();
      remember(storage, reports.filter((one) => !isGone(one)));
    });

  // The worker may have sent some of them before they were thrown away.
  async function cameIn(rows) {
    const asked = new URLSearchParams(rows.map((one) => ["key", one.key]));
    return timed(PATIENCE, async (signal) => {
      const answer = await fetch(`/phone/received/?${asked}`, { credentials: "same-origin", redirect: "error", signal });
      if (!answer.ok || !isOurs(answer)) throw new Error("no answer");
      return new Set((await answer.json()).received);
    });
  }

  // Compare, and tell the person of what is lost and is theirs.
  async function look(someone) {
    const mine = (await compare()).filter((one) => one.person === someone);
    for (const old of document.querySelectorAll("[data-lost]")) if (!mine.some((one) => one.key === old.dataset.lost)) old.remove();
    const fresh = mine.filter((one) => !document.querySelector(`[data-lost="${one.key}"]`));
    const canTell = document.getElementById("lost-report");
    if (!someone || !fresh.length || !canTell) return;
    const received = await cameIn(fresh);
    if (received.size) await drop((one) => received.has(one.key));
    for (const one of fresh) if (!received.has(one.key) && !document.querySelector(`[data-lost="${one.key}"]`)) tell(one);
  }

  function tell(one) {
    const template = document.getElementById("lost-report");
    const section = template.content.cloneNode(true).firstElementChild;
    const words = section.querySelector("[role=alert]");
    const [, date] = one.url.match(/\/(\d{4}-\d\d-\d\d)\//) || [];
    const format = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
    const day = date ? new Date(`${date}T00:00Z`).toLocaleDateString(document.documentElement.lang, format) : "–";
    section.dataset.lost = one.key;
    section.querySelector("a").href = one.url;
    section.querySelector("button").addEventListener("click", () => {
      drop(({ key }) => key === one.key).catch(() => {});
      section.remove();
    });
    template.before(section);
    words.textContent = words.dataset[one.url.endsWith("/outcome/") ? "outcome" : "other"].replace("{day}", day);
  }

  // Whoever signs out takes along what is remembered of them.
  const forget = (someone) => drop((one) => one.person === someone);

  self.Speakout.lost = { look, forget };
})();
