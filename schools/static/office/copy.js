"use strict";
// Shows each copy button (hidden without scripts) where the browser may write to the clipboard, and says what came of it.
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
