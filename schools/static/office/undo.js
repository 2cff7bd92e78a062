"use strict";
// Counts down how long an undo is heard of by nobody, then reads every few seconds what became of the messages.
// The server says how many seconds are left: the clock of this computer may be wrong.
(() => {
    if (self.undoCounts) return; // a page may ask for this file twice: for its bar, and for that of a page that takes its place
    self.undoCounts = true;
    const AGAIN = 5000;
    const MOST_LOOKS = 60;
    let looks = 0;
    let ends = 0;
    let timer = 0;
    const bar = () => document.getElementById("undo-bar");
    const look = async () => {
        looks += 1;
        const here = bar();
        const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
        if (!answer?.ok) {
            if (looks < MOST_LOOKS) timer = window.setTimeout(look, AGAIN);
            return;
        }
        const there = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("undo-bar");
        if (!there || !here || here !== bar()) return;
        // The button stays the one that may have the focus; only the words beside it change.
        here.querySelector("div").innerHTML = there.querySelector("div").innerHTML;
        if (there.dataset.seconds !== undefined && looks < MOST_LOOKS) timer = window.setTimeout(look, AGAIN);
    };
    const count = () => {
        const left = Math.ceil((ends - performance.now()) / 1000);
        const shown = bar()?.querySelector("[data-countdown]");
        if (left <= 0 || !shown) {
            look();
            return;
        }
        shown.textContent = `: ${left} second${left === 1 ? "" : "s"} left`;
        timer = window.setTimeout(count, 1000);
    };
    const begin = () => {
        window.clearTimeout(timer);
        const seconds = bar()?.dataset.seconds;
        if (seconds === undefined) return;
        looks = 0;
        ends = performance.now() + Number(seconds) * 1000;
        count();
    };
    begin();
    document.addEventListener("office:replaced", begin); // a page that took the place of another without a load
})();
