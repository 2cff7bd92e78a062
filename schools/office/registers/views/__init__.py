"""Views of the room registers."""
