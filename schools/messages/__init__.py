"""The outbox: messages are written in the transaction that causes them, and delivered after it.

Lives here: OutboxMessage, put, deliver. Not here: the words of a message (each slice's emails.py).
"""
