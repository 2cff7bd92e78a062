"""What somebody has to be told about a booking, until a coordinator ticks that they know."""

from django.db import models


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
