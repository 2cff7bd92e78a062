"""Sessions, the headcounts of their pupils, and safeguarding notices."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import ExtractYear
from simple_history.models import HistoricalRecords

from schools.core.nations import Language
from schools.core.periods import FIRST_MONTH
from schools.core.words import days_between, local_moment, long_day, time_range
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS
from schools.directory.models import Area, Authority, Region, School, Site, Whereabouts
from schools.programme.models import SessionType
from schools.visits.models.choices import CancelCode, CountBasis, PupilsAre, SchoolNews, SessionStage, WentAhead, WhatDiffered
from schools.visits.models.querysets import BaseSessionQuerySet
from schools.visits.models.visits import Visit


class SessionQuerySet(BaseSessionQuerySet["Session"]):
    """A selection of sessions."""


class Session(models.Model):
    """One assembly or workshop, at a local wall-clock day and time; online ones are shown until `until_day`.

    `authority`, `area` and `region` are the host school's as of the session's day, frozen when it is delivered (rule 3).
    """

    Stage = SessionStage
    WentAhead = WentAhead
    CountBasis = CountBasis
    PupilsAre = PupilsAre

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    type = models.ForeignKey(SessionType, on_delete=models.PROTECT, related_name="sessions")
    day = models.DateField(db_index=True)
    starts = models.TimeField()
    ends = models.TimeField()
    until_day = models.DateField(null=True, blank=True, help_text="Last day of an online session's window.")
    academic_year = models.GeneratedField(
        expression=ExtractYear("day") - Case(When(condition=Q(day__month__lt=FIRST_MONTH), then=Value(1)), default=Value(0)),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        db_index=False,
        help_text="Blank: at the school's own address.",
    )
    room = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=3, choices=Language.choices, default=Language.ENGLISH)
    stage = models.CharField(max_length=10, choices=SessionStage.choices, default=SessionStage.SCHEDULED)
    went_ahead = models.CharField(max_length=6, choices=WentAhead.choices, blank=True)
    adults = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Blank: not counted.")
    count_basis = models.CharField(max_length=8, choices=CountBasis.choices, default=CountBasis.COUNTED)
    pupils_are = models.CharField(max_length=5, choices=PupilsAre.choices, default=PupilsAre.NEW)
    differed = models.CharField(
        max_length=9, choices=WhatDiffered.choices, blank=True, db_default="", help_text="What mainly went differently."
    )
    outcome_note = models.CharField(
        max_length=500, blank=True, db_default="", help_text="In the words of those who were there; no child's name."
    )
    mixed_classes = models.JSONField(
        null=True, blank=True, help_text="Classes of several year groups that were counted as one number, and its shares."
    )
    sure_of = models.JSONField(
        null=True, blank=True, help_text="Numbers far from the expected ones that those who were there confirmed."
    )
    cancelled_code = models.CharField(max_length=12, choices=CancelCode.choices, blank=True)
    cancelled_note = models.CharField(max_length=500, blank=True)
    for_good = models.BooleanField(
        default=False, db_default=False, help_text="Of a cancelled session: no other day is looked for."
    )
    recorded_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="sessions_recorded"
    )
    school_news = models.CharField(
        max_length=10, choices=SchoolNews.choices, blank=True, db_default="", help_text="What the school has to be told."
    )
    school_told_at = models.DateTimeField(
        null=True, blank=True, help_text="Blank where there is news: the school does not know it yet."
    )
    was_day = models.DateField(null=True, blank=True, help_text="Of a session that was moved: the day that people knew before.")
    was_starts = models.TimeField(null=True, blank=True, help_text="And the time.")
    version = models.PositiveIntegerField(default=0, help_text="Grows with every outcome; two tabs cannot overwrite each other.")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    places_taken: int
    """The number of people who count as cover; set by SessionQuerySet.with_cover."""
    is_covered: bool
    """Whether enough people, or a paid member of staff, cover the session; set by SessionQuerySet.with_cover."""
    is_called_off: bool
    """Whether its school says that it must call the day off; set by portal.queries.within_reach."""
    has_earlier: bool
    """Whether its type was at its school before; set by delivery.queries.with_earlier."""
    adults_before: int | None
    """How many adults were counted the last time that its type was at its school; None: nobody counted. Set there, too."""
    people: list[Any]
    """The covers of those who had said yes; set only where a page reads them together with the session."""

    objects = SessionQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["academic_year"])

    class Meta:
        ordering = ("day", "starts", "pk")
        # The home page asks for few of the sessions ever held: those with news for the school, those to come or not reported
        # yet, and those that were cancelled.
        indexes = (
            models.Index(fields=["day"], condition=~Q(school_news="") & Q(school_told_at=None), name="session_school_to_tell"),
            models.Index(fields=["day", "visit", "type"], condition=Q(stage=SessionStage.SCHEDULED), name="session_scheduled"),
            models.Index(fields=["day", "visit", "type"], condition=Q(stage=SessionStage.CANCELLED), name="session_cancelled"),
            models.Index(fields=["site"], condition=Q(site__isnull=False), name="session_at_site"),
            models.Index(fields=["until_day"], condition=Q(until_day__isnull=False), name="session_window"),
        )
        permissions = (("read_reach", "Can read the figures of reach"),)
        constraints = (
            models.UniqueConstraint(
                fields=["visit", "type", "day", "starts"],
                name="session_once_in_visit",
                violation_error_message="The visit has a session of this type at that time already.",
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="session_ends_after_start",
                violation_error_message="A session must end after it starts, on the same day.",
            ),
            models.CheckConstraint(
                condition=Q(until_day=None) | Q(until_day__gte=F("day")),
                name="session_window_in_order",
                violation_error_message="The last day of the window must not be before its first.",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=SessionStage.values)
                & Q(went_ahead__in=["", *WentAhead.values])
                & Q(count_basis__in=CountBasis.values)
                & Q(pupils_are__in=PupilsAre.values)
                & Q(language__in=Language.values)
                & Q(school_news__in=["", *SchoolNews.values]),
                name="session_choices_known",
                violation_error_message="Choose stage, outcome, count basis, pupils, language and news from the lists.",
            ),
            models.CheckConstraint(
                condition=Q(differed__in=["", *WhatDiffered.values]),
                name="session_differed_known",
                violation_error_message="Choose what went differently from the list.",
            ),
            models.CheckConstraint(
                condition=Q(stage=SessionStage.CANCELLED, cancelled_code__in=CancelCode.values)
                | Q(~Q(stage=SessionStage.CANCELLED), cancelled_code=""),
                name="session_cancelled_has_code",
                violation_error_message="Say why the session was cancelled, and only then.",
            ),
            models.CheckConstraint(
                condition=Q(stage=SessionStage.DELIVERED, went_ahead__in=[WentAhead.YES, WentAhead.PARTLY])
                | Q(stage=SessionStage.CANCELLED, went_ahead__in=["", WentAhead.NO])
                | Q(stage=SessionStage.SCHEDULED, went_ahead=""),
                name="session_went_ahead_fits_stage",
                violation_error_message="A delivered session went ahead or partly did; a scheduled one has no outcome yet.",
            ),
            models.CheckConstraint(
                condition=Q(adults=None) | Q(adults__lte=MOST_PUPILS),
                name="session_adults_believable",
                violation_error_message=f"A session has at most {MOST_PUPILS:,} adults.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, {long_day(self.day)}, {time_range(self.starts, self.ends)}"

    @property
    def nation(self) -> str:
        """The nation of the host school."""
        return self.visit.school.nation

    @property
    def name(self) -> str:
        """The name of the session's type in its nation, as every text uses it; reads the type, the visit and the school."""
        return self.type.name_in(self.nation)

    @property
    def where(self) -> Whereabouts:
        """Where people go: its site, else the school at its own address; reads the visit, the school and the site."""
        school: School = self.visit.school
        return school if self.site_id is None or self.site is None else self.site.at(school)

    @property
    def minutes(self) -> int:
        """The length in minutes."""
        return (datetime.combine(self.day, self.ends) - datetime.combine(self.day, self.starts)) // timedelta(minutes=1)

    @property
    def last_day(self) -> date:
        """The session's day, or the last day of its window."""
        return self.until_day or self.day

    @property
    def when(self) -> str:
        """Its day and times as people read them; of an online one the days on which the school may show it. Reads the type."""
        if not self.type.is_online:
            return f"{long_day(self.day)}, {time_range(self.starts, self.ends)}"
        return days_between(self.day, self.last_day)


