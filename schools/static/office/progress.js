// Looks every second how far an import is, and shows the whole page once it is no longer under way.
(() => {
    const look = async () => {
        const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "fetch" } });
        if (!answer.ok) return;
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
