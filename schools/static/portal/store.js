// What is stored on the phone, for pages and worker: who signed in last, what waits to be sent, what was typed and not sent yet.
// It may hold rows of several people; each row names its person by their sign-in, and only that person's rows are shown or sent. Where
// that sign-in is no longer, see outbox.js, “what a sign-in left”.
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
          // Another tab deletes it (somebody signs out), or the browser does: whoever needs it next makes it anew.
          const gone = () => (asked.result.close(), (opened = null));
          asked.result.onversionchange = asked.result.onclose = gone;
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

  // Write a row, also from a page that goes away in this moment: the browser is told at once that nothing follows. A transaction that
  // waits for its page ends with it, and so does what stands behind it.
  async function put(table, row) {
    const database = await open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction([table], "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error || new Error("not stored"));
      transaction.objectStore(table).put(row);
      if (transaction.commit) transaction.commit();
    });
  }

  const get = (table, id) => together([table], (ask) => ask(table, "get", id));
  const remove = (table, id) => together([table], (ask) => ask(table, "delete", id));
  const all = (table) => together([table], (ask) => ask(table, "getAll"));

  // The person to whom the phone's pages belong now; "" for nobody.
  const person = async () => ((await get("meta", "person")) || { value: "" }).value;

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

  // Who is signed in now ("" for nobody), and a token for what they send. Rejects where the server does not answer. Of the sign-ins in
  // `holds` it says which are `earlier` ones of theirs, and which are `ended`.
  const whoIsIt = (limit, holds = []) =>
    timed(limit, async (signal) => {
      // A page that it would lead to is never asked for behind the person: setting up a second factor makes a secret at each look.
      const asked = holds.length ? `?${new URLSearchParams(holds.map((someone) => ["holds", someone]))}` : "";
      const answer = await fetch(`/phone/token/${asked}`, { cache: "no-store", credentials: "same-origin", redirect: "error", signal });
      if (!answer.ok || !isOurs(answer)) throw new Error("no answer");
      return answer.json();
    });

  // A hotel's sign-in page or a broken proxy answers too, and what it says means nothing.
  const isOurs = (answer) => answer.headers.has("Speakout-Person");

  // Note whose pages these are now, because a page of theirs has come; kept pages of anybody else leave the phone, also where a
  // sign-in has ended. False where that page came late, and the phone is somebody else's by now; null where nobody can tell.
  async function isNow(someone) {
    if ((await person()) === someone) return true;
    for (;;) {
      const before = await person();
      // Until it is known whether the page came late, and without an answer for longer, the phone is nobody's: what is kept of
      // others stays, and nobody sees it.
      if (before && !(await takesOver(before, ""))) continue;
      const who = await whoIsIt(8_000).catch(() => null);
      if (!who) return null;
      if (who.person !== someone) {
        if (who.person === before) await takesOver("", before);
        return false;
      }
      await forgetPages(`pages-${someone}`);
      if (await takesOver("", someone)) return true;
    }
  }

  // A phone whose storage is full may not be able to note it; then it is nobody's, and shows nobody's pages.
  const takesOver = (before, someone) =>
    together(["meta"], async (ask) => {
      const now = ((await ask("meta", "get", "person")) || { value: "" }).value;
      if (now === before) await ask("meta", "put", { id: "person", value: someone });
      return now === before || now === someone;
    }).catch(async (problem) => {
      await remove("meta", "person");
      throw problem;
    });

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

  self.Speakout = { timed, together, get, put, remove, all, person, isNow, wipe, whoIsIt, isOurs };
})();
