"""Views of the office's room sessions."""