WERE_THERE = Q(pupils=None) | Q(pupils__gt=0)
"""Which headcounts are of pupils who came: 0 means that nobody did, blank that nobody counted them."""


class Headcount(models.Model):
    """Pupils of one year group of one school in one session; NULL is "not counted", never 0.

    `authority`, `area` and `region` are this school's as of the session's day, frozen with the session.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="headcounts", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="headcounts")
    year_group = models.PositiveSmallIntegerField()
    expected = models.PositiveIntegerField(null=True, blank=True)
    pupils = models.PositiveIntegerField(null=True, blank=True, help_text="Blank: not counted.")
    is_unplanned = models.BooleanField(
        "not planned",
        default=False,
        db_default=False,
        help_text="A report added it, and it goes with its number.",
    )
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    history = HistoricalRecords()

    class Meta:
        ordering = ("session", "school", "year_group")
        # “Counts missing” is shown beside every figure, and few headcounts of past sessions are not counted.
        indexes = (models.Index(fields=["session"], condition=Q(pupils=None), name="headcount_not_counted"),)
        constraints = (
            models.UniqueConstraint(
                fields=["session", "school", "year_group"],
                name="headcount_once",
                violation_error_message="This year group of this school is in the session already.",
            ),
            models.CheckConstraint(
                condition=Q(year_group__lte=YEAR_GROUPS[-1]),
                name="headcount_year_group_known",
                violation_error_message="A year group is 0 (Reception or P1) to 6.",
            ),
            models.CheckConstraint(
                condition=(Q(expected=None) | Q(expected__lte=MOST_PUPILS)) & (Q(pupils=None) | Q(pupils__lte=MOST_PUPILS)),
                name="headcount_pupils_believable",
                violation_error_message=f"A year group has at most {MOST_PUPILS:,} pupils in a session.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school}, year group {self.year_group}: {'not counted' if self.pupils is None else self.pupils}"


class SafeguardingNotice(models.Model):
    """A record that a child said something and the volunteer told somebody: a time and a role, never the words (rule 12)."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="safeguarding_notices")
    told_at = models.DateTimeField()
    role_told = models.CharField(max_length=100, help_text="Such as the school's safeguarding lead; no name.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="safeguarding_notices")
    charity_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-told_at", "-pk")
        verbose_name = "safeguarding notice"

    def __str__(self) -> str:
        return f"{self.role_told}, {local_moment(self.told_at)}"
