"""The choices of the columns of bookings, and the groups of states and roles that rules use."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VisitStage(models.TextChoices):
    """How far the booking has come."""

    REQUESTED = "requested", "Requested"
    PLANNED = "planned", "Planned"
    CONFIRMED = "confirmed", "Confirmed"
    DECLINED = "declined", "Declined"
    CANCELLED = "cancelled", "Cancelled"


BOOKED_STAGES = (VisitStage.PLANNED, VisitStage.CONFIRMED)
"""Those of a visit that is booked, agreed with its school or not yet."""
STANDING_STAGES = (VisitStage.REQUESTED, VisitStage.PLANNED, VisitStage.CONFIRMED)
"""Those of a visit that nobody has called off, booked or still asked for."""
CALLED_OFF_STAGES = (VisitStage.CANCELLED, VisitStage.DECLINED)
"""Those of a visit that will not take place."""


class CancelCode(models.TextChoices):
    """Why a visit or a session did not take place."""

    SCHOOL = "school", _("The school asked")
    VOLUNTEERS = "volunteers", _("Nobody could cover it")
    ILLNESS = "illness", _("Illness")
    WEATHER = "weather", _("Weather")
    MATERIALS = "materials", _("Materials were missing")
    NOT_HELD = "not_held", _("It did not go ahead on the day")
    OTHER = "other", _("Something else")


class SessionStage(models.TextChoices):
    """Whether a session is still to come, took place, or will not."""

    SCHEDULED = "scheduled", "Scheduled"
    DELIVERED = "delivered", "Delivered"
    CANCELLED = "cancelled", "Cancelled"


class WentAhead(models.TextChoices):
    """Whether the session went ahead, as the people who were there report it."""

    YES = "yes", _("Yes")
    PARTLY = "partly", _("Partly")
    NO = "no", _("No")


class CountBasis(models.TextChoices):
    """Where the number of children comes from; all but COUNTED are estimates."""

    COUNTED = "counted", _("Counted, class by class")
    SPREAD = "spread", _("One total, spread over the year groups")
    SCHOOL = "school", _("The school's own number")


class PupilsAre(models.TextChoices):
    """Whether the same pupils sat in an earlier session of the type."""

    NEW = "new", _("New")
    AGAIN = "again", _("The same pupils again")


class WhatDiffered(models.TextChoices):
    """What mainly went differently from what was planned."""

    TIME = "time", _("It began late or was cut short")
    PUPILS = "pupils", _("Other children came than planned")
    ROOM = "room", _("The room, the screen or the sound")
    MATERIALS = "materials", _("What we needed was not there")
    STAFF = "staff", _("No member of staff stayed with us")
    OTHER = "other", _("Something else")


class CoverRole(models.TextChoices):
    """What the volunteer does in the session; trainees and observers don't count as cover."""

    LEAD = "lead", "Lead"
    PRESENTER = "presenter", "Presenter"
    TRAINEE = "trainee", "Trainee"
    OBSERVER = "observer", "Observer"


class CoverState(models.TextChoices):
    """How far one cover has come, from the offer to the day itself; asked: they would like to watch, and nobody has answered."""

    ASKED = "asked", "Asked to observe"
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    ATTENDED = "attended", "Attended"
    ABSENT = "absent", "Absent"


class WhyNot(models.TextChoices):
    """Why somebody can't make it after all; chosen from a list and never typed, because the details are private."""

    UNWELL = "unwell", _("I’m not well")
    WORK = "work", _("Work")
    FAMILY = "family", _("Family")
    WAY = "way", _("I can’t get there")
    OTHER = "other", _("Something else")


LIVE_STATES = (CoverState.OFFERED, CoverState.ACCEPTED, CoverState.ATTENDED)
HOLDING_STATES = (CoverState.ACCEPTED, CoverState.ATTENDED)
PRESENTING_ROLES = (CoverRole.LEAD, CoverRole.PRESENTER)


class CoverNews(models.TextChoices):
    """What a volunteer has to be told about one session."""

    ASSIGNED = "assigned", "Put on it"
    OFFERED = "offered", "Asked"
    MOVED = "moved", "Moved, still on it"
    ASK_AGAIN = "ask_again", "Moved, asked again"
    DROPPED = "dropped", "Moved, can’t come"
    TAKEN_OFF = "taken_off", "Taken off it"
    CANCELLED = "cancelled", "Cancelled"
    BACK = "back", "Takes place after all"


class SchoolNews(models.TextChoices):
    """What a school has to be told about one session."""

    MOVED = "moved", "Moved"
    CANCELLED = "cancelled", "Cancelled"
    BACK = "back", "Takes place after all"


class OfferedState(models.TextChoices):
    """What became of dates that were offered."""

    OPEN = "open", "The school may choose"
    CHOSEN = "chosen", "The school has chosen"
    NONE = "none", "None of them suits"
    LAPSED = "lapsed", "Not answered in time"
    TAKEN_BACK = "back", "Taken back"
