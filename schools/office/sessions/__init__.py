"""The office's room for sessions: a visit day and who goes, a session's page, its outcome, corrections, the tally sheet.

Booking and moving are in the room bookings.
"""
