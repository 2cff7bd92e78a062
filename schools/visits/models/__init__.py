"""The tables of bookings, by noun."""

from schools.visits.models.covers import LIVE_STATES, Cover, CoverQuerySet, CoverRole, CoverState
from schools.visits.models.sessions import (
    CountBasis,
    Headcount,
    PupilsAre,
    Session,
    SessionQuerySet,
    SessionStage,
    Told,
    WentAhead,
)
from schools.visits.models.visits import CancelCode, ClosedPeriod, ContactLog, Visit, VisitQuerySet, VisitStage

__all__ = [
    "LIVE_STATES",
    "CancelCode",
    "ClosedPeriod",
    "ContactLog",
    "CountBasis",
    "Cover",
    "CoverQuerySet",
    "CoverRole",
    "CoverState",
    "Headcount",
    "PupilsAre",
    "Session",
    "SessionQuerySet",
    "SessionStage",
    "Told",
    "Visit",
    "VisitQuerySet",
    "VisitStage",
    "WentAhead",
]
