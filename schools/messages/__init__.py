"""The outbox: what was sent to whom, written in the transaction that caused it and delivered after it.

Lives here: OutboxMessage, put, deliver. Not here: the words of a message (each slice's emails.py).
"""
