/* Booking: what changes in place, and what was booked, which takes the place of the form without a load. */
"use strict";
(() => {
    const booking = () => document.getElementById("booking");
    let pressed = "";

    // A year group that is taken out loses its number, one that is put in gets the roll's; who types a number means that it comes.
    document.addEventListener("input", (event) => {
        const group = event.target.closest?.(".booking-row .group");
        if (!group) return;
        const [tick, number] = group.querySelectorAll("input");
        if (event.target === number) tick.checked ||= number.value !== "";
        else number.value = tick.checked ? number.value || group.dataset.roll : "";
    });

    document.addEventListener("htmx:beforeRequest", (event) => {
        if (event.target.matches?.(".booking-form")) pressed = document.activeElement?.id ?? "";
    });
    // The visit that was booked, or another page of the office: it takes the place of this one, under its own address.
    document.addEventListener("htmx:beforeSwap", (event) => {
        const { xhr, serverResponse } = event.detail;
        if (!booking() || xhr.status !== 200 || serverResponse.includes('id="booking"')) return;
        event.detail.shouldSwap = false;
        self.Office.replacePage(xhr);
    });
    document.addEventListener("htmx:afterSwap", (event) => {
        if (event.detail.target?.id !== "booking" && event.target.id !== "booking") return;
        const look = booking()?.querySelector(".error-summary, .second-look");
        const place = look ?? document.getElementById(pressed) ?? document.getElementById("id_guest_words") ?? booking();
        place?.focus({ preventScroll: place !== look });
    });
    const fails = (event) => {
        const place = booking()?.querySelector("[data-trouble]");
        if (place && event.target.matches?.(".booking-form")) {
            place.textContent = "That did not reach the office, and nothing is stored. Press once more.";
        }
    };
    document.addEventListener("htmx:sendError", fails);
    document.addEventListener("htmx:responseError", fails);
})();
