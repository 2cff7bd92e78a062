/* Rows that scroll sideways, such as the places on a phone, begin where somebody is. Without scripts they begin at their first. */
"use strict";
(() => {
    const show = () => {
        for (const row of document.querySelectorAll(".office-nav, .stock-tabs, .shows ul")) {
            const here = row.querySelector("[aria-current]")?.getBoundingClientRect();
            if (here) row.scrollLeft += here.left - row.getBoundingClientRect().left - (row.clientWidth - here.width) / 2;
        }
    };
    show();
    document.addEventListener("office:replaced", show); // a page that took the place of another without a load
})();
