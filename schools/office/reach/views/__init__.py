"""Views of the office's room reach."""
