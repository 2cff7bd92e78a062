"""Views of the room stock."""
