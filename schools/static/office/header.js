/* Where a page begins: rows that scroll sideways at the place where somebody is, the page itself at its heading. */
"use strict";
(() => {
    const show = () => {
        for (const row of document.querySelectorAll(".office-nav, .stock-tabs, .shows ul")) {
            const here = row.querySelector("[aria-current]")?.getBoundingClientRect();
            if (here) row.scrollLeft += here.left - row.getBoundingClientRect().left - (row.clientWidth - here.width) / 2;
        }
    };
    show();
    // What has the focus from the start is below the heading: the page opens at its top nevertheless. Where something has the
    // focus already, a browser looks for nothing to scroll to; and whoever is quicker than the page is left where they are.
    const section = document.querySelector("section[autofocus]");
    if (section && !window.location.hash && [document.body, section].includes(document.activeElement)) {
        section.focus({ preventScroll: true });
        window.scrollTo(0, 0);
    }
    document.addEventListener("office:replaced", show); // a page that took the place of another without a load
})();
