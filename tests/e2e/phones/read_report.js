// What the report's page shows: "state" at a path, what is "typed" in each of some boxes, or what stands "beside" the form.
([asked, name]) => {
  const isShown = (id) => document.getElementById(id) && !document.getElementById(id).hidden;
  const form = document.querySelector("form[data-report]");
  if (asked === "state") {
    if (location.pathname !== name || !form || !("fresh" in form.dataset)) return "left";
    if (!("isReady" in form.dataset)) return "waits";
    if (isShown("report-kept")) return "kept";
    return isShown("write-down") ? "write-down" : "form";
  }
  if (asked === "typed") return name.map((box) => (form && form.elements[box] ? form.elements[box].value : ""));
  return [...document.querySelectorAll("section[role=status] [data-numbers] li")]
    .map((line) => [...line.children].map((part) => part.textContent))
    .filter(([label]) => /(^|: )Year 5$/.test(label))
    .map((parts) => parts.join(" "));
}
