"""One module for each environment; `base` holds what they share."""
