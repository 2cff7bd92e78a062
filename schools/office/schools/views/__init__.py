"""Views of the office's room schools."""
