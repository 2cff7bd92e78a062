"""A session, the children there, and what was told."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, ExtractYear
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from schools.accounts.models import User
from schools.core.nations import Language
from schools.core.periods import FIRST_MONTH, Period
from schools.core.words import long_day, time_range
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS
from schools.directory.models import Area, Authority, Region, School
from schools.directory.models.areas import Patch
from schools.programme.models import Audience, SessionType
from schools.visits.models.news import SchoolNews
from schools.visits.models.visits import CancelCode, Visit
from schools.volunteers.models import Volunteer


class SessionStage(models.TextChoices):
    """Whether it is still to come, took place, or will not."""

    SCHEDULED = "scheduled", "Scheduled"
    DELIVERED = "delivered", "Delivered"
    CANCELLED = "cancelled", "Cancelled"


class WentAhead(models.TextChoices):
    """What the people who were there said."""

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


MANY = 1000
"""More people than a session can need."""


class SessionQuerySet(models.QuerySet["Session"]):
    """Sessions …"""

    def scheduled(self) -> "SessionQuerySet":
        """Sessions neither reported nor cancelled."""
        return self.filter(stage=SessionStage.SCHEDULED)

    def delivered(self) -> "SessionQuerySet":
        """Sessions that took place."""
        return self.filter(stage=SessionStage.DELIVERED)

    def for_pupils(self) -> "SessionQuerySet":
        """Sessions whose audience is pupils."""
        # Asked of each session: by a join or a list of the few types SQLite would walk through every session of each type.
        return self.filter(Exists(SessionType.objects.filter(pk=OuterRef("type"), audience=Audience.PUPILS)))

    def in_period(self, period: Period) -> "SessionQuerySet":
        """Sessions whose day lies in the period."""
        return self.filter(day__range=(period.first_day, period.last_day))

    def outcome_missing(self, *, on: date) -> "SessionQuerySet":
        """Sessions whose day, or last day of the window, has passed without an outcome (DESIGN.md, rule 1)."""
        return self.scheduled().filter(Q(until_day=None, day__lt=on) | Q(until_day__lt=on))

    def count_missing(self) -> "SessionQuerySet":
        """Delivered sessions for pupils in which a year group was not counted, or none was written down at all."""
        counts = Headcount.objects.filter(session=OuterRef("pk"))
        return self.delivered().for_pupils().filter(Exists(counts.filter(pupils=None)) | ~Exists(counts))

    def counted(self) -> "SessionQuerySet":
        """Delivered sessions for pupils in which every year group was counted: all of those but count_missing."""
        counts = Headcount.objects.filter(session=OuterRef("pk"))
        return self.delivered().for_pupils().filter(Exists(counts), ~Exists(counts.filter(pupils=None)))

    def partly_counted(self) -> "SessionQuerySet":
        """Those of count_missing that have headcounts; apart from the others a database finds them far quicker."""
        return self.delivered().for_pupils().filter(Exists(Headcount.objects.filter(session=OuterRef("pk"), pupils=None)))

    def without_headcounts(self) -> "SessionQuerySet":
        """Those of count_missing that have none."""
        return self.delivered().for_pupils().filter(~Exists(Headcount.objects.filter(session=OuterRef("pk"))))

    def school_to_tell(self, *, on: date) -> "SessionQuerySet":
        """Sessions from the day on (or moved from there) of which the school has to be told something."""
        return self.exclude(school_news="").filter(Q(day__gte=on) | Q(was_day__gte=on), school_told_at=None)

    def with_cover(self) -> "SessionQuerySet":
        """Adds `places_taken` (people who count) and `is_covered` (enough of them, or one paid member of staff)."""
        from schools.visits.models.covers import Cover, scheme_in  # the two tables name each other

        sessions = self.alias(scheme=scheme_in("visit__school__nation"))
        counting = Cover.objects.counting_there().order_by().values("session")
        people = counting.annotate(people=Count("pk")).values("people")
        # Paid staff fill every place, so that whether it is covered is one question too.
        staff = Volunteer.objects.filter(staff=True).order_by().values("pk")
        weight = Case(When(volunteer__in=staff, then=Value(MANY)), default=Value(1))
        filled = counting.annotate(filled=Sum(weight)).values("filled")
        covered = Q(type__presenters__lte=Coalesce(Subquery(filled), 0))
        # By name in a mapping, because Session declares the two attributes for those who read them.
        added = {"places_taken": Coalesce(Subquery(people), 0), "is_covered": covered}
        return sessions.annotate(**added)

    def uncovered(self) -> "SessionQuerySet":
        """Scheduled sessions that still need somebody."""
        return self.scheduled().with_cover().filter(Q(is_covered=False))

    def given_back(self, *, on: date) -> "SessionQuerySet":
        """Sessions from the day on that somebody can't make after all, and that still need people.

        Trainees and observers hold no place, so that nobody is looked for in theirs.
        """
        from schools.visits.models.covers import Cover, CoverState  # the two tables name each other

        back = Cover.objects.presenting().filter(state=CoverState.WITHDRAWN, gave_back=True).order_by().values("session")
        return self.filter(pk__in=back, day__gte=on).uncovered()

    def in_areas(self, areas: models.QuerySet[Area], *, on: date) -> "SessionQuerySet":
        """Sessions delivered in one of the areas, or at a school that lies in one of them on the day."""
        return self._of(areas, School.objects.in_areas(areas, on=on))

    def _of(self, areas: models.QuerySet[Area] | Sequence[int], schools: models.QuerySet[School]) -> "SessionQuerySet":
        # Two short lists, each led to by an index. Said with OR, PostgreSQL would look at every session ever held.
        delivered = Session.objects.filter(area__in=areas).order_by().values("pk")
        at_schools = Session.objects.filter(visit__school__in=schools.order_by().values("pk")).order_by().values("pk")
        return self.filter(pk__in=delivered.union(at_schools, all=True))

    def for_user(self, user: User, *, on: date) -> "SessionQuerySet":
        """Managers see all sessions, coordinators their areas', volunteers those that they are on or are offered, others none.

        A session open to a volunteer is a question of the rules: visits.queries.open_days.
        """
        if user.is_manager:
            return self.all()
        if user.is_coordinator:
            return self._of(Patch.of(user, on=on).areas, School.objects.for_user(user, on=on))
        from schools.visits.models.covers import Cover  # the two tables name each other

        return self.filter(Exists(Cover.objects.live().filter(session=OuterRef("pk"), volunteer__user=user)))


class Session(models.Model):
    """One assembly or workshop, at a local wall-clock day and time; online ones are shown until `until_day`.

    `authority`, `area` and `region` are the host's as of the session's day, frozen when it is delivered (DESIGN.md, rule 3).
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
    cancelled_code = models.CharField(max_length=12, choices=CancelCode.choices, blank=True)
    cancelled_note = models.CharField(max_length=500, blank=True)
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
    """Added by SessionQuerySet.with_cover."""
    is_covered: bool
    """Added by SessionQuerySet.with_cover."""
    people: list[Any]
    """The covers of those who had said yes, where a page read them together with the session."""

    objects = SessionQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["academic_year"])

    class Meta:
        ordering = ("day", "starts", "pk")
        # What home asks about are few beside all that was ever held: the schools that have to be told, what is not over or not
        # reported yet, what was lost.
        indexes = (
            models.Index(fields=["day"], condition=~Q(school_news="") & Q(school_told_at=None), name="session_school_to_tell"),
            models.Index(fields=["day", "visit", "type"], condition=Q(stage=SessionStage.SCHEDULED), name="session_scheduled"),
            models.Index(fields=["day", "visit", "type"], condition=Q(stage=SessionStage.CANCELLED), name="session_cancelled"),
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
        """What schools of its nation call such a session; every text names it so, and its type, visit and school are read."""
        return self.type.name_in(self.nation)

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return (datetime.combine(self.day, self.ends) - datetime.combine(self.day, self.starts)) // timedelta(minutes=1)

    @property
    def last_day(self) -> date:
        """Its day, or the last day of its window."""
        return self.until_day or self.day


class Headcount(models.Model):
    """Pupils of one year group of one school in one session; NULL is "not counted", never 0.

    `authority`, `area` and `region` are this school's as of the session's day, frozen with the session.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="headcounts", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="headcounts")
    year_group = models.PositiveSmallIntegerField()
    expected = models.PositiveIntegerField(null=True, blank=True)
    pupils = models.PositiveIntegerField(null=True, blank=True, help_text="Blank: not counted.")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    history = HistoricalRecords()

    class Meta:
        ordering = ("session", "school", "year_group")
        # "Counts missing" stands beside every figure, and few headcounts of a past session are not counted.
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


class Told(models.Model):
    """A child said something and the volunteer told somebody: a time and a role, never what was said (DESIGN.md, rule 12)."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="tolds")
    told_at = models.DateTimeField()
    role_told = models.CharField(max_length=100, help_text="Such as the school's safeguarding lead; no name.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tolds")
    charity_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-told_at", "-pk")
        verbose_name = "told entry"
        verbose_name_plural = "told entries"

    def __str__(self) -> str:
        return f"{self.role_told}, {self.told_at:%Y-%m-%d %H:%M}"
