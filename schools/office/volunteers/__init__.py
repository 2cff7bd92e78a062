"""Volunteers: their pages, clearances, sign-offs, joining and leaving.

Who could go to a visit is worked out in schools.planning.
"""
