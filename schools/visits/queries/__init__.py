"""Questions about bookings, by noun."""

from schools.visits.queries.days import OpenDay, VisitDay, bookings_of, by_visit_day, needing_people, new_reference
from schools.visits.queries.records import NOON, CoverRecords
from schools.visits.queries.telling import ForSchool, ForVolunteer, ToTell, people_to_tell

__all__ = [
    "NOON",
    "CoverRecords",
    "ForSchool",
    "ForVolunteer",
    "OpenDay",
    "ToTell",
    "VisitDay",
    "bookings_of",
    "by_visit_day",
    "needing_people",
    "new_reference",
    "people_to_tell",
]
