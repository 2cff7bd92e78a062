"""The pages of the room: the log of messages."""
