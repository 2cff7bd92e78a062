"""Forms of the room schools."""
