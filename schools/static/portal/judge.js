// Judges a form where it is typed, by the rules that the server writes beside each box (data-…): the same with and without signal.
// "2O" or nothing chosen is never safe on this phone; a number far from the expected one and a word like a name are asked about once.
(() => {
  "use strict";

  const before = (box) => {
    const session = box.closest("[data-times]");
    return session ? `${session.dataset.times}: ` : "";
  };
  const chosen = (session) => {
    const radio = session.querySelector("[data-required]:checked");
    return radio ? radio.value : "";
  };
  const number = (box) => (/^\d+$/.test(box.value.trim()) ? Number(box.value.trim()) : null);
  const written = (count) => count.toLocaleString("en-GB");
  // A sentence that the page has once, for whatever of it may need it.
  const words = (id) => document.getElementById(id).content.textContent.trim();

  // ---- whole numbers

  function wrongWords(box) {
    const what = box.dataset.what || box.labels[0].textContent.trim();
    return words("number-words").replace("{what}", what).replace("{most}", written(Number(box.dataset.most)));
  }

  function* wrongNumbers(form) {
    for (const box of form.querySelectorAll("[data-most]")) {
      const count = number(box);
      const isWrong = box.value.trim() !== "" && (count === null || count > Number(box.dataset.most));
      if (isWrong) box.setAttribute("aria-invalid", "true");
      else box.removeAttribute("aria-invalid");
      if (isWrong) yield [box, before(box) + wrongWords(box)];
    }
  }

  // ---- what has to be chosen

  function* notChosen(form) {
    for (const name of new Set([...form.querySelectorAll("[data-required]")].map((box) => box.name))) {
      const boxes = [...form.querySelectorAll("[data-required]")].filter((box) => box.name === name);
      if (!boxes.some((box) => box.checked)) yield [boxes[0], before(boxes[0]) + boxes[0].dataset.required];
    }
    for (const session of form.querySelectorAll("[data-session]")) {
      if (chosen(session) !== "no") continue;
      const why = session.querySelector("[data-required-if-no]");
      if (why && why.value === "") yield [why, before(why) + why.dataset.requiredIfNo];
      const counted = [...session.querySelectorAll(".number")].find((box) => number(box) > 0);
      if (counted) yield [counted, before(counted) + words("no-numbers-words")];
    }
  }

  // ---- numbers far from the expected ones

  const answers = (box) => [...box.closest(".field").querySelectorAll(".sure input")];

  // An answer is about one number: where the number changes, it goes.
  function forgetAnswer(box) {
    for (const answer of answers(box)) {
      if (answer.value !== answerTo(box)) answer.closest(".sure").remove();
    }
  }

  function question(box) {
    const count = number(box);
    const session = box.closest("[data-session]");
    if (count === null || !box.dataset.surprise || (session && chosen(session) === "no")) return "";
    if (box.dataset.known === String(count)) return "";
    // Of a year group that was counted in a mixed class, too, nobody knows what to expect of the rest.
    const isMixed = (tick) => tick.checked && tick.value === box.dataset.yearGroup;
    if (session && [...session.querySelectorAll("[name*='-mixed'][type=checkbox]")].some(isMixed)) return "";
    const isUsual = Number(box.dataset.usualLeast) <= count && count <= Number(box.dataset.usualMost);
    if (isUsual || answers(box).some((answer) => answer.checked)) return "";
    return box.dataset.surprise.replace("{number}", written(count));
  }

  // Which number is right, as the server reads it: the box's name within its part of the form, and the number.
  const answerTo = (box) => `${box.name.slice(box.dataset.sure.length - "sure".length)}=${number(box)}`;

  function letAnswer(box) {
    forgetAnswer(box);
    if (answers(box).length) return;
    const row = document.getElementById("sure-row").content.cloneNode(true).firstElementChild;
    const answer = row.querySelector("input");
    answer.name = box.dataset.sure;
    answer.value = answerTo(box);
    row.querySelector("span").textContent = words("right-words").replace("{number}", written(number(box)));
    box.closest(".field").append(row);
  }

  function* surprises(form) {
    for (const box of form.querySelectorAll("[data-surprise]")) {
      forgetAnswer(box);
      const asked = question(box);
      if (!asked) continue;
      letAnswer(box);
      yield [box, `${before(box)}${asked} ${words("sure-words")}`];
    }
  }

  // ---- names

  // The patterns of schools/core/names.py: they stay on the phone, and no page has to bring them.
  const NAMES = {
    ordinary: [
      String.raw`I|I[’'](?:m|d|ve|ll)|Years?|Reception|Key|Stage|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day`,
      String.raw`January|February|March|April|May|June|July|August|(?:Sept|Nov|Dec)ember|October`,
      String.raw`Christmas|Easter|Eid|Diwali|Ramadan|English|Welsh|Irish|Gaelic|British|Scottish|Sign|Language`,
      String.raw`Childline|Ofsted|Covid|Wi-?|Fi|Speakout|PowerPoint|YouTube|Teams|Zoom`,
    ].join("|"),
    beginnings: [
      String.raw`The|This|That|It|He|She|They|We|You|There|One|Some|Somebody|Someone|Nobody|Everybody|Everyone|Who|What|All|Which`,
      String.raw`Then|Later|Before|After|Our|Only|School|Staff|Teachers?|Children|Pupils|Nothing|Everything|Something|Sound|Screen|Room|Hall`,
    ].join("|"),
    verbs: String.raw`said|says|told|tells|asked|cried|was|is|has|had|came|wanted|disclosed|mentioned|left|lives`,
    ends: String.raw`[.!?:;•\n–—-]\s*["“‘(]*$|^[^\p{L}\p{N}_]*$`,
  };

  // The first word that may be a name; "" where there is none. As looks_like_a_name in schools/core/names.py.
  function nameIn(text) {
    const { ordinary, beginnings, verbs, ends } = NAMES;
    const word = /\p{L}+(?:[’'-]\p{L}+)*/gu;
    const isOrdinary = new RegExp(`^(?:${ordinary})$`, "u");
    const begins = new RegExp(`^(?:${beginnings})$`, "u");
    const endsSentence = new RegExp(ends, "u");
    const says = new RegExp(`^\\s+(?:${verbs})\\b`, "u");
    const isUpper = (some) => some === some.toUpperCase() && some !== some.toLowerCase();
    const hasCapital = (some) => {
      const [first] = some;
      return isUpper(first) && !isUpper(some.slice(first.length)) && !isOrdinary.test(some);
    };
    for (const match of text.matchAll(word)) {
      const [some] = match;
      if ([...some].length < 2 || !hasCapital(some)) continue;
      if (!endsSentence.test(text.slice(0, match.index))) return some;
      const after = text.slice(match.index + some.length);
      const following = after.replace(/^ +/, "").match(/^\p{L}+(?:[’'-]\p{L}+)*/u);
      if (!begins.test(some) && (says.test(after) || (following && hasCapital(following[0])))) return some;
    }
    return "";
  }

  function* names(form) {
    for (const box of form.querySelectorAll("[data-named]")) {
      const looked = form.elements.names_nobody;
      const name = nameIn(box.value);
      if (!name || !looked || looked.checked) continue;
      looked.closest(".field").hidden = false;
      yield [looked, box.dataset.named.replace("{word}", name)];
    }
  }

  // Everything that is wrong or has to be answered first, in the order of the page: each box, and what to say of it.
  function problems(form) {
    const inOrder = ([box], [other]) => (box.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);
    return [...notChosen(form), ...wrongNumbers(form), ...surprises(form), ...names(form)].sort(inOrder);
  }

  // The office has this file without the others.
  self.Speakout = self.Speakout || {};
  self.Speakout.judge = { problems, nameIn, forgetAnswer, words };
})();
