"""Forms of the office's room registers."""
