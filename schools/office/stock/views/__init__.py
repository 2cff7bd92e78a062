"""Views of the office's room stock."""
