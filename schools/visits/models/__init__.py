"""The tables of bookings, by noun."""

from schools.visits.models.batches import Batch, BatchKind, BatchQuerySet
from schools.visits.models.covers import LIVE_STATES, Cover, CoverQuerySet, CoverRole, CoverState, WhyNot
from schools.visits.models.news import CoverNews, SchoolNews
from schools.visits.models.sessions import (
    CountBasis,
    Headcount,
    PupilsAre,
    SafeguardingNotice,
    Session,
    SessionQuerySet,
    SessionStage,
    WentAhead,
    WhatDiffered,
)
from schools.visits.models.templates import VisitTemplate, VisitTemplateLine
from schools.visits.models.visits import CancelCode, ClosedPeriod, ContactLog, Visit, VisitQuerySet, VisitStage

__all__ = [
    "LIVE_STATES",
    "Batch",
    "BatchKind",
    "BatchQuerySet",
    "CancelCode",
    "ClosedPeriod",
    "ContactLog",
    "CountBasis",
    "Cover",
    "CoverNews",
    "CoverQuerySet",
    "CoverRole",
    "CoverState",
    "Headcount",
    "PupilsAre",
    "SafeguardingNotice",
    "SchoolNews",
    "Session",
    "SessionQuerySet",
    "SessionStage",
    "Visit",
    "VisitQuerySet",
    "VisitStage",
    "VisitTemplate",
    "VisitTemplateLine",
    "WentAhead",
    "WhatDiffered",
    "WhyNot",
]
