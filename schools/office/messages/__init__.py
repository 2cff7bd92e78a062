"""The room of messages: the log of what was sent to whom, and the texts of messages.

Lives here: the log's page, the text of one message. Not here: mail that was stopped (room running), whom to tell (bookings).
"""
