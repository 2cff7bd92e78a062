/* What opens on a page, or takes the place of one, without a load. Without scripts, and where that fails, a page is loaded. */
"use strict";
(() => {
    // The answer may have been lost after the office had stored it: pressed once more, it is stored once.
    const LOST = "No answer came from the office, so it may not be stored. Press once more: it is stored once.";
    const NOTHING_SHOWN = "No answer came from the office. Press once more.";
    const place = () => document.getElementById("in-place");
    const asker = (event) => event.detail.requestConfig?.elt;
    let opener = null;

    // Which of the pages that took each other's place without a load is shown. Each address in the history is marked with its
    // page: one with another mark is loaded when it is come back to. A link to a part of the page, such as that of an error,
    // makes an address of the same page, and what was typed stays.
    let shown = window.history.state?.office ?? 0;
    const mark = () => window.history.replaceState({ office: shown }, "");
    mark();
    window.addEventListener("popstate", (event) => {
        const page = event.state?.office;
        if (page === undefined) mark();
        else if (page !== shown) window.location.reload();
    });

    // The page that was answered takes the place of this one, under its own address. What is no page of the office is loaded.
    const replacePage = (xhr) => {
        const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
        const there = answer.getElementById("content-start");
        if (!there || !answer.querySelector(".office-page")) {
            window.location.assign(xhr.responseURL);
            return;
        }
        const crumbs = answer.querySelector(".breadcrumbs");
        if (crumbs) document.querySelector(".breadcrumbs")?.replaceWith(crumbs);
        document.title = answer.title;
        shown += 1;
        window.history.pushState({ office: shown }, "", xhr.responseURL);
        document.getElementById("content-start").replaceWith(there);
        window.htmx.process(there);
        document.dispatchEvent(new Event("office:replaced"));
        window.scrollTo(0, 0);
        (there.querySelector(".error-summary") ?? there).focus();
    };
    self.Office = { replacePage, LOST };

    document.addEventListener("htmx:beforeSwap", (event) => {
        const { xhr, serverResponse } = event.detail;
        const asked = asker(event);
        if (!asked || xhr.status !== 200) return;
        if (asked.matches("[data-replaces]")) {
            event.detail.shouldSwap = false;
            replacePage(xhr);
        } else if (asked.matches("[data-opens], [data-looks]")) {
            const part = asked.dataset.opens ?? asked.dataset.looks;
            if (serverResponse.includes(`id="${part}"`)) {
                // What opens from a panel takes its place: leaving that leads to what opened the first.
                if (asked.dataset.opens && !place()?.contains(asked)) opener = asked;
                return;
            }
            // Another page, such as that of signing in again.
            event.detail.shouldSwap = false;
            window.location.assign(asked.href ?? xhr.responseURL);
        }
    });

    const close = () => {
        place().replaceChildren();
        opener?.focus();
    };
    document.addEventListener("click", (event) => {
        if (!event.target.closest?.("#in-place [data-closes]")) return;
        event.preventDefault();
        close();
    });
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && event.target.closest?.("#in-place")) close();
    });

    const fails = (event) => {
        const asked = asker(event);
        if (asked?.matches("[data-opens]")) window.location.assign(asked.href);
        const words = asked?.closest("form")?.querySelector("[data-trouble]");
        if (words && asked.matches("[data-replaces]")) words.textContent = LOST;
        else if (words && asked.matches("[data-looks]")) words.textContent = NOTHING_SHOWN;
    };
    document.addEventListener("htmx:sendError", fails);
    document.addEventListener("htmx:responseError", fails);
})();
