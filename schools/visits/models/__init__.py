"""The tables of bookings, by noun."""

from schools.visits.models.about import KnownBy, MessageAbout
from schools.visits.models.alarms import AlarmWhat, SchoolAlarm, SchoolAlarmQuerySet
from schools.visits.models.answers import AnswerItem, AnswerState, SchoolAnswer, Subject
from schools.visits.models.batches import Batch, BatchKind, BatchQuerySet
from schools.visits.models.choices import (
    BOOKED_STAGES,
    CALLED_OFF_STAGES,
    HOLDING_STATES,
    LIVE_STATES,
    PRESENTING_ROLES,
    STANDING_STAGES,
    CancelCode,
    CountBasis,
    CoverNews,
    CoverRole,
    CoverState,
    OfferedState,
    PupilsAre,
    SchoolNews,
    SessionStage,
    VisitStage,
    WentAhead,
    WhatDiffered,
    WhyNot,
)
from schools.visits.models.covers import Cover, CoverQuerySet
from schools.visits.models.merges import Merge, MergeKind, MergeQuerySet, TwoPeople, TwoPeopleQuerySet
from schools.visits.models.offered_dates import OfferedDates, OfferedDatesQuerySet
from schools.visits.models.requests import RequestState, Season, VisitRequest, seasons_from
from schools.visits.models.school_changes import ChangeWhat, ChangeWhy, SchoolChange, SchoolChangeQuerySet
from schools.visits.models.sessions import WERE_THERE, Headcount, SafeguardingNotice, Session, SessionQuerySet
from schools.visits.models.templates import VisitTemplate, VisitTemplateLine
from schools.visits.models.visits import NOBODY, ClosedPeriod, ContactLog, ContactLogQuerySet, Visit, VisitQuerySet

__all__ = [
    "BOOKED_STAGES",
    "CALLED_OFF_STAGES",
    "HOLDING_STATES",
    "LIVE_STATES",
    "NOBODY",
    "PRESENTING_ROLES",
    "STANDING_STAGES",
    "WERE_THERE",
    "AlarmWhat",
    "AnswerItem",
    "AnswerState",
    "Batch",
    "BatchKind",
    "BatchQuerySet",
    "CancelCode",
    "ChangeWhat",
    "ChangeWhy",
    "ClosedPeriod",
    "ContactLog",
    "ContactLogQuerySet",
    "CountBasis",
    "Cover",
    "CoverNews",
    "CoverQuerySet",
    "CoverRole",
    "CoverState",
    "Headcount",
    "KnownBy",
    "Merge",
    "MergeKind",
    "MergeQuerySet",
    "MessageAbout",
    "OfferedDates",
    "OfferedDatesQuerySet",
    "OfferedState",
    "PupilsAre",
    "RequestState",
    "SafeguardingNotice",
    "SchoolAlarm",
    "SchoolAlarmQuerySet",
    "SchoolAnswer",
    "SchoolChange",
    "SchoolChangeQuerySet",
    "SchoolNews",
    "Season",
    "Session",
    "SessionQuerySet",
    "SessionStage",
    "Subject",
    "TwoPeople",
    "TwoPeopleQuerySet",
    "Visit",
    "VisitQuerySet",
    "VisitRequest",
    "VisitStage",
    "VisitTemplate",
    "VisitTemplateLine",
    "WentAhead",
    "WhatDiffered",
    "WhyNot",
    "seasons_from",
]
