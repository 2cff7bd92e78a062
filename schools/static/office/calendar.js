/* Arrow keys move between days; Page Up and Page Down open the previous and the next page. Without scripts use Tab and the links. */
"use strict";
(() => {
    const days = [...document.querySelectorAll(".calendar a.day")];
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
    const leaves = { PageUp: "prev", PageDown: "next" };
    document.querySelector(".calendar")?.addEventListener("keydown", (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const at = days.indexOf(event.target.closest("td, th")?.querySelector("a.day"));
        if (event.key in steps && at >= 0) {
            const next = days[at + steps[event.key]];
            if (next) {
                event.preventDefault();
                next.focus();
            }
        } else if (event.key in leaves) {
            event.preventDefault();
            document.querySelector(`.calendar-head a[rel="${leaves[event.key]}"]`)?.click();
        }
    });
})();
