"""The outbox table: its unique key, attempts and next try are what makes sending exactly once, and again on failure."""

from django.db import models
from django.utils import timezone


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages …"""

    def unsent(self) -> "OutboxMessageQuerySet":
        """Messages that nobody received yet."""
        return self.filter(sent_at=None)


class OutboxMessage(models.Model):
    """One e-mail to one person, stored together with the change that it tells of."""

    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=["next_try"], name="outbox_unsent", condition=models.Q(sent_at=None)),)

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
