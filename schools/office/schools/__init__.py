"""Schools: which are due, a school's page, its people, conversations with it.

Visits are booked in the room bookings.
"""
