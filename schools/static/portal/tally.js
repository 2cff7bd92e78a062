// Counting in the hall: one big button for each year group of a session. What is counted stands in the form's boxes, and so in its
// draft; it works without signal.
(() => {
  "use strict";
  const dialog = document.getElementById("tally");
  const form = document.querySelector("form[data-report]");
  if (!dialog || !form || !dialog.showModal) return;
  const rows = dialog.querySelector("[data-rows]");
  let cameFrom = null;

  // The boxes of the year groups that are expected, or of all where none is.
  const boxesOf = (session) => [...session.querySelectorAll("[data-children] > .counts .number")];

  // As − and + in the form: one more than nothing is 1, one fewer than 0 is an empty box, which says that nobody counted.
  function change(box, by) {
    const count = (/^\d+$/.test(box.value.trim()) ? Number(box.value) : 0) + by;
    box.value = count < 0 ? "" : String(count);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function row(box) {
    const made = document.getElementById("tally-row").content.cloneNode(true).firstElementChild;
    const label = box.labels[0].textContent.trim();
    const shown = made.querySelector("[data-number]");
    const take = made.querySelector("[data-take]");
    const none = made.querySelector("[data-none]");
    const show = () => {
      shown.textContent = box.value.trim();
      none.hidden = shown.textContent !== "";
    };
    made.querySelector("[data-label]").textContent = label;
    take.setAttribute("aria-label", self.Speakout.judge.words("fewer-words").replace("{what}", label));
    made.querySelector("[data-add]").addEventListener("click", () => (change(box, 1), show()));
    take.addEventListener("click", () => (change(box, -1), show()));
    show();
    return made;
  }

  function open(button) {
    cameFrom = button;
    rows.replaceChildren(...boxesOf(button.closest("[data-session]")).map(row));
    dialog.showModal();
    rows.querySelector("[data-add]").focus();
  }

  for (const button of form.querySelectorAll("[data-tally]")) {
    button.hidden = false;
    button.addEventListener("click", () => open(button));
  }
  dialog.querySelector("[data-done]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => cameFrom && cameFrom.focus());
})();
