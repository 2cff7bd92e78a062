// The outbox. Each version of a report is a row with a key of its own that is never changed, only sent, settled or replaced.
//
// A row: id (its key), replaces (the keys of the versions before it), follows (those of versions that go their own way, because they
// tell of sessions that this one leaves open; where both tell of a session, this one's words stand), draft (which report it is),
// stamp (which typing it took), person, kind, url, title, entries, summary, at; state "waiting" or "refused"; sendingUntil while it is on its way; tries.
// What the server has received stands as a receipt in "meta", so that a change made later names the version that it changes; so do the
// keys of what was thrown away or is put right, because the server may have received it although no answer came.
(() => {
  "use strict";
  const { timed, together, all, get, put, remove, whoIsIt, isOurs } = self.Speakout;
  const LIMITS = [8_000, 20_000, 60_000];
  // Refusals that say nothing about the report: another token, a timeout, too many at once.
  const NOT_NOW = new Set([403, 408, 425, 429]);
  // What a row says of versions is sent as it is now, not as it was when the form was opened.
  const OWN = new Set(["key", "replaces", "follows"]);
  const RECEIPTS_KEPT = 3 * 24 * 60 * 60 * 1000;
  const receiptId = (draft) => `receipt|${draft}`;
  const discardedId = (draft) => `discarded|${draft}`;

  // Pages and worker of this phone hear of each other's sending; the page itself hears it as an event.
  const others = self.BroadcastChannel ? new BroadcastChannel("speakout-outbox") : null;
  function announce(news) {
    if (others) others.postMessage(news);
    if (self.document) document.dispatchEvent(new CustomEvent("speakout-outbox", { detail: news }));
  }
  if (others && self.document) {
    others.addEventListener("message", ({ data }) => document.dispatchEvent(new CustomEvent("speakout-outbox", { detail: data })));
  }

  // A unique key for each version, so that sending it twice stores it once.
  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  // Rows of an earlier release carry their key among the entries.
  const keyOf = (row) => (/^[0-9a-f-]{36}$/.test(row.id) ? row.id : (row.entries.find(([name]) => name === "key") || [])[1]);
  const keysOf = (one) => [...(one.replaces || []), one.key || keyOf(one)];
  const lastKeys = (ones) => [...new Set(ones.filter(Boolean).flatMap(keysOf).filter(Boolean))].slice(-50);

  // The sessions of which a version says how they went; "later" is nothing said.
  const tellsOf = ({ entries }) =>
    entries.filter(([name, value]) => name.endsWith("went_ahead") && value && value !== "later").map(([name]) => name);

  // Whether a version takes the place of one that waits: the one that the person saw and changed, and one of which it leaves nothing
  // out. Another one tells of a session that was left open here, perhaps in a form that was begun again: that is still to arrive.
  function standsFor(version, one) {
    const isTheSame = one.id === version.instead || (version.adopted && one.stamp === version.adopted);
    const tells = new Set(tellsOf(version));
    return isTheSame || tellsOf(one).every((name) => tells.has(name));
  }

  // Keep a version that the person confirmed. It takes the place of the versions before it, sent or not, and names their keys.
  // `typed` is its draft, which leaves with it. Rejects where the phone cannot store it; then everything is as before.
  // `corrects` is the refused version that it states again: null where that is no longer the last one. `key` is its own.
  function keep(version, { typed = null, corrects = "", key = newKey() } = {}) {
    const row = { ...version, id: key, state: "waiting", tries: 0, sendingUntil: 0, at: Date.now(), replaces: [], follows: [] };
    return together(["waiting", "drafts", "meta"], async (ask) => {
      const corrected = corrects ? await ask("waiting", "get", corrects) : null;
      if (corrects && !corrected) return null;
      if (row.kind === "outcome") {
        // What is stated again is no newer than it was: what was confirmed since stands beside it.
        const before = (await ask("waiting", "getAll")).filter(
          (one) => one.draft === row.draft && one.kind === row.kind && (!corrected || one.at <= corrected.at)
        );
        const isReplaced = (one) => one.id === corrects || standsFor(row, one);
        const receipt = await ask("meta", "get", receiptId(row.draft));
        const discarded = await ask("meta", "get", discardedId(row.draft));
        row.replaces = lastKeys([...before.filter(isReplaced), receipt, discarded]);
        row.follows = lastKeys(before.filter((one) => !isReplaced(one)));
        for (const one of before.filter(isReplaced)) await ask("waiting", "delete", one.id);
      }
      // A note that was changed before it left this phone; one that is known to have arrived stays, and this is another one. So is
      // one that was refused meanwhile, and is put right by what was typed for it. The server may have it although no answer came.
      else {
        for (const one of await ask("waiting", "getAll")) {
          const isPutRight = row.adopted && one.stamp === row.adopted && one.state === "refused";
          if (one.id !== row.instead && !isPutRight) continue;
          row.insteadOf = [...(row.insteadOf || []), ...notesOf(one)];
          await ask("waiting", "delete", one.id);
        }
      }
      await ask("waiting", "put", row);
      if (typed) await ask("drafts", "put", typed);
      return row;
    });
  }

  // A note that somebody was told, and those for which it stands, as the server knows them: it has no key.
  function notesOf({ entries, insteadOf }) {
    const { session, day, at, role_told: role } = Object.fromEntries(entries);
    return [...(insteadOf || []), `${session} ${day}T${at} ${role}`];
  }

  // Throw a version away, with what was typed for it; what was typed since stays.
  const discard = (row) => together(["waiting", "drafts", "meta"], (ask) => takeAway(ask, row));

  async function takeAway(ask, row) {
    await ask("waiting", "delete", row.id);
    for (const draft of await ask("drafts", "getAll")) if (draft.stamp === row.stamp) await ask("drafts", "delete", draft.id);
    if (row.kind !== "outcome") return;
    await ask("meta", "put", await noted(ask, discardedId(row.draft), row));
  }

  // A note of this version's key and of all that are noted there already: two of one day may be settled one after the other.
  async function noted(ask, id, row) {
    const before = await ask("meta", "get", id);
    const replaces = lastKeys([before, row]).filter((key) => key !== keyOf(row));
    return { id, key: keyOf(row), person: row.person, replaces, at: Date.now() };
  }

  // What the server said of one version. It touches that version alone, and the typing that it took: whatever was typed or kept
  // meanwhile stays.
  function settle(row, result) {
    return together(["waiting", "drafts", "meta"], async (ask) => {
      const now = await ask("waiting", "get", row.id);
      if (result.how === "kept") {
        await ask("waiting", "delete", row.id);
        for (const draft of await ask("drafts", "getAll")) {
          if (draft.stamp && draft.stamp === row.stamp) await ask("drafts", "delete", draft.id);
        }
        const { person, title } = row;
        if (row.kind === "outcome") {
          await ask("meta", "put", { ...(await noted(ask, receiptId(row.draft), row)), title, clock: result.at });
        }
        // Kept pages say what was the case before: the next list of pages is fetched anew, however fresh it is.
        const pages = await ask("meta", "get", `kept-${person}`);
        if (pages) await ask("meta", "put", { ...pages, at: 0 });
      } else if (now && result.how === "refused") {
        const { reasons, differs, again, rest } = result;
        await ask("waiting", "put", { ...now, state: "refused", sendingUntil: 0, reasons, differs, again, rest });
      } else if (now) {
        await ask("waiting", "put", { ...now, sendingUntil: 0, tries: now.tries + (result.how === "later" ? 1 : 0) });
      }
    });
  }

  // ---- sending

  // Only one page or worker of this phone sends at a time, one version. Every request ends by itself; should whoever sends be put to
  // sleep meanwhile, the others go on without them: the server knows the keys.
  async function alone(work) {
    const { locks } = self.navigator;
    if (!locks) return work();
    const patience = new AbortController();
    const over = setTimeout(() => patience.abort(), 2 * LIMITS[LIMITS.length - 1] + LIMITS[0]);
    let begun = false;
    const begin = () => ((begun = true), clearTimeout(over), work());
    return locks.request("speakout-send", { signal: patience.signal }, begin).catch((problem) => {
      if (begun) throw problem;
      return work();
    });
  }

  async function post(row, token, limit, more) {
    const body = new URLSearchParams(row.entries.filter(([name]) => !OWN.has(name)));
    body.set("csrfmiddlewaretoken", token);
    if (row.kind === "outcome") {
      body.set("key", keyOf(row));
      body.set("replaces", row.replaces.join(" "));
      body.set("follows", (row.follows || []).join(" "));
    }
    for (const note of row.insteadOf || []) body.append("instead_of", note);
    const headers = { Accept: "application/json", ...more };
    return timed(limit, async (signal) => {
      const answer = await fetch(row.url, { method: "POST", body, headers, redirect: "manual", credentials: "same-origin", signal });
      if (answer.type === "opaqueredirect" || !isOurs(answer) || NOT_NOW.has(answer.status) || answer.status >= 500) {
        return { how: "later" };
      }
      // Somebody signed out or in since the token was given.
      const reader = answer.headers.get("Speakout-Person");
      if (reader !== row.person) return { how: reader ? "another" : "nobody" };
      const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
      const said = isJson ? await answer.json() : { kept: false, reasons: [], differs: [], again: [] };
      return { ...said, how: said.kept ? "kept" : "refused" };
    });
  }

  // Send one version, with a little more patience each time: a slow line gets through in the end.
  async function sendRow(row, more) {
    const limit = LIMITS[Math.min(row.tries, LIMITS.length - 1)];
    const who = await whoIsIt(limit).catch(() => null);
    if (who && who.person !== row.person) return { how: who.person ? "another" : "nobody" };
    const result = who ? await post(row, who.token, limit, more).catch(() => ({ how: "later" })) : { how: "later" };
    return { ...result, token: who ? who.token : "" };
  }

  // The version to send next, marked as being on its way: `first`, else the oldest that waits and was not tried in this round;
  // null where there is none.
  const next = (tried, first) =>
    together(["waiting"], async (ask) => {
      const row = chosen(await ask("waiting", "getAll"), tried, first);
      if (row) await ask("waiting", "put", { ...row, sendingUntil: Date.now() + 2 * LIMITS[Math.min(row.tries, LIMITS.length - 1)] });
      return row;
    }).catch(async () => chosen(await all("waiting"), tried, first)); // where storage is full, it goes unmarked

  function chosen(rows, tried, first) {
    const open = rows.filter((row) => row.state === "waiting" && !tried.has(row.id)).sort((one, other) => one.at - other.at);
    const [row] = open.filter(({ id }) => id === first).concat(open);
    return row ? { tries: 0, replaces: [], ...row } : null;
  }

  // Send what waits, each version once. Returns how many got no answer, and whether somebody has to sign in first.
  // `first` is the version that the person has just confirmed: its page is waiting.
  async function sendAll({ first = "" } = {}) {
    const tried = new Set();
    const done = { nobody: false, left: 0 };
    // Whoever has something newer to send gets their turn between two versions.
    while (await alone(() => sendNext(tried, first, done)));
    await forgetOldReceipts().catch(() => {});
    return done;
  }

  async function sendNext(tried, first, done) {
    const row = await next(tried, first);
    if (!row) return false;
    tried.add(row.id);
    announce({ person: row.person, id: row.id, draft: row.draft, title: row.title, how: "sending" });
    const result = await sendRow(row, row.id === first ? { "Speakout-Now": "1" } : {});
    // Storage may be too full for the receipt; at least nothing waits that has been received.
    await settle(row, result).catch(() => result.how === "kept" && remove("waiting", row.id)).catch(() => {});
    if (result.how === "nobody") done.nobody = true;
    if (result.how === "later") done.left += 1;
    announce({ person: row.person, id: row.id, draft: row.draft, title: row.title, ...result, token: undefined });
    return true;
  }

  // Send a version that the phone cannot store, as long as its page is open.
  const sendUnkept = (version, replaces) => sendRow({ ...version, tries: 1, replaces }, { "Speakout-Now": "1" });

  const forgetOldReceipts = () =>
    together(["meta"], async (ask) => {
      for (const row of await ask("meta", "getAll")) {
        if (/^(receipt|discarded)\|/.test(row.id) && row.at < Date.now() - RECEIPTS_KEPT) await ask("meta", "delete", row.id);
      }
    });

  const isOnItsWay = (row) => (row.sendingUntil || 0) > Date.now();
  const waiting = async (someone) => (await all("waiting")).filter((row) => row.person === someone);

  // ---- what a sign-in left here with which nobody comes in any more

  // Ask the server about those others of whom this phone holds something. What an earlier sign-in of this person left is theirs from now
  // on; returns whether there was any. Of whose sign-in has ended, nobody can send anything: it is noted, for when there is no signal.
  async function lookForLeft(someone) {
    const lost = (await get("meta", "lost")) || { rows: [] };
    const held = [...(await all("waiting")), ...(await all("drafts")), ...lost.rows].map(({ person }) => person);
    const holds = [...new Set(held)].filter((person) => person !== someone);
    if (!holds.length) return false;
    const { person, earlier = [], ended = [] } = await whoIsIt(LIMITS[0], holds);
    // Somebody has signed in or out since this page came.
    if (person !== someone) return false;
    await put("meta", { id: "ended", value: ended });
    if (earlier.length) await takeOver(new Set(earlier), someone);
    return earlier.length > 0;
  }

  // A draft, and what names one, begins with the sign-in: "12|/mornings/…".
  const takeOver = (earlier, person) =>
    together(["waiting", "drafts", "meta"], async (ask) => {
      const ofNow = (name) => name && name.replace(/^\d+\|/, `${person}|`);
      const isTheirs = (row) => earlier.has(row.person);
      for (const row of (await ask("waiting", "getAll")).filter(isTheirs)) {
        await ask("waiting", "put", { ...row, person, draft: ofNow(row.draft) });
      }
      for (const draft of (await ask("drafts", "getAll")).filter(isTheirs)) {
        await ask("drafts", "delete", draft.id);
        await ask("drafts", "put", { ...draft, person, id: ofNow(draft.id), report: ofNow(draft.report) });
      }
      const notes = await ask("meta", "getAll");
      for (const note of notes.filter((one) => isTheirs(one) && /^(receipt|discarded)\|/.test(one.id))) {
        const [kind, ...name] = note.id.split("|");
        const id = `${kind}|${ofNow(name.join("|"))}`;
        const both = [await ask("meta", "get", id), note].filter(Boolean).sort((one, other) => one.at - other.at);
        const last = both[both.length - 1];
        await ask("meta", "delete", note.id);
        await ask("meta", "put", { ...last, id, person, replaces: lastKeys(both).filter((key) => key !== last.key) });
      }
      for (const note of notes.filter(({ id }) => id === "lost")) {
        await ask("meta", "put", { ...note, rows: note.rows.map((one) => (isTheirs(one) ? { ...one, person } : one)) });
      }
    });

  // What those left whose sign-in has ended, for whoever holds the phone: what waits, and what was typed and never confirmed.
  async function left(someone) {
    const ended = new Set(((await get("meta", "ended")) || { value: [] }).value);
    const isLeft = ({ person }) => ended.has(person) && person !== someone;
    const rows = (await all("waiting")).filter(isLeft);
    const drafts = (await all("drafts")).filter((draft) => isLeft(draft) && !rows.some(({ stamp }) => stamp === draft.stamp));
    const typed = drafts.map((draft) => ({ ...draft, isTyped: true, summary: draft.lines || draft.entries }));
    return [...rows, ...typed].sort((one, other) => one.at - other.at);
  }

  // Somebody has passed it on.
  const letGo = (row) => (row.isTyped ? remove("drafts", row.id) : discard(row));

  // Whether the browser promises to keep what is stored here, also where the phone's storage runs full. Some browsers ask the person.
  const lasts = async () => {
    const { storage } = self.navigator;
    if (!storage || !storage.persist) return false;
    return (await storage.persisted()) || (await storage.persist());
  };

  Object.assign(self.Speakout, {
    keep, discard, takeAway, sendAll, sendUnkept, settle, isOnItsWay, waiting, newKey, notesOf, lasts, lookForLeft, left, letGo,
  });
})();
