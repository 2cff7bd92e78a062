"""Views of the office’s room volunteers."""
