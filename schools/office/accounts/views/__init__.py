"""Views of the office’s room accounts."""
