// A form that works without signal: number boxes have − and +, what was typed is kept, and it is sent once, now or later.
(() => {
  "use strict";
  const { together, all, put, remove, keep, takeAway, sendAll, sendUnkept, newKey, notesOf, lasts, whoIsIt, judge } = self.Speakout;
  const form = document.querySelector("form[data-report]");
  if (!form) return;
  const whose = document.body.dataset.person;
  const kind = form.dataset.report;
  const report = `${whose}|${location.pathname}`;
  // Each opened form keeps a draft of its own, so that two tabs, or what is offered beside the form, are never written over.
  const draftId = `${report}|${newKey()}`;
  const HIDDEN = new Set(["csrfmiddlewaretoken", "key", "version", "shown", "replaces", "follows", "sure"]);
  const isHidden = (name) => HIDDEN.has(name) || name.endsWith("-version") || name.endsWith("-sure");
  const PATIENCE = 8_000;
  const SILENT = 5_000;
  const LONG_OPEN = 15 * 60 * 1000;
  const openedAt = Date.now();
  const panel = (id) => document.getElementById(id);
  let busy = false;

  const entriesOf = () => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken").map(([n, v]) => [n, `${v}`]);

  // Which outcome of each session the form corrects.
  const version = () => [...form.querySelectorAll("[name$='-version']")].map((box) => `${box.name} ${box.value}`).join();

  // ---- − and +: + makes 1 of an empty box; − makes 0 of 1, and an empty box (not counted) of 0

  function step(box, by) {
    const now = box.value.trim();
    if (now === "") box.value = by > 0 ? "1" : "";
    else if (/^\d+$/.test(now)) box.value = Number(now) + by < 0 ? "" : String(Number(now) + by);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // ---- what is only asked where a session did not go ahead

  function showWhatIsAsked() {
    for (const session of form.querySelectorAll("[data-session]")) {
      const radio = session.querySelector("[data-required]:checked");
      const answer = radio ? radio.value : "";
      const isCounted = [...session.querySelectorAll(".number")].some((box) => box.value.trim() !== "");
      session.querySelector("[data-required-if-no]").closest(".field").hidden = answer !== "no";
      session.querySelector("[data-children]").hidden = (answer === "no" || answer === "later") && !isCounted;
    }
  }

  form.addEventListener("change", showWhatIsAsked);
  form.addEventListener("input", ({ target }) => target.dataset.surprise && judge.forgetAnswer(target));

  for (const button of form.querySelectorAll("[data-step]")) {
    const what = button.parentElement.querySelector("input").labels[0].textContent.trim();
    const id = Number(button.dataset.step) < 0 ? "fewer-words" : "more-words";
    button.setAttribute("aria-label", judge.words(id).replace("{what}", what));
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(button.parentElement.querySelector("input"), Number(button.dataset.step));
  });

  // ---- keeping what was typed

  let stamp = newKey();
  const draft = () => ({
    id: draftId, report, person: whose, title: form.dataset.title, version: version(), entries: entriesOf(), lines: summary(), stamp, at: Date.now(),
  });

  // Whether something was typed since it was stored last.
  let isPending = false;
  let isStoring = false;

  // What is typed is stored at once; what is typed meanwhile follows as one. Where the phone cannot store it, the page says so.
  async function storeTyped() {
    if (isStoring) return;
    isStoring = true;
    let isStored = true;
    const silent = setTimeout(() => (panel("not-stored").hidden = false), SILENT);
    do {
      const current = stamp;
      isStored = await put("drafts", draft()).then(() => true).catch(() => false);
      if (isStored && stamp === current) isPending = false;
    } while (isPending && isStored && !busy);
    clearTimeout(silent);
    isStoring = false;
    panel("not-stored").hidden = isStored;
  }

  // Whether somebody typed into this form, be it before this script came or while the drafts are read.
  let isTyped = false;
  // Whether the form holds anybody's words: typed into it, taken from a draft, or sent before and refused.
  let isFilled = !("fresh" in form.dataset);

  function remember() {
    isTyped = true;
    isFilled = true;
    // Another stamp for other words: an answer to what was sent before never takes this away.
    stamp = newKey();
    isPending = true;
    storeTyped();
  }

  // What is still to be stored when the page goes away; the worker outlives the page, whose own storage may not get that far.
  window.addEventListener("pagehide", () => {
    if (!isPending || form.hidden) return;
    put("drafts", draft()).catch(() => {});
    const worker = navigator.serviceWorker && navigator.serviceWorker.controller;
    if (worker) worker.postMessage({ draft: draft() });
  });

  // The volunteers who were on the sessions when this was typed; null where it does not say.
  function knownIn(entries) {
    const shown = entries.find(([name]) => name === "shown");
    return shown ? new Set(shown[1].split(" ").map((pair) => pair.split(":")[1])) : null;
  }

  function fill(entries) {
    const known = knownIn(entries);
    for (const box of form.elements) {
      if (!box.name || isHidden(box.name) || box.type === "hidden") continue;
      // Nobody has unticked somebody who was put on a session since.
      if (box.name === "there" && known && !known.has(box.value)) continue;
      const values = entries.filter(([name]) => name === box.name).map(([, value]) => value);
      const isChoice = box.type === "radio" || box.type === "checkbox";
      if (isChoice) box.checked = values.includes(box.value);
      else if (values.length) box.value = values[0];
      if (isChoice ? box.checked && !box.defaultChecked : box.value.trim() !== "") unfold(box);
    }
    showWhatIsAsked();
  }

  function unfold(box) {
    for (let more = box.closest("details"); more; more = more.parentElement.closest("details")) more.open = true;
  }

  // Until there was a form for the whole day, each session had one of its own: its drafts are those of this form, too.
  const ofEarlier = (draft) =>
    [...form.querySelectorAll("[data-earlier]")].find((session) => `${whose}|${session.dataset.earlier}` === (draft.report || draft.id));

  // What was typed in the form of one session, in the names of the day's form; the other boxes stay as they are.
  function translated(draft) {
    const session = ofEarlier(draft);
    if (!session) return draft.entries;
    const own = `s${session.dataset.session}-`;
    const people = new Map(form.elements.shown ? form.elements.shown.value.split(" ").map((pair) => pair.split(":")) : []);
    const typed = draft.entries.filter(([name]) => !HIDDEN.has(name)).map(([name, value]) => {
      if (name === "attended") return ["there", people.get(value) || value];
      return form.querySelector(`[name="${own}${name}"]`) ? [own + name, value] : [name, value];
    });
    const names = new Set(typed.map(([name]) => name));
    return [...entriesOf().filter(([name]) => !names.has(name)), ...typed];
  }

  // The drafts of this report, newest first. Those of an earlier release have the report itself as their id.
  const drafts = async () =>
    (await all("drafts"))
      .filter((one) => one.person === whose && one.id !== draftId && ((one.report || one.id) === report || ofEarlier(one)))
      .sort((one, other) => (other.at || 0) - (one.at || 0));

  async function recall() {
    if (!("fresh" in form.dataset)) return noteRefusal();
    const [newest, ...older] = await drafts();
    if (newest && newest.version === version() && !ofEarlier(newest) && mayBeFilled(newest)) {
      const left = await adopt(newest);
      if (left) offer(left);
      panel("draft").hidden = false;
      older.forEach(offer);
    } else [newest, ...older].filter(Boolean).forEach(offer);
  }

  // Everything that is typed or chosen, as lines of name and value.
  const wordsIn = (entries) => {
    const lines = entries.map(([name, value]) => [name, value.replace(/\r\n/g, "\n").trim()]);
    return new Set(lines.filter(([name, value]) => !isHidden(name) && value).map(([name, value]) => `${name} ${value}`));
  };

  const isSame = (words, others) => words.size === others.size && [...words].every((line) => others.has(line));

  // Whether somebody typed before this script ran, which a weak signal may bring late. A page that is loaded again has its words, too.
  function wasTyped() {
    const given = form.cloneNode(true);
    given.reset();
    return !isSame(wordsIn([...new FormData(given)]), wordsIn(entriesOf()));
  }

  // Whether a draft may still go into the form by itself: not once somebody sees the form and may have typed into it. Then it stands
  // beside it, however late it comes.
  const mayBeFilled = (one) => !("isReady" in form.dataset) && (!isTyped || isSame(wordsIn(one.entries), wordsIn(entriesOf())));

  // The typing that was taken into the form last: a note of it that was refused is what the form puts right.
  let adopted = "";
  // The notes that were sent before what this form puts right, and to which no answer came.
  let insteadOf = [];

  // Take a draft into the form. Returns it where something of it has no box there, because then it stays beside the form: a session
  // may have been moved since, or given to somebody else. The very same words keep their stamp: once they are received, they are a
  // draft no more. Where the form holds more than the draft, what is received is not all that was typed.
  async function adopt(one) {
    const entries = translated(one);
    isFilled = true;
    adopted = one.stamp || "";
    fill(entries);
    const [theirs, here] = [wordsIn(entries), wordsIn(entriesOf())];
    const isWhole = [...theirs].every((line) => here.has(line));
    stamp = (isSame(theirs, here) && !ofEarlier(one) && one.stamp) || newKey();
    isPending = false;
    await together(["drafts"], async (ask) => {
      if (isWhole) await ask("drafts", "delete", one.id);
      await ask("drafts", "put", draft());
    });
    return isWhole ? null : one;
  }

  // What was typed elsewhere, or before the report changed, stands beside the form until the person says which to keep.
  function offer(one) {
    const section = panel("other-draft").content.cloneNode(true).firstElementChild;
    // It may have been confirmed, and goes by itself whichever of the two is kept here.
    all("waiting").then((rows) => {
      const waits = rows.some((row) => row.stamp === one.stamp);
      for (const part of section.querySelectorAll("[data-when]")) part.hidden = (part.dataset.when === "waits") !== waits;
    }).catch(() => {});
    section.querySelector("[data-numbers]").append(...(one.lines || one.entries).map(listed));
    section.querySelector("[data-do=mine]").addEventListener("click", async () => {
      const left = await adopt(one).catch(() => null);
      section.remove();
      if (left) offer(left);
      form.querySelector("input:not([type=hidden]), select").focus();
    });
    section.querySelector("[data-do=theirs]").addEventListener("click", async () => {
      await remove("drafts", one.id).catch(() => {});
      section.remove();
    });
    form.before(section);
  }

  // The server's page says why it could not store a version: that version is this form now, and stays as its draft. Its keys stay
  // known, because the server may have received a version before it. A form without a key is known by its words.
  async function noteRefusal() {
    const key = form.elements.key ? form.elements.key.value : "";
    const words = wordsIn(entriesOf());
    await together(["drafts", "waiting", "meta"], async (ask) => {
      const rows = (await ask("waiting", "getAll")).filter((row) => row.draft === report && row.state === "refused");
      const refused = rows.find((row) => (key ? row.id === key : isSame(wordsIn(row.entries), words)));
      if (refused) {
        insteadOf = refused.insteadOf || [];
        await takeAway(ask, refused);
      }
      await ask("drafts", "put", draft());
    });
  }

  panel("start-again").addEventListener("click", async () => {
    isPending = false;
    // At once: what is typed next stays, however slow the storage is.
    form.reset();
    isFilled = false;
    adopted = "";
    insteadOf = [];
    tellTheTime();
    showWhatIsAsked();
    panel("draft").hidden = true;
    await remove("drafts", draftId).catch(() => {});
  });
  form.addEventListener("input", remember);
  form.addEventListener("change", remember);

  // A kept page does not know the time, nor does one that was opened long ago, so the phone gives it, in the local time of the United
  // Kingdom. A fresh one has the server's.
  function tellTheTime() {
    const knowsIt = !("kept" in document.body.dataset) && Date.now() - openedAt < LONG_OPEN;
    if (kind !== "told" || knowsIt) return;
    const parts = {};
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Europe/London", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    });
    for (const { type, value } of clock.formatToParts(new Date())) parts[type] = value;
    form.elements.day.value = `${parts.year}-${parts.month}-${parts.day}`;
    form.elements.at.value = `${parts.hour}:${parts.minute}`;
  }

  // Somebody comes back to a form that stands there as it was opened.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && !isFilled) tellTheTime();
  });

  // ---- sending

  const labelOf = (box) => {
    const group = box.closest("fieldset.material");
    const label = box.labels && box.labels[0] ? box.labels[0].textContent.trim() : box.name;
    return group ? `${group.querySelector("legend").textContent.trim()}, ${label.toLowerCase()}` : label;
  };

  // The time of the session before what is said of it, where the day has several.
  const ofSession = (box) => {
    const session = box.closest("[data-times]");
    return session ? `${session.dataset.times}: ` : "";
  };

  function summary() {
    const lines = [];
    for (const field of form.querySelectorAll(".field")) {
      if (field.hidden) continue;
      const boxes = [...field.querySelectorAll("input, select, textarea")].filter((box) => box.type !== "hidden");
      const chosen = boxes.filter((box) => box.checked).map(labelOf);
      const legend = field.querySelector("legend");
      if (legend && chosen.length) lines.push([ofSession(field) + legend.textContent.trim(), chosen.join(", ")]);
      for (const box of boxes) {
        if (box.type === "radio" || box.type === "checkbox" || box.value.trim() === "") continue;
        lines.push([ofSession(box) + labelOf(box), box.tagName === "SELECT" ? box.selectedOptions[0].textContent.trim() : box.value.trim()]);
      }
    }
    return lines;
  }

  const confirmed = () => ({
    draft: report, person: whose, kind, url: location.pathname, title: form.dataset.title, stamp, instead: latest ? latest.id : "", adopted,
    insteadOf,
    entries: entriesOf().filter(([name]) => !["key", "replaces", "follows"].includes(name)), summary: summary(),
  });

  function listed([what, said]) {
    const item = document.createElement("li");
    item.append(
      Object.assign(document.createElement("span"), { textContent: what }),
      Object.assign(document.createElement("span"), { textContent: said })
    );
    return item;
  }

  function reveal(id, lines) {
    const list = panel(id).querySelector("[data-numbers]");
    list.replaceChildren(...lines.map(listed));
    panel(id).hidden = false;
    form.hidden = true;
    panel("draft").hidden = true;
    panel(id).focus();
  }

  let latest = null;
  let isSlow = false;

  // Show the state of the version: "sending", "later", "nobody", "another", or "received".
  function state(how, clock = "") {
    show("report-kept", how);
    panel("report-kept").querySelector("[data-clock]").textContent = clock;
    panel("may-go").classList.toggle("keeps-room", !["later", "nobody", "another"].includes(how));
  }

  function show(id, how) {
    for (const part of panel(id).querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(how);
  }

  function waits(one, how) {
    state(how);
    document.dispatchEvent(new Event("speakout-waits"));
    if (!navigator.serviceWorker) return;
    // Where the browser supports it, the worker sends it although no page is open.
    navigator.serviceWorker.ready.then((ready) => ready.sync && ready.sync.register("send")).catch(() => {});
  }

  // The page about the phone shows what differs, and what this person may report no more: there the server has no form for them.
  const isSaidByThePhone = ({ differs, reasons }) => (differs || []).length > 0 || !(reasons || []).length;

  // What was wrong is explained best by the server's page; where that does not come, by the page about the phone.
  async function explain(one) {
    const who = await whoIsIt(PATIENCE).catch(() => null);
    if (who) sendAsForm(one, who.token);
    else location.assign(panel("report-kept").dataset.phone);
  }

  // Send the form to the server in the usual way.
  function sendAsForm(one, token) {
    form.elements.csrfmiddlewaretoken.value = token;
    if (form.elements.key) form.elements.key.value = one.id;
    HTMLFormElement.prototype.submit.call(form);
  }

  // Whoever sends this version, here or in another tab or in the worker: its state stands on this page.
  document.addEventListener("speakout-outbox", ({ detail }) => {
    if (!latest || detail.id !== latest.id || form.hidden === false) return;
    if (detail.how === "kept") state("received", detail.at || "");
    else if (detail.how !== "refused") state(detail.how);
    // The answer came after this page had stopped waiting for it: the page about the phone says what was wrong.
    else if (isSlow) location.assign(panel("report-kept").dataset.phone);
  });

  async function send() {
    const one = confirmed();
    const key = newKey();
    const keeping = keep(one, { typed: draft(), key }).catch(() => null);
    // A storage that neither stores nor refuses is as good as none. What it stores late has the same key, so it arrives once.
    const silent = new Promise((resolve) => setTimeout(resolve, SILENT, null));
    const kept = await Promise.race([keeping, silent]);
    if (!kept) return sendAtOnce(one, key, keeping);
    isPending = false;
    latest = kept;
    // It takes its room at once and is read where the report waits.
    lasts().catch(() => false).then((isLasting) => (panel("may-go").hidden = isLasting));
    reveal("report-kept", kept.summary);
    state("sending");
    const answered = new Promise((resolve) => {
      document.addEventListener("speakout-outbox", function hear({ detail }) {
        if (detail.id !== kept.id || detail.how === "sending") return;
        document.removeEventListener("speakout-outbox", hear);
        resolve(detail);
      });
    });
    sendAll({ first: kept.id }).catch(() => {});
    const slow = new Promise((resolve) => setTimeout(() => resolve({ how: "slow" }), PATIENCE));
    busy = false;
    isSlow = false;
    const result = await Promise.race([answered, slow]);
    isSlow = result.how === "slow";
    // Meanwhile the person may have changed it: then the answer to this version moves nothing on their page.
    if (latest !== kept || !form.hidden) return;
    if (result.how === "kept" && result.page) location.assign(result.page);
    else if (result.how === "refused" && isSaidByThePhone(result)) location.assign(panel("report-kept").dataset.phone);
    else if (result.how === "refused") await explain(kept);
    else waits(kept, result.how === "slow" ? "sending" : result.how);
  }

  // The phone can store nothing: it goes at once, while its page is open; if it cannot go, the numbers are to be written down.
  const unkept = [];
  async function sendAtOnce(one, id, keeping) {
    panel("sending-unkept").hidden = false;
    const before = latest ? [...latest.replaces, latest.id] : [];
    const notes = kind === "told" && latest ? [...insteadOf, ...notesOf(latest)] : insteadOf;
    const result = await sendUnkept({ ...one, id, insteadOf: notes }, [...before, ...unkept]).catch(() => ({ how: "later" }));
    unkept.push(id);
    if (kind === "told") insteadOf = [...insteadOf, ...notesOf(one)];
    panel("sending-unkept").hidden = true;
    if (result.how === "kept") {
      // What was received is no draft, and waits for nothing, also where storage works again.
      isPending = false;
      keeping.then((late) => late && remove("waiting", id)).catch(() => {});
      return location.assign(result.page);
    }
    if (result.how === "refused") return sendAsForm({ id }, result.token);
    reveal("write-down", one.summary);
    return show("write-down", result.how);
  }

  // ---- judging

  function linkedProblem([box, words]) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("a"), { href: `#${box.id}`, textContent: words }));
    unfold(box);
    return item;
  }

  // Whether everything may be sent; if not, what is wrong stands above the form, where the server would say it.
  function isSound() {
    for (const old of document.querySelectorAll(".error-summary")) old.remove();
    const found = judge.problems(form);
    if (!found.length) return true;
    const summary = panel("problems").content.cloneNode(true).firstElementChild;
    summary.querySelector("ul").append(...found.map(linkedProblem));
    document.querySelector("h1").before(summary);
    summary.focus();
    return false;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy || !isSound()) return;
    busy = true;
    send().finally(() => (busy = false));
  });
  for (const id of ["change-it", "try-again"]) {
    panel(id).addEventListener("click", () => {
      panel("report-kept").hidden = panel("write-down").hidden = true;
      form.hidden = false;
      if (id === "try-again") form.requestSubmit();
    });
  }

  if (wasTyped()) remember();
  showWhatIsAsked();
  tellTheTime();
  // The form is shown once it is as it was left, so that nothing moves under somebody's eyes; also where storage never answers.
  const soonEnough = new Promise((resolve) => setTimeout(resolve, 1000));
  Promise.race([recall().catch(() => {}), soonEnough]).then(() => (form.dataset.isReady = ""));
})();
