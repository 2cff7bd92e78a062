/* A year group that is taken out loses its number, one that is put in gets the roll's; who types a number means that it comes. */
"use strict";
document.addEventListener("input", (event) => {
    const group = event.target.closest?.(".group-boxes .group");
    if (!group) return;
    const [tick, number] = group.querySelectorAll("input");
    if (event.target === number) tick.checked ||= number.value !== "";
    else if (event.target === tick) number.value = tick.checked ? number.value || group.dataset.roll : "";
});
