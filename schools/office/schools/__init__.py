"""Schools: who is due, a school's page, its people, conversations with it.

Its visits are booked in the room bookings, not here.
"""
