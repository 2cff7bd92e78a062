"use strict";
// One key answers: Y and N the line in which the focus is, U takes the last answer back. A key does something only while the focus
// is in a line, so that nobody answers by accident who speaks to the computer or types elsewhere.
document.querySelector("table.feeders")?.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) {
        return;
    }
    const key = event.key.toLowerCase();
    const line = event.target.closest("tr");
    const button = key === "u" ? document.querySelector(".undo-bar [data-key=u]") : line?.querySelector(`[data-key="${key}"]`);
    if (button && ["y", "n", "u"].includes(key)) {
        event.preventDefault();
        button.click();
    }
});
