// One history of the outbox in a page: a made-up server and network, and a person who confirms numbers meanwhile.
// Steps: ["confirm", number], ["send"], ["wait"], ["partner", number], ["correct"], ["expire"], ["sign-in"], ["fault", name].
// Faults apply to the next requests in turn: lost (never arrives), unanswered (arrives, no answer), hangs (arrives late, after the
// patience is over), slow (answered in time), 502, 500, redirect, portal (a hotel's page), 429.
async (steps) => {
  const { keep, sendAll, all, together } = self.Speakout;
  const DRAFT = "1|/sessions/1/outcome/";
  const realFetch = self.fetch;
  const realTimeout = self.setTimeout;
  const wait = (milliseconds) => new Promise((done) => realTimeout(done, milliseconds));
  // A second of the outbox's patience is a millisecond here.
  self.setTimeout = (work, milliseconds, ...more) => realTimeout(work, milliseconds / 1000, ...more);
  await together(["waiting", "drafts", "meta"], async (ask) => {
    for (const table of ["waiting", "drafts"]) for (const row of await ask(table, "getAll")) await ask(table, "delete", row.id);
    for (const row of await ask("meta", "getAll")) if (row.id.startsWith("receipt|")) await ask("meta", "delete", row.id);
  });

  const server = { stored: null, known: new Set(), writes: [], person: "1", refusals: 0 };
  const faults = [];
  const seen = {};

  function take(form) {
    const key = form.get("key");
    const value = form.get("value");
    const replaces = (form.get("replaces") || "").split(" ").filter(Boolean);
    if (server.known.has(key)) return { kept: true, page: "/", at: "10:30" };
    const own = server.stored && replaces.includes(server.stored.key);
    const corrects = form.get("version") === String(server.writes.length);
    if (server.stored && server.stored.value !== value && !own && !corrects) {
      server.refusals += 1;
      const again = [["value", value], ["version", String(server.writes.length)]];
      return { kept: false, reasons: ["Somebody reported it."], differs: [{ what: "Pupils", stored: server.stored.value, said: value }], again };
    }
    if (!server.stored || server.stored.value !== value) server.writes.push({ key, value });
    server.stored = { key, value };
    for (const one of [key, ...replaces]) server.known.add(one);
    return { kept: true, page: "/", at: "10:30" };
  }

  const json = (body, status = 200) =>
    new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", "Speakout-Person": server.person } });

  function answer(url, form) {
    if (url.startsWith("/phone/token/")) return json({ person: server.person, token: "t" });
    if (!server.person) return new Response("", { status: 403, headers: { "Speakout-Person": "" } });
    const said = take(form);
    return json(said, said.kept ? 200 : 409);
  }

  const never = (signal) =>
    new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(new DOMException("over", "AbortError"))));

  self.fetch = async (url, asked = {}) => {
    if (!url.startsWith("/phone/token/") && !url.startsWith("/sessions/")) return realFetch(url, asked);
    const form = asked.body ? new URLSearchParams(asked.body) : null;
    const fault = faults.shift() || "";
    seen[fault || "none"] = (seen[fault || "none"] || 0) + 1;
    if (fault === "lost") throw new TypeError("no signal");
    if (fault === "unanswered") {
      answer(url, form);
      throw new TypeError("no answer");
    }
    if (fault === "hangs") {
      realTimeout(() => form && answer(url, form), 12);
      return never(asked.signal);
    }
    if (fault === "502" || fault === "500") return new Response("<html>", { status: Number(fault) });
    if (fault === "429") return new Response("<html>", { status: 429, headers: { "Speakout-Person": server.person } });
    if (fault === "portal") return new Response("<html>Welcome to our hotel", { status: 200, headers: { "Content-Type": "text/html" } });
    if (fault === "redirect") return { type: "opaqueredirect", ok: false, status: 0, headers: new Headers() };
    if (fault === "slow") await wait(3);
    return answer(url, form);
  };

  const sending = [];
  let confirmed = null;
  const version = (entries) => ({
    draft: DRAFT, person: "1", kind: "outcome", url: "/sessions/1/outcome/", title: "A session", stamp: "s", summary: [], entries,
  });
  try {
    for (const [what, given] of steps) {
      if (what === "confirm") {
        confirmed = String(given);
        await keep(version([["value", confirmed]]));
      } else if (what === "send") sending.push(sendAll().catch(() => {}));
      else if (what === "wait") await wait(given);
      else if (what === "partner") {
        server.stored = { key: `partner-${given}`, value: String(given) };
        server.writes.push(server.stored);
      } else if (what === "expire") server.person = "";
      else if (what === "sign-in") server.person = "1";
      else if (what === "fault") faults.push(given);
      else if (what === "correct") {
        const [refused] = (await all("waiting")).filter((row) => row.state === "refused");
        if (refused) await keep({ ...refused, entries: refused.again });
      }
    }
    await Promise.all(sending);
    await wait(15); // what hung arrives now
    faults.length = 0;
    server.person = "1";
    await sendAll();
    await wait(15);
    const rows = await all("waiting");
    return {
      confirmed, seen, stored: server.stored && server.stored.value, writes: server.writes.map((one) => one.value), keys: server.writes.map((one) => one.key),
      left: rows.map((row) => [row.state, row.entries.find(([name]) => name === "value")[1]]),
    };
  } finally {
    self.fetch = realFetch;
    self.setTimeout = realTimeout;
  }
}
