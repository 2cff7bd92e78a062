/* On a phone tables are cards: each cell says which column it is of. Without this, the cells stand in the order of the columns. */
"use strict";
(() => {
    for (const table of document.querySelectorAll(".office-table, #result_list")) {
        const names = [...table.querySelectorAll("thead th")].map((cell) => {
            const words = cell.querySelector(".text") ?? cell;
            return words.textContent.trim().replace(/\s+/g, " ");
        });
        for (const row of table.querySelectorAll("tbody tr, tfoot tr")) {
            [...row.cells].forEach((cell, place) => {
                // What holds nothing but the line breaks of its template is empty: the style sheet leaves it out.
                if (!cell.childElementCount && !cell.textContent.trim()) cell.textContent = "";
                if (cell.colSpan === 1 && cell.tagName === "TD" && names[place]) cell.dataset.label ??= names[place];
            });
        }
    }
})();
