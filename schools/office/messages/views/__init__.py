"""The pages of the room: the log of messages, mail that was stopped, and the texts of messages."""
