"""Visits, conversations with schools, and closed periods."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from schools.core.words import days_between, long_day
from schools.directory.models import Area, Contact, School
from schools.visits.models.choices import CALLED_OFF_STAGES, CancelCode, VisitStage
from schools.visits.models.querysets import BaseVisitQuerySet


class VisitQuerySet(BaseVisitQuerySet["Visit"]):
    """A selection of visits."""


class Visit(models.Model):
    """One booking with one school: one or more sessions, on one or more days, which a guest school's pupils can join."""

    Stage = VisitStage

    reference = models.CharField(max_length=40, unique=True, error_messages={"unique": "Another visit has this reference."})
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="visits")
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="visits_coordinated"
    )
    stage = models.CharField(max_length=10, choices=VisitStage.choices, default=VisitStage.PLANNED)
    preferred_month = models.DateField(null=True, blank=True, help_text="Any day of the month that the school asked for.")
    requested_on = models.DateField(null=True, blank=True, help_text="When the school asked, where it asked first.")
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="visits", help_text="Whom to ask for."
    )
    agreed_on = models.DateField(null=True, blank=True)
    agreed_with = models.CharField(max_length=150, blank=True)
    declined_on = models.DateField(null=True, blank=True, help_text="When the school said no.")
    parents_told_on = models.DateField(null=True, blank=True)
    safeguarding_contact = models.ForeignKey(
        Contact,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="visits_safeguarded",
        help_text="Whom a volunteer tells when a child says something.",
    )
    arrival_notes = models.TextField(blank=True)
    parking = models.CharField(max_length=300, blank=True)
    cancelled_code = models.CharField(max_length=12, choices=CancelCode.choices, blank=True)
    cancelled_note = models.CharField(max_length=500, blank=True)
    replaces = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaced_by",
        help_text="The cancelled visit that it makes good.",
    )

    objects = VisitQuerySet.as_manager()
    history = HistoricalRecords()

    begins_on: date | None
    """The first day of its sessions, None without any; set by VisitQuerySet.with_days."""
    ends_on: date | None
    """The last day of its sessions, None without any; set by VisitQuerySet.with_days."""

    class Meta:
        ordering = ("-pk",)
        # For the few requests on the home page. An index over all stages would mislead SQLite: it would begin with every visit
        # that stands.
        indexes = (models.Index(fields=["requested_on"], condition=Q(stage=VisitStage.REQUESTED), name="visit_requested"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(stage__in=VisitStage.values),
                name="visit_stage_known",
                violation_error_message="Choose one of the stages.",
            ),
            models.CheckConstraint(
                condition=Q(stage=VisitStage.CANCELLED, cancelled_code__in=CancelCode.values)
                | Q(~Q(stage=VisitStage.CANCELLED), cancelled_code=""),
                name="visit_cancelled_has_code",
                violation_error_message="Say why the visit was cancelled, and only then.",
            ),
            models.CheckConstraint(
                condition=~Q(stage=VisitStage.CONFIRMED) | Q(agreed_on__isnull=False),
                name="visit_confirmed_was_agreed",
                violation_error_message="Say on which day the school agreed.",
            ),
            models.CheckConstraint(
                condition=Q(declined_on=None) | Q(stage=VisitStage.DECLINED),
                name="visit_declined_on_fits_stage",
                violation_error_message="Only a declined visit has a day on which the school said no.",
            ),
            models.CheckConstraint(
                condition=~Q(replaces=F("pk")),
                name="visit_replaces_another",
                violation_error_message="A visit cannot replace itself.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference}, {self.school}"

    @property
    def is_called_off(self) -> bool:
        """Whether it does not take place: then it makes no other visit good."""
        return self.stage in CALLED_OFF_STAGES


NOBODY = "nobody"
"""With whom one spoke when nobody answered."""


class ContactLogQuerySet(models.QuerySet["ContactLog"]):
    """A selection of conversations, calls that nobody answered among them."""

    def spoken(self) -> "ContactLogQuerySet":
        """Conversations in which somebody was reached."""
        return self.exclude(who=NOBODY)


class ContactLog(models.Model):
    """A conversation with a school: who, how, what was offered, when to ask again."""

    class How(models.TextChoices):
        """How the conversation was held."""

        PHONE = "phone", "Phone"
        EMAIL = "email", "E-mail"
        IN_PERSON = "in_person", "In person"
        POST = "post", "Post"

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="contact_logs")
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, blank=True, related_name="contact_logs")
    day = models.DateField()
    how = models.CharField(max_length=10, choices=How.choices)
    who = models.CharField(max_length=150, help_text="With whom, at the school.")
    note = models.TextField(blank=True, help_text="Never a pupil's name.")
    dates_offered = models.CharField(max_length=300, blank=True)
    follow_up_on = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contact_logs")

    objects = ContactLogQuerySet.as_manager()

    class Meta:
        verbose_name = "conversation"
        ordering = ("-day", "-pk")
        indexes = (models.Index(fields=["follow_up_on"], condition=Q(follow_up_on__isnull=False), name="contact_log_follow_up"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(how__in=["phone", "email", "in_person", "post"]),
                name="contact_log_how_known",
                violation_error_message="Choose how you spoke to the school.",
            ),
        )

    def __str__(self) -> str:
        return f"{long_day(self.day)}: {self.who}"


class ClosedPeriod(models.Model):
    """Days on which the area's sessions are locked, because a signed-off return rests on them."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="closed_periods")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        ordering = ("area", "first_day")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="closed_period_days_in_order",
                violation_error_message="The last day must not be before the first day.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.area}, {days_between(self.first_day, self.last_day)}"
