"use strict";
// Counts down how long an undo is heard of by nobody, then reads every few seconds what became of the messages.
// The server says how many seconds are left: the clock of this computer may be wrong.
(() => {
    const AGAIN = 5000;
    const MOST_LOOKS = 60;
    let looks = 0;
    const bar = () => document.getElementById("undo-bar");
    const look = async () => {
        looks += 1;
        const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "fetch" } });
        if (!answer.ok) return;
        const there = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("undo-bar");
        const here = bar();
        if (!there || !here) return;
        // The button stays the one that may have the focus; only the words beside it change.
        here.querySelector("div").innerHTML = there.querySelector("div").innerHTML;
        if (there.dataset.seconds !== undefined && looks < MOST_LOOKS) window.setTimeout(look, AGAIN);
    };
    const seconds = Number(bar()?.dataset.seconds ?? 0);
    const ends = performance.now() + seconds * 1000;
    const count = () => {
        const left = Math.ceil((ends - performance.now()) / 1000);
        const shown = bar()?.querySelector("[data-countdown]");
        if (left <= 0 || !shown) {
            look();
            return;
        }
        shown.textContent = `: ${left} second${left === 1 ? "" : "s"} left`;
        window.setTimeout(count, 1000);
    };
    if (bar()) count();
})();
