"""Forms of the office's room reach."""
