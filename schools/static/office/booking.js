/* Booking: what changes in place, and what was booked, which takes the place of the form without a load. */
"use strict";
(() => {
    const booking = () => document.getElementById("booking");
    let pressed = "";

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
        if (place && event.target.matches?.(".booking-form")) place.textContent = self.Office.LOST;
    };
    document.addEventListener("htmx:sendError", fails);
    document.addEventListener("htmx:responseError", fails);
})();
