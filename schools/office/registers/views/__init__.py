"""Views of the office's room registers."""
