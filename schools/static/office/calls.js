/* Calls: a key for each outcome while the card has the focus, the card over the list of who is due, and what goes wrong. */
"use strict";
(() => {
    const card = () => document.getElementById("call");
    const drawer = document.getElementById("calls");
    const types = (target) => target.closest("input, textarea, select");

    // A key works only where the card has the focus, and never while somebody types. One that is held down counts once: by the
    // time that it repeats, the card of another school is there.
    document.addEventListener("keydown", (event) => {
        if (event.repeat) return;
        if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
        if (!event.target.closest("#call") || types(event.target)) return;
        const button = card().querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
        if (!button || button.disabled) return;
        event.preventDefault();
        button.click();
    });

    let before = null;
    document.addEventListener("click", (event) => {
        const opener = event.target.closest("[data-opens-call]");
        if (!opener || !drawer || !window.htmx || event.ctrlKey || event.metaKey || event.shiftKey) return;
        before = opener;
        card().replaceChildren(); // the last school's card must not take a key that is meant for this one
        if (!drawer.open) drawer.showModal();
    });
    drawer?.querySelector("[data-close]").addEventListener("click", () => drawer.close());
    drawer?.addEventListener("close", () => before?.focus());

    const mark = (id, words) => {
        const row = document.getElementById(`due-${id}`);
        if (!row) return;
        row.classList.toggle("is-called", Boolean(words));
        const place = row.querySelector("[data-called-now]");
        if (place) place.textContent = words;
    };
    document.addEventListener("htmx:afterSwap", () => {
        const { called, undone } = card()?.dataset ?? {};
        if (called) mark(called, "✓ called just now");
        if (undone) mark(undone, "");
        if (drawer?.open) drawer.scrollTop = 0;
        (card()?.querySelector(".error-summary") ?? card())?.focus();
    });
    // Another page than a card came, such as that of signing in again: then the whole page is loaded, and leads there.
    document.addEventListener("htmx:beforeSwap", (event) => {
        if (event.detail.xhr.status === 200 && event.detail.serverResponse.includes('id="call"')) return;
        event.detail.shouldSwap = false;
        if (event.detail.xhr.status === 200) window.location.reload();
    });
    const fails = () => {
        const place = card()?.querySelector("[data-trouble]");
        if (place) place.textContent = "That did not reach the office, and nothing is logged. Press once more.";
        else if (before) window.location.assign(before.href);
    };
    document.addEventListener("htmx:sendError", fails);
    document.addEventListener("htmx:responseError", fails);
})();
