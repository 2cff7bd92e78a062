"""Views of the office’s room charity."""
