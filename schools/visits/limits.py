"""The first and the last day that a session can have, for forms, rules and session files; and until when hosts change a visit."""

from datetime import date

FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2099, 12, 31)
"""Days outside these are typing mistakes."""

SCHOOL_DAYS_TO_CHANGE = 5
"""So many school days before its first session a host cancels a visit, or asks for another day, by its own page; later by phone.

A school week: volunteers have taken the day off work by then, and whoever is told later has to be phoned. It is no setting: a
charity whose schools phone loses nothing by it.
"""
