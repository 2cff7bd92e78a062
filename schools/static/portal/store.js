// What is stored on the phone, for pages and worker: who signed in last, what waits to be sent, what was typed and not sent yet.
// It may hold rows of several people; each row names its person, and only that person's rows are shown or sent.
(() => {
  "use strict";
  let opened = null;

  function open() {
    if (!opened) {
      opened = new Promise((resolve, reject) => {
        const asked = self.indexedDB.open("speakout", 1);
        asked.onupgradeneeded = () => {
          for (const table of ["meta", "waiting", "drafts"]) asked.result.createObjectStore(table, { keyPath: "id" });
        };
        asked.onsuccess = () => {
          asked.result.onversionchange = () => asked.result.close();
          resolve(asked.result);
        };
        asked.onerror = () => reject(asked.error);
      });
      opened.catch(() => (opened = null));
    }
    return opened;
  }

  async function run(table, mode, work) {
    const database = await open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(table, mode);
      const request = work(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error || new Error("not stored"));
    });
  }

  const get = (table, id) => run(table, "readonly", (rows) => rows.get(id));
  const put = (table, row) => run(table, "readwrite", (rows) => rows.put(row));
  const remove = (table, id) => run(table, "readwrite", (rows) => rows.delete(id));
  const all = (table) => run(table, "readonly", (rows) => rows.getAll());
  const of = async (table, person) => (await all(table)).filter((row) => row.person === person);

  // The person to whom the phone's pages belong now; "" for nobody.
  const person = async () => ((await get("meta", "person")) || { value: "" }).value;

  async function isNow(someone) {
    if ((await person()) === someone) return;
    await put("meta", { id: "person", value: someone });
    if (someone && self.caches) {
      for (const name of await caches.keys()) {
        if (name.startsWith("pages-") && name !== `pages-${someone}`) await caches.delete(name);
      }
    }
  }

  // Delete all rows of one person and all kept pages; what other people have not sent yet stays.
  async function wipe(someone) {
    if (self.caches) {
      for (const name of await caches.keys()) if (name.startsWith("pages-")) await caches.delete(name);
    }
    for (const table of ["waiting", "drafts", "meta"]) {
      for (const row of await all(table)) {
        if (row.person === someone || row.id === "person") await remove(table, row.id);
      }
    }
    if ((await all("waiting")).length + (await all("drafts")).length === 0) {
      (await open()).close();
      opened = null;
      self.indexedDB.deleteDatabase("speakout");
    }
  }

  // Only one page or worker of this phone sends at a time; if two did, the key would still keep it harmless.
  const alone = (work) => (self.navigator.locks ? self.navigator.locks.request("speakout-send", work) : work());

  async function whoIsIt() {
    const answer = await fetch("/phone/token/", { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok) throw new Error("no answer");
    return answer.json();
  }

  async function sent(row, token, more = {}) {
    const body = new URLSearchParams(row.entries);
    body.set("csrfmiddlewaretoken", token);
    const headers = { Accept: "application/json", ...more };
    const answer = await fetch(row.url, { method: "POST", body, headers, redirect: "manual", credentials: "same-origin" });
    if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 429 || answer.status >= 500) {
      return { how: "later" };
    }
    const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    const said = isJson ? await answer.json() : { kept: false, reasons: [], differs: [], again: [] };
    return { ...said, how: said.kept ? "kept" : "refused" };
  }

  async function settle(row, result) {
    if (result.how === "kept") {
      await remove("waiting", row.id);
      await remove("drafts", row.draft);
    } else if (result.how === "refused") {
      const { reasons, differs, again } = result;
      await put("waiting", { ...row, state: "refused", reasons, differs, again });
    }
  }

  // Send one row now. Throws without signal; returns "nobody" where nobody is signed in, "another" where somebody else is.
  async function sendOne(row) {
    return alone(async () => {
      const who = await whoIsIt();
      if (who.person !== row.person) return { how: who.person ? "another" : "nobody", token: who.token };
      return { ...(await sent(row, who.token, { "Speakout-Now": "1" })), token: who.token };
    });
  }

  // Pages and worker of this phone hear here what another of them has sent, so that no page goes on saying that it waits.
  const others = self.BroadcastChannel ? new BroadcastChannel("speakout-sent") : null;

  // Send all waiting rows of the person signed in. Returns what was sent, and whether somebody must sign in first.
  async function sendAll() {
    return alone(async () => {
      const waiting = (await all("waiting")).filter((row) => row.state === "waiting");
      if (!waiting.length) return { sent: [], nobody: false };
      const who = await whoIsIt();
      const done = [];
      for (const row of waiting.filter((one) => one.person === who.person)) {
        const result = await sent(row, who.token);
        await settle(row, result);
        if (result.how === "kept") done.push(row);
      }
      if (done.length && others) others.postMessage({ person: who.person, titles: done.map((row) => row.title) });
      return { sent: done, nobody: !who.person };
    });
  }

  self.Speakout = { get, put, remove, all, of, person, isNow, wipe, sendOne, sendAll, settle, whoIsIt, others };
})();
