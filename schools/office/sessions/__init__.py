"""Sessions: a visit's day and who goes, a session's page, its outcome, corrections, the tally sheet.

Booking and moving are in the room bookings, not here.
"""
