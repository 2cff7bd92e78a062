"""Booking: a new visit, a visit's page, moving it, whom to tell, many visits at once, templates.

The rules and verbs are in schools.visits; sessions have a room of their own.
"""
