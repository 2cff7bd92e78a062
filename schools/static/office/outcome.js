/* How a day went: one tick for all sessions, what is only asked of what did not go ahead, and what looks wrong, where it is typed. */
"use strict";
(() => {
    const { judge } = self.Speakout;
    const form = () => document.querySelector(".outcome-form");
    const sessions = () => [...(form()?.querySelectorAll("[data-session]") ?? [])];
    const answer = (session) => session.querySelector("[data-required]:checked")?.value ?? "";

    const showWhatIsAsked = () => {
        for (const session of sessions()) {
            const why = session.querySelector("[data-required-if-no]")?.closest(".field");
            if (why) why.hidden = answer(session) !== "no";
        }
    };

    // The tick answers for the sessions of which nothing is said; taken away again, it takes just those answers back.
    const sayOfAll = (tick) => {
        for (const session of sessions()) {
            const yes = session.querySelector("[data-required][value=yes]");
            if (tick.checked && !answer(session)) {
                yes.checked = true;
                yes.dataset.ofAll = "";
            } else if (!tick.checked && "ofAll" in yes.dataset) {
                yes.checked = false;
                delete yes.dataset.ofAll;
            }
        }
    };

    // The same sentence as the server would say, beside the box, as soon as the number is typed.
    const look = (box) => {
        const field = box.closest(".field");
        field.querySelector(".wrong")?.remove();
        const [, words] = judge.problems(form()).find(([other]) => other === box) ?? [];
        field.classList.toggle("field-wrong", Boolean(words));
        if (!words) return;
        const place = document.createElement("div");
        place.className = "wrong";
        place.setAttribute("role", "alert");
        place.textContent = words;
        field.querySelector(".words").append(place);
    };

    document.addEventListener("change", ({ target }) => {
        if (!target.closest(".outcome-form")) return;
        if (target.matches("[name=all_went_ahead]")) sayOfAll(target);
        if (target.matches("[data-most]")) look(target);
        if (target.closest(".sure")) look(target.closest(".field").querySelector("[data-most]"));
        showWhatIsAsked();
    });
    document.addEventListener("input", ({ target }) => target.dataset?.surprise && judge.forgetAnswer(target));
    showWhatIsAsked();
    document.addEventListener("office:replaced", showWhatIsAsked);
})();
