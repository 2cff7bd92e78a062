/* Finds anything from any page: Ctrl-K or “/” opens a box over the page, and what is typed is looked for at once.
 * Up and down choose a line, Enter opens it, Escape leads back to where one was. Without scripts the link opens a page.
 */
"use strict";
(() => {
    const PAUSE = 90;
    const KEPT = "find-without-slash";
    const dialog = document.getElementById("find");
    const opener = document.getElementById("find-open");
    if (!dialog || !opener) return;
    const box = document.getElementById("find-box");
    const list = document.getElementById("find-options");
    const status = document.getElementById("find-status");
    let timer = 0;
    let request = null;
    let shown = "";
    let goesOn = false;
    let failed = false;
    let before = null;

    const options = () => [...list.querySelectorAll("[role=option]")];
    const chosen = () => list.querySelector("[aria-selected=true]");
    const choose = (option) => {
        chosen()?.setAttribute("aria-selected", "false");
        if (option) {
            option.setAttribute("aria-selected", "true");
            option.scrollIntoView({ block: "nearest" });
            box.setAttribute("aria-activedescendant", option.id);
        } else {
            box.removeAttribute("aria-activedescendant");
        }
    };
    const show = (html, words) => {
        list.innerHTML = html;
        status.textContent = list.querySelector("[data-status]")?.textContent ?? words;
        const lines = options();
        list.hidden = !lines.length;
        box.setAttribute("aria-expanded", String(lines.length > 0));
        choose(lines[0]);
    };
    const open = (option) => {
        if (option) window.location.assign(option.href);
    };
    const ask = async () => {
        const text = box.value.trim();
        request?.abort();
        request = null;
        failed = false;
        if (text === shown) return;
        if (!text) {
            shown = "";
            show("", "");
            return;
        }
        const mine = new AbortController();
        request = mine;
        try {
            const answer = await fetch(`${dialog.dataset.address}?${new URLSearchParams({ q: text })}`, { signal: mine.signal });
            if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
            const html = await answer.text();
            if (request !== mine) return;
            shown = text;
            show(html, "");
            if (goesOn) open(chosen());
        } catch {
            if (mine.signal.aborted) return;
            shown = "";
            failed = true;
            show("", "That did not reach the office. Press Enter to try again on a page of its own.");
        }
        request = null;
        goesOn = false;
    };
    const showBox = () => {
        if (dialog.open) return;
        before = document.activeElement;
        dialog.showModal();
        box.focus();
        box.select();
    };

    box.addEventListener("input", () => {
        goesOn = false;
        window.clearTimeout(timer);
        // The answer to what stood there before is of no use, and Enter must not open its first line.
        request?.abort();
        request = null;
        timer = window.setTimeout(ask, PAUSE);
    });
    box.addEventListener("keydown", (event) => {
        const lines = options();
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && lines.length) {
            event.preventDefault();
            const place = lines.indexOf(chosen());
            choose(lines[(place + step + lines.length) % lines.length]);
        }
        if (event.key !== "Enter" || event.isComposing) return;
        if (failed) return; // the form leads to the page
        event.preventDefault();
        const text = box.value.trim();
        if (!text || text === shown) {
            open(chosen());
            return;
        }
        // Typed quicker than answered: the first line is opened when it is there.
        goesOn = true;
        if (!request) {
            window.clearTimeout(timer);
            ask();
        }
    });
    document.getElementById("find-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
        if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
        goesOn = false;
        request?.abort();
        before?.focus?.();
    });
    opener.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        showBox();
    });

    const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
    const kept = (change) => {
        // A browser that keeps nothing says so by an error; then the key works.
        try {
            return change(window.localStorage);
        } catch {
            return null;
        }
    };
    const tick = document.getElementById("find-slash");
    if (tick) {
        tick.closest("[hidden]")?.removeAttribute("hidden");
        tick.checked = kept((store) => store.getItem(KEPT)) !== "yes";
        tick.addEventListener("change", () => kept((store) => store.setItem(KEPT, tick.checked ? "" : "yes")));
    }
    document.addEventListener("keydown", (event) => {
        const control = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
        const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
        if ((control && event.key.toLowerCase() === "k") || (slash && tick?.checked !== false)) {
            event.preventDefault();
            showBox();
        }
    });
    // Whoever comes back to this page by the browser's own button finds it as it was, without the box.
    window.addEventListener("pagehide", () => dialog.close());
})();
