"""What somebody at a school asks for without an account: a visit. It is nothing until they have confirmed it by mail."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from schools.directory.models import Area, Contact, School
from schools.directory.models.schools import NAME_LENGTH, POSTCODE_LENGTH
from schools.visits.models.visits import Visit


class RequestState(models.TextChoices):
    """What became of a request."""

    UNCONFIRMED = "asked", "Not confirmed by mail yet"
    WAITS = "waits", "Waits for the office"
    DONE = "done", "Seen to"


class Season(models.TextChoices):
    """A term by its time of the year, as schools in all nations call it."""

    AUTUMN = "autumn", _("Autumn term")
    SPRING = "spring", _("Spring term")
    SUMMER = "summer", _("Summer term")


class VisitRequest(models.Model):
    """A visit that somebody at a school asked for on the page for that, with who they are and what they wish.

    Once they have confirmed it, it belongs to a visit: to one in stage *requested* that it made, or to what was booked or
    requested already. One of a school that nobody knows here waits until the office says which it is.
    """

    State = RequestState

    school = models.ForeignKey(
        School,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="visit_requests",
        help_text="Blank: not known here yet.",
    )
    school_name = models.CharField(max_length=NAME_LENGTH, blank=True, help_text="As they typed it, where it is not known here.")
    postcode = models.CharField(max_length=POSTCODE_LENGTH, blank=True)
    area = models.ForeignKey(
        Area,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="visit_requests",
        help_text="Of the poster that they read.",
    )
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=100, help_text="Such as head teacher.")
    email = models.EmailField()
    phone = PhoneNumberField(blank=True)
    year_groups = models.JSONField(default=list, blank=True, help_text="0 (Reception or P1) to 6.")
    half_days = models.JSONField(default=list, blank=True, help_text="Such as 0-morning, for Monday morning.")
    season = models.CharField("term", max_length=6, choices=Season.choices, blank=True, help_text="Blank: any.")
    season_year = models.PositiveSmallIntegerField("year of the term", null=True, blank=True, help_text="In which it begins.")
    note = models.TextField(blank=True, help_text="Never a pupil's name.")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, null=True, blank=True, related_name="visit_requests")
    contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="visit_requests",
        help_text="As whom we know them.",
    )
    state = models.CharField(max_length=5, choices=RequestState.choices, default=RequestState.UNCONFIRMED)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="visit_requests_decided"
    )

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name = "request of a school"
        verbose_name_plural = "requests of schools"
        indexes = (
            models.Index(fields=["visit"], condition=Q(state=RequestState.WAITS), name="visit_request_waits"),
            models.Index(fields=["asked_at"], condition=Q(state=RequestState.UNCONFIRMED), name="visit_request_unconfirmed"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state=RequestState.UNCONFIRMED, confirmed_at=None, visit=None, contact=None)
                | Q(state__in=(RequestState.WAITS, RequestState.DONE), confirmed_at__isnull=False),
                name="visit_request_confirmed_first",
                violation_error_message="Only a request that was confirmed by mail can be seen to.",
            ),
            models.CheckConstraint(
                condition=~Q(school=None) | ~Q(school_name=""),
                name="visit_request_has_school",
                violation_error_message="Say which school it is.",
            ),
            models.CheckConstraint(
                condition=Q(season="", season_year=None) | Q(season__in=Season.values, season_year__isnull=False),
                name="visit_request_season_known",
                violation_error_message="A term needs its year.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school or self.school_name}: {self.name}"

    @property
    def person(self) -> str:
        """Who asked, with their role."""
        return f"{self.name} ({self.role})" if self.role else self.name


FIRST_MONTHS = {Season.AUTUMN: 9, Season.SPRING: 1, Season.SUMMER: 4}
"""In which month each term begins, near enough for a wish."""


MOST_SEASONS = 4
"""So many terms, that of today included, can be wished for and offered: the half-days of a year."""


def seasons_from(day: date) -> list[tuple[Season, int]]:
    """Return the term of the day and those after it, each with the year in which it begins; July is the autumn’s."""
    wanted, year = list[tuple[Season, int]](), day.year
    ends = {Season.SPRING: 3, Season.SUMMER: 6, Season.AUTUMN: 12}
    while len(wanted) < MOST_SEASONS:
        for season, last_month in ends.items():
            if (year, last_month) >= (day.year, day.month):
                wanted.append((season, year))
        year += 1
    return wanted[:MOST_SEASONS]
