"""The pages of the room: the log of messages, and the texts of messages."""
