"""The first and the last day that a session can have; forms, rules and session files refuse the same days."""

from datetime import date

FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2099, 12, 31)
"""Days outside these are typing mistakes."""
