"""The office's own forms, by noun. They read what was typed; rules and actions judge it."""
