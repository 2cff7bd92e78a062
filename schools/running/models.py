"""What is known of the processes that run, and of the periodic jobs: one row for each."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

SILENCE = timedelta(minutes=1)
"""After so long without a sign of life, a process counts as dead."""


class PeriodicJobQuerySet(models.QuerySet["PeriodicJob"]):
    """Periodic jobs, narrowed by filters that chain in any order."""

    def free(self) -> "PeriodicJobQuerySet":
        """Jobs that nobody runs now."""
        return self.filter(taken_by="")

    def due(self, *, now: datetime) -> "PeriodicJobQuerySet":
        """Jobs that nobody runs and whose time has come."""
        return self.free().filter(due_at__lte=now)

    def silent(self, *, now: datetime) -> "PeriodicJobQuerySet":
        """Jobs whose clock has died. A sign of life from the future is one from before the machine's time was set back."""
        return self.exclude(taken_by="").exclude(seen_at__range=(now - SILENCE, now + SILENCE))

    def in_trouble(self) -> "PeriodicJobQuerySet":
        """Jobs of which the last run did not end well."""
        return self.filter(failures__gt=0)


class PeriodicJob(models.Model):
    """One kind of work that the clock does again and again: when it is due, who does it, and how the last run ended."""

    name = models.CharField(max_length=50, unique=True)
    due_at = models.DateTimeField()
    taken_by = models.CharField(max_length=100, blank=True, db_default="", default="", help_text="The clock that runs it now.")
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text="The last sign of life of the clock that runs it.")
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True, db_default="", default="", help_text="What the last run did, or why it failed.")
    failures = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How many runs in a row did not end well, the killed ones too."
    )
    well_at = models.DateTimeField(null=True, blank=True, help_text="When a run last ended well.")

    objects = PeriodicJobQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(taken_by="") | Q(started_at__isnull=False, seen_at__isnull=False),
                name="periodic_job_taken_is_seen",
                violation_error_message="A job that somebody runs says since when, and when they were last seen.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class SignOfLifeQuerySet(models.QuerySet["SignOfLife"]):
    """Signs of life, narrowed by filters that chain in any order."""

    def fresh(self, *, now: datetime) -> "SignOfLifeQuerySet":
        """Signs of life of processes that live."""
        return self.filter(seen_at__range=(now - SILENCE, now + SILENCE))


class SignOfLife(models.Model):
    """A process that works in the background and says again and again that it lives."""

    name = models.CharField(max_length=100, unique=True, help_text="Of this life of the process; the next one has another.")
    process = models.CharField(max_length=20, help_text="mail, heavy or clock.")
    machine = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    objects = SignOfLifeQuerySet.as_manager()

    class Meta:
        ordering = ("process", "started_at")
        verbose_name_plural = "signs of life"

    def __str__(self) -> str:
        return f"{self.process} on {self.machine}"
