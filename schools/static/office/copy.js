"use strict";
// Shows the copy buttons where the browser may write to the clipboard, and says whether copying worked.
for (const button of navigator.clipboard ? document.querySelectorAll("button[data-copies]") : []) {
    const said = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
        const words = document.getElementById(button.dataset.copies).textContent.trim();
        try {
            await navigator.clipboard.writeText(words);
            said.textContent = "Copied.";
        } catch {
            said.textContent = "Your browser did not allow it. Select the sentence and copy it.";
        }
    });
}
