"""Forms of the office's room schools."""
