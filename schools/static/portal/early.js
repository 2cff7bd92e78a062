// Runs before the page is drawn: says that scripts work, so that what needs them is shown from the start and nothing moves; and notes
// that somebody typed, which may be before any other script is here.
document.documentElement.classList.add("scripts");
for (const name of ["input", "submit"]) document.addEventListener(name, () => document.documentElement.classList.add("is-touched"));
