"""How each purge went, and who asked what is held on them."""

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from schools.accounts.identity import Check
from schools.core.words import local_moment, long_day
from schools.erasing.models import PersonKind
from schools.keeping.periods import months_before


class PurgeRun(models.Model):
    """One purge: what was removed because it had been kept long enough, in numbers; a row from its start, killed or not."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Blank: it is under way, or was killed.")
    report = models.JSONField(
        default=list, blank=True, help_text="By period: how many rows, the oldest that is kept, and what waits."
    )

    objects: ClassVar[models.Manager["PurgeRun"]] = models.Manager()

    class Meta:
        ordering = ("-started_at", "-pk")
        verbose_name = "purge"

    def __str__(self) -> str:
        return f"Purge of {local_moment(self.started_at)}"

    @property
    def removed(self) -> int:
        """How many rows and people it removed."""
        return sum(line["number"] for line in self.report)


class SubjectAccess(models.Model):
    """That somebody asked what is held on them: by which two steps they were known, by whom, and when they got it. No name."""

    Kind = PersonKind
    Check = Check

    kind = models.CharField(max_length=10, choices=PersonKind.choices)
    reference = models.CharField(max_length=40, help_text="P7K2QX of a volunteer, contact:12 or staff:12 of others.")
    volunteer_number = models.PositiveBigIntegerField(
        "number of the volunteer", null=True, blank=True, help_text="A reference may be changed, or given to somebody else."
    )
    asked_on = models.DateField(help_text="The day on which they asked.")
    first_check = models.CharField("first step", max_length=10, choices=Check.choices)
    second_check = models.CharField("second step", max_length=10, choices=Check.choices)
    checked_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(null=True, blank=True, help_text="When the file was made last; blank: not yet.")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    sheet = models.JSONField(
        default=dict, blank=True, help_text="Rows by table, and how many texts of others were given or left out."
    )

    objects: ClassVar[models.Manager["SubjectAccess"]] = models.Manager()

    class Meta:
        ordering = ("-checked_at", "-pk")
        verbose_name = "request for what is held"
        verbose_name_plural = "requests for what is held"
        constraints: ClassVar[Any] = (
            models.CheckConstraint(
                condition=Q(kind__in=PersonKind.values),
                name="subject_access_kind_known",
                violation_error_message="Choose of which kind the person is.",
            ),
            models.CheckConstraint(
                condition=Q(first_check__in=Check.values) & Q(second_check__in=Check.values),
                name="subject_access_checks_known",
                violation_error_message="Choose both steps from the list.",
            ),
            models.CheckConstraint(
                condition=~Q(first_check=F("second_check")),
                name="subject_access_two_steps",
                violation_error_message="Choose two different steps: one alone is not enough.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference}, asked on {long_day(self.asked_on)}"

    @property
    def answer_by(self) -> date:
        """The last day to answer: a month after they asked (UK GDPR, article 12 (3))."""
        return months_before(self.asked_on, -1)
