"""Forms of the room registers."""
