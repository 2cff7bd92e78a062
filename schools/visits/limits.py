"""Between which days a session can lie; forms, rules and session files refuse the same ones."""

from datetime import date

FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2099, 12, 31)
"""Days outside are slips of the finger."""
