// A form that works without signal: number boxes have − and +, what was typed is kept, and it is sent once, now or later.
(() => {
  "use strict";
  const { get, put, remove, sendOne, settle } = self.Speakout;
  const form = document.querySelector("form[data-report]");
  if (!form) return;
  const whose = document.body.dataset.person;
  const kind = form.dataset.report;
  const draftId = `${whose}|${location.pathname}`;
  const HIDDEN = new Set(["csrfmiddlewaretoken", "key", "version", "shown"]);
  const panel = (id) => document.getElementById(id);
  let busy = false;

  const entriesOf = () => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken").map(([n, v]) => [n, `${v}`]);
  const version = () => (form.elements.version ? form.elements.version.value : "");

  // A unique key for this submission, so that sending it twice stores it once.
  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  // ---- − and +: + makes 1 of an empty box; − makes 0 of 1, and an empty box (not counted) of 0

  function step(box, by) {
    const now = box.value.trim();
    if (now === "") box.value = by > 0 ? "1" : "";
    else if (/^\d+$/.test(now)) box.value = Number(now) + by < 0 ? "" : String(Number(now) + by);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(button.parentElement.querySelector("input"), Number(button.dataset.step));
  });

  // ---- keeping what was typed

  let soon = 0;
  function remember() {
    clearTimeout(soon);
    soon = setTimeout(() => {
      put("drafts", { id: draftId, person: whose, version: version(), entries: entriesOf() }).catch(() => {});
    }, 250);
  }

  function fill(entries) {
    const typed = entries.filter(([name]) => !HIDDEN.has(name));
    for (const box of form.elements) {
      if (!box.name || HIDDEN.has(box.name) || box.type === "hidden") continue;
      const values = typed.filter(([name]) => name === box.name).map(([, value]) => value);
      if (box.type === "radio" || box.type === "checkbox") box.checked = values.includes(box.value);
      else if (values.length) box.value = values[0];
      const more = box.closest("details");
      if (more && box.value.trim() !== "") more.open = true;
    }
  }

  async function recall() {
    if (!("fresh" in form.dataset)) return;
    const draft = await get("drafts", draftId);
    if (!draft) return;
    if (draft.version !== version()) return remove("drafts", draftId);
    fill(draft.entries);
    panel("draft").hidden = false;
  }

  panel("start-again").addEventListener("click", async () => {
    await remove("drafts", draftId).catch(() => {});
    form.reset();
    panel("draft").hidden = true;
  });
  form.addEventListener("input", remember);
  form.addEventListener("change", remember);

  // A kept page does not know the time, so the phone gives it, in the local time of the United Kingdom.
  function tellTheTime() {
    const parts = {};
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: "Europe/London", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    });
    for (const { type, value } of clock.formatToParts(new Date())) parts[type] = value;
    form.elements.day.value = `${parts.year}-${parts.month}-${parts.day}`;
    form.elements.at.value = `${parts.hour}:${parts.minute}`;
  }

  // ---- sending

  const labelOf = (box) => {
    const group = box.closest("fieldset.material");
    const label = box.labels && box.labels[0] ? box.labels[0].textContent.trim() : box.name;
    return group ? `${group.querySelector("legend").textContent.trim()}, ${label.toLowerCase()}` : label;
  };

  function summary() {
    const lines = [];
    for (const field of form.querySelectorAll(".field")) {
      const boxes = [...field.querySelectorAll("input, select, textarea")].filter((box) => box.type !== "hidden");
      const chosen = boxes.filter((box) => box.checked).map(labelOf);
      const legend = field.querySelector("legend");
      if (legend && chosen.length) lines.push([legend.textContent.trim(), chosen.join(", ")]);
      for (const box of boxes) {
        if (box.type === "radio" || box.type === "checkbox" || box.value.trim() === "") continue;
        lines.push([labelOf(box), box.tagName === "SELECT" ? box.selectedOptions[0].textContent.trim() : box.value.trim()]);
      }
    }
    return lines;
  }

  function row() {
    const entries = entriesOf().filter(([name]) => name !== "key");
    const key = newKey();
    if (kind === "outcome") entries.push(["key", key]);
    const id = kind === "outcome" ? draftId : `${draftId}|${key}`;
    const { title } = form.dataset;
    const url = location.pathname;
    return { id, draft: draftId, person: whose, kind, url, title, state: "waiting", entries, summary: summary(), at: Date.now() };
  }

  function reveal(id, lines) {
    const list = panel(id).querySelector("[data-numbers]");
    list.replaceChildren(
      ...lines.map(([what, said]) => {
        const item = document.createElement("li");
        item.append(
          Object.assign(document.createElement("span"), { textContent: what }),
          Object.assign(document.createElement("span"), { textContent: said })
        );
        return item;
      })
    );
    panel(id).hidden = false;
    form.hidden = true;
    panel("draft").hidden = true;
    panel(id).focus();
  }

  function waits(one, how) {
    for (const part of panel("report-kept").querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(how);
    reveal("report-kept", one.summary);
    document.dispatchEvent(new Event("speakout-waits"));
    if (!navigator.serviceWorker) return;
    // Where the browser supports it, the worker sends it although no page is open.
    navigator.serviceWorker.ready.then((ready) => ready.sync && ready.sync.register("send")).catch(() => {});
  }

  // Send the form to the server in the usual way, because its page explains the errors best.
  function sendAsForm(one, token) {
    form.elements.csrfmiddlewaretoken.value = token;
    if (form.elements.key) form.elements.key.value = one.entries.find(([name]) => name === "key")[1];
    HTMLFormElement.prototype.submit.call(form);
  }

  async function send() {
    const one = row();
    const isKept = await put("waiting", one).then(() => true, () => false);
    const result = await sendOne(one).catch(() => ({ how: "later" }));
    if (result.how === "kept") {
      await settle(one, result).catch(() => {});
      location.assign(result.page);
    } else if (result.how === "refused" && result.token) {
      await remove("waiting", one.id).catch(() => {});
      sendAsForm(one, result.token);
    } else if (isKept) {
      waits(one, result.how);
    } else {
      reveal("write-down", one.summary);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
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

  if (kind === "told" && "fresh" in form.dataset) tellTheTime();
  recall().catch(() => {});
})();
