"""Gathers the slices' tables for Django; nothing is defined here."""

from schools.accounts.models import User
from schools.delivery.models import OutcomeSubmission
from schools.directory.models import (
    Area,
    AreaAuthority,
    AreaCoordinator,
    Authority,
    Contact,
    Postcode,
    Region,
    Reorganisation,
    Roll,
    School,
    SchoolAgreement,
    SchoolAuthority,
    SchoolLink,
    Term,
)
from schools.materials.models import KitLine, Material, MaterialUse
from schools.messages.models import OutboxMessage
from schools.programme.models import SessionType
from schools.visits.models import (
    Batch,
    ClosedPeriod,
    ContactLog,
    Cover,
    Headcount,
    Session,
    Told,
    Visit,
    VisitTemplate,
    VisitTemplateLine,
)
from schools.volunteers.models import Availability, Away, Clearance, ClearanceLook, Conflict, SignOff, Volunteer

__all__ = [
    "Area",
    "AreaAuthority",
    "AreaCoordinator",
    "Authority",
    "Availability",
    "Away",
    "Batch",
    "Clearance",
    "ClearanceLook",
    "ClosedPeriod",
    "Conflict",
    "Contact",
    "ContactLog",
    "Cover",
    "Headcount",
    "KitLine",
    "Material",
    "MaterialUse",
    "OutboxMessage",
    "OutcomeSubmission",
    "Postcode",
    "Region",
    "Reorganisation",
    "Roll",
    "School",
    "SchoolAgreement",
    "SchoolAuthority",
    "SchoolLink",
    "Session",
    "SessionType",
    "SignOff",
    "Term",
    "Told",
    "User",
    "Visit",
    "VisitTemplate",
    "VisitTemplateLine",
    "Volunteer",
]
