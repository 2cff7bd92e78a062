/* On a phone each row of a table is a card: every cell shows the name of its column. Without scripts the names are missing. */
"use strict";
(() => {
    const label = () => {
        for (const table of document.querySelectorAll(".office-table, #result_list")) {
            const names = [...table.querySelectorAll("thead th")].map((cell) => {
                const words = cell.querySelector(".text") ?? cell;
                return words.textContent.trim().replace(/\s+/g, " ");
            });
            for (const row of table.querySelectorAll("tbody tr, tfoot tr")) {
                [...row.cells].forEach((cell, place) => {
                    // A cell with nothing but the line breaks of its template is made empty, so that the style sheet hides it.
                    if (!cell.childElementCount && !cell.textContent.trim()) cell.textContent = "";
                    if (cell.colSpan === 1 && cell.tagName === "TD" && names[place]) cell.dataset.label ??= names[place];
                });
            }
        }
    };
    label();
    document.addEventListener("office:replaced", label); // a page that took the place of another without a load
})();
