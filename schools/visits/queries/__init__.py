"""Queries about bookings, by noun."""

from schools.visits.queries.days import (
    OpenDay,
    VisitDay,
    bookings_of,
    by_visit_day,
    coordinators_by_visit,
    coordinators_of_visit,
    needing_people,
    new_reference,
    responsible_by_visit,
    standing,
    still_seeing,
    to_observe,
)
from schools.visits.queries.notifications import SchoolNotification, VisitNotifications, VolunteerNotification, people_to_tell
from schools.visits.queries.records import NOON, CoverRecords

__all__ = [
    "NOON",
    "CoverRecords",
    "OpenDay",
    "SchoolNotification",
    "VisitDay",
    "VisitNotifications",
    "VolunteerNotification",
    "bookings_of",
    "by_visit_day",
    "coordinators_by_visit",
    "coordinators_of_visit",
    "needing_people",
    "new_reference",
    "people_to_tell",
    "responsible_by_visit",
    "standing",
    "still_seeing",
    "to_observe",
]
