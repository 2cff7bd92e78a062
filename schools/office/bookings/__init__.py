"""The office's room for bookings: booking a visit, its page, moving it, whom to tell, many visits at once, templates.

Rules and actions are in schools.visits; sessions have a room of their own.
"""
