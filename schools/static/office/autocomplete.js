"use strict";
// Gives the boxes of the admin's autocomplete the label of their field as their accessible name.
{
    const name = () => {
        for (const select of document.querySelectorAll("select.admin-autocomplete")) {
            const label = select.labels?.[0]?.textContent.trim();
            const box = select.parentElement.querySelector(".select2-selection");
            if (!label || !box) {
                continue;
            }
            const rendered = box.querySelector(".select2-selection__rendered");
            const chosen = rendered?.getAttribute("title") || "nothing chosen";
            for (const part of [box, rendered]) {
                part?.removeAttribute("aria-labelledby");
                part?.setAttribute("aria-label", `${label.replace(/:$/, "")}: ${chosen}`);
            }
            box.querySelector(".select2-search__field")?.setAttribute("aria-label", label);
        }
        document.querySelector(".select2-container--open .select2-search__field")?.setAttribute("aria-label", "Search");
    };
    const later = () => setTimeout(name);
    window.addEventListener("load", () => {
        later();
        window.django?.jQuery?.(document).on("select2:open select2:select select2:clear", later);
    });
    document.addEventListener("formset:added", later);
}
