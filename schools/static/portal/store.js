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
          asked.result.onclose = () => (opened = null);
          resolve(asked.result);
        };
        asked.onerror = () => reject(asked.error);
      });
      opened.catch(() => (opened = null));
    }
    return opened;
  }

  // Run `work` on the tables in one transaction, all or nothing; it gets a function that reads a table or writes to it.
  async function together(tables, work) {
    const database = await open();
    return new Promise((resolve, reject) => {
      // Strict: what is said to be safe is on the disk, also when the battery ends in the next second.
      const transaction = database.transaction(tables, "readwrite", { durability: "strict" });
      let result;
      transaction.oncomplete = () => resolve(result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error || new Error("not stored"));
      const ask = (table, verb, ...given) =>
        new Promise((answered, refused) => {
          const request = transaction.objectStore(table)[verb](...given);
          request.onsuccess = () => answered(request.result);
          request.onerror = () => refused(request.error);
        });
      work(ask).then((made) => (result = made)).catch((problem) => {
        try {
          transaction.abort();
        } catch {
          // It has ended by itself.
        }
        reject(problem);
      });
    });
  }

  const get = (table, id) => together([table], (ask) => ask(table, "get", id));
  const put = (table, row) => together([table], (ask) => ask(table, "put", row));
  const remove = (table, id) => together([table], (ask) => ask(table, "delete", id));
  const all = (table) => together([table], (ask) => ask(table, "getAll"));

  // The person to whom the phone's pages belong now; "" for nobody.
  const person = async () => ((await get("meta", "person")) || { value: "" }).value;

  // Note whose pages these are now. Kept pages of anybody else leave the phone, also where a sign-in has ended.
  async function isNow(someone) {
    if ((await person()) === someone) return;
    await put("meta", { id: "person", value: someone });
    await forgetPages(`pages-${someone}`);
  }

  async function forgetPages(but = "") {
    if (!self.caches) return;
    for (const name of await caches.keys()) if (name.startsWith("pages-") && name !== but) await caches.delete(name);
  }

  // Delete all rows of one person and all kept pages; what other people have not sent yet stays.
  async function wipe(someone) {
    await forgetPages();
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

  // Run `work` with a signal that ends its requests once the time (milliseconds) is over.
  async function timed(limit, work) {
    const patience = new AbortController();
    const over = setTimeout(() => patience.abort(), limit);
    try {
      return await work(patience.signal);
    } finally {
      clearTimeout(over);
    }
  }

  self.Speakout = { timed, together, get, put, remove, all, person, isNow, wipe };
})();
