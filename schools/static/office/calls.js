/* Calls: a key for each outcome while the card has the focus, the card over the list of who is due, and what goes wrong. */
"use strict";
(() => {
    const card = () => document.getElementById("call");
    const drawer = document.getElementById("calls");
    const types = (target) => target.closest("input, textarea, select");
    let latest = null; // the request whose answer is shown: of two cards that are on their way, that which was asked for last
    let isUndo = false; // whether it takes a call back
    let onItsWay = false;
    let unanswered = 0; // how many outcomes have no answer yet

    // A key works only where the card has the focus, and never while somebody types. One that is held down counts once: by the
    // time that it repeats, the card of another school is there.
    document.addEventListener("keydown", (event) => {
        if (event.repeat) return;
        if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
        if (onItsWay || !event.target.closest("#call") || types(event.target)) return;
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
    const addTrouble = (words) => {
        const line = document.createElement("p");
        line.setAttribute("role", "alert");
        line.className = "card-trouble";
        line.textContent = words;
        // The card that says that nobody is left has no place for what went wrong, and one that did not come has nothing at all.
        const place = card().querySelector("[data-trouble]") ?? card().firstElementChild;
        if (place) place.before(line);
        else card().append(line);
    };
    const sayLost = (wasUndo) =>
        addTrouble(
            wasUndo
                ? "Nobody knows whether the call before this one was undone. Open that school and look what was said last."
                : "How the call before this one ended may not be logged. Open that school and look, or call it again.",
        );
    // Outcomes whose answers came after another school was called: they are logged all the same, and can be undone beside that card.
    const sayOfEarlier = [];
    const sayItNow = () => {
        // A card that is about to go would take the words with it, and one in a closed drawer is read by nobody.
        if (onItsWay || !card()?.childElementCount || (drawer && !drawer.open)) return;
        for (const say of sayOfEarlier.splice(0)) say();
    };
    const earlierEnded = (xhr, wasUndo) => {
        const there = new DOMParser().parseFromString(xhr.responseText, "text/html").getElementById("call");
        const { called, undone } = there?.dataset ?? {};
        const bar = called ? there.querySelector(".undo-bar") : null;
        if (called) mark(called, "✓ called just now");
        if (undone) mark(undone, "");
        sayOfEarlier.push(() => {
            if (bar) {
                card().prepend(bar);
                window.htmx.process(bar);
            } else if (!undone) sayLost(wasUndo);
        });
        sayItNow();
    };
    document.addEventListener("htmx:beforeRequest", (event) => {
        const { xhr, target, requestConfig } = event.detail;
        if (target.id !== "call") return;
        // While an answer is on its way the card takes nothing more: the next school's may be there before it is pressed.
        if (onItsWay && card().contains(event.detail.elt)) {
            event.preventDefault();
            return;
        }
        latest = xhr;
        onItsWay = true;
        const takesBack = Boolean(event.detail.elt.closest(".undo-bar"));
        isUndo = takesBack;
        if (requestConfig.verb === "post") unanswered += 1;
        xhr.addEventListener("loadend", () => {
            if (requestConfig.verb === "post") unanswered -= 1;
            if (xhr === latest) {
                onItsWay = false;
                sayItNow();
            } else if (requestConfig.verb === "post") earlierEnded(xhr, takesBack);
        });
    });

    document.addEventListener("htmx:afterSwap", () => {
        const { called, undone } = card()?.dataset ?? {};
        if (called) mark(called, "✓ called just now");
        if (undone) mark(undone, "");
        if (drawer?.open) drawer.scrollTop = 0;
        (card()?.querySelector(".error-summary") ?? card())?.focus();
    });
    // Another page than a card came, such as that of signing in again: then the whole page is loaded, and leads there.
    document.addEventListener("htmx:beforeSwap", (event) => {
        const { xhr, serverResponse } = event.detail;
        const isLatest = xhr === latest;
        if (isLatest && xhr.status === 200 && serverResponse.includes('id="call"')) return;
        event.detail.shouldSwap = false;
        if (isLatest && xhr.status === 200) window.location.reload();
    });
    const fails = (event) => {
        const { xhr, requestConfig } = event.detail;
        if (xhr !== latest) return;
        const isLook = requestConfig.verb !== "post";
        const wasUndo = isUndo;
        if (drawer && !drawer.open) {
            // The card that nobody sees goes with the next call, so it is said beside that one.
            if (!isLook) sayOfEarlier.push(() => sayLost(wasUndo));
            return;
        }
        if (!card()?.childElementCount) {
            // Who leaves this page does not read what became, or becomes, of an earlier call.
            if (sayOfEarlier.length || unanswered) addTrouble("No answer came from the office. Close this and call the school once more.");
            else if (before) window.location.assign(before.href);
            return;
        }
        const lost = wasUndo ? "it may not be undone. Press once more, or open that school" : "it may not be logged. Press once more";
        const words = isLook ? "No answer came from the office. Press once more." : `No answer came from the office: ${lost}.`;
        const place = card().querySelector("[data-trouble]");
        if (!place) addTrouble(words);
        else if (!isLook || !place.textContent) place.textContent = words; // that it may not be logged is true still
    };
    document.addEventListener("htmx:sendError", fails);
    document.addEventListener("htmx:responseError", fails);
})();
