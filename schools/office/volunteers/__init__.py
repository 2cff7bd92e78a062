"""Volunteers: their pages, clearances, sign-offs, joining and leaving.

Who could take a morning is in schools.planning, not here.
"""
