// Runs before the page is drawn: says that scripts work, so that what needs them is shown from the start and nothing moves.
document.documentElement.classList.add("scripts");
