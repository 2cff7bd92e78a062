"""Views of the office’s room calendar."""
