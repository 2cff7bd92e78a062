"""The tables of volunteers, by noun."""

from schools.volunteers.models.availability import Availability, Away, Conflict, PartOfDay
from schools.volunteers.models.looks import ClearanceLook, ClearanceLookQuerySet, LookPage
from schools.volunteers.models.messages import MessageTo
from schools.volunteers.models.onboarding import Accepted, Agreement, FeedToken, Invitation, InvitationQuerySet
from schools.volunteers.models.people import (
    ERASED,
    Clearance,
    ClearanceQuerySet,
    Decision,
    Precision,
    SignOff,
    Stage,
    Volunteer,
    VolunteerQuerySet,
    VolunteerStatus,
    default_languages,
)
from schools.volunteers.models.steps import STATUS_AFTER, StepKind, VolunteerStep, had_status, statuses_on

__all__ = [
    "ERASED",
    "STATUS_AFTER",
    "Accepted",
    "Agreement",
    "Availability",
    "Away",
    "Clearance",
    "ClearanceLook",
    "ClearanceLookQuerySet",
    "ClearanceQuerySet",
    "Conflict",
    "Decision",
    "FeedToken",
    "Invitation",
    "InvitationQuerySet",
    "LookPage",
    "MessageTo",
    "PartOfDay",
    "Precision",
    "SignOff",
    "Stage",
    "StepKind",
    "Volunteer",
    "VolunteerQuerySet",
    "VolunteerStatus",
    "VolunteerStep",
    "default_languages",
    "had_status",
    "statuses_on",
]
