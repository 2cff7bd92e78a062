// Before anything is drawn: scripts run here, so that what needs them is there from the start and nothing moves.
document.documentElement.classList.add("scripts");
