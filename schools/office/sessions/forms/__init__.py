"""Forms of the office's room sessions."""
