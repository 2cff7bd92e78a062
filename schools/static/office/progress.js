// Reads the progress of an import every second, and reloads the page once the import has ended.
(() => {
    const look = async () => {
        const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
        // The office may be starting anew, or this computer have slept: the import goes on, and so does the page.
        if (!answer?.ok) {
            window.setTimeout(look, 5000);
            return;
        }
        const there = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
        const here = document.getElementById("progress");
        if (!there || !here) {
            window.location.reload();
            return;
        }
        const focused = here.contains(document.activeElement);
        if (!focused) here.innerHTML = there.innerHTML;
        window.setTimeout(look, 1000);
    };
    window.setTimeout(look, 1000);
})();
