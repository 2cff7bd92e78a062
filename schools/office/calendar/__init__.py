"""The calendar: by day or by volunteer, and its file for phones.

Nothing is changed here.
"""
