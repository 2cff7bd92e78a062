"""The outbox table: its unique key, attempts and next try make sure that a message is sent once, and again on failure."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages, narrowed by filters that chain in any order."""

    def unsent(self) -> "OutboxMessageQuerySet":
        """Messages that were not sent yet."""
        return self.filter(sent_at=None)

    def expired(self, *, now: datetime) -> "OutboxMessageQuerySet":
        """Unsent messages that are of no use any more."""
        return self.unsent().filter(expires_at__lte=now)

    def due(self, *, now: datetime) -> "OutboxMessageQuerySet":
        """Unsent messages that have not expired and were never tried, or whose next try is due."""
        of_use = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.unsent().filter(of_use, Q(next_try=None) | Q(next_try__lte=now))


class OutboxMessage(models.Model):
    """One e-mail to one person, stored together with the change that it reports."""

    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Set where the text lets somebody in: it is taken out once sent, or at this time."
    )
    attached_name = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Of the file that goes with it."
    )
    attached = models.TextField(blank=True, default="", db_default="", help_text="That file, a CSV.")

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=["next_try"], name="outbox_unsent", condition=Q(sent_at=None)),)

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
