"""Views of the room schools."""
