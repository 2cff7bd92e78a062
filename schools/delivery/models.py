"""Submissions of outcomes, so that an outcome that arrives twice is stored once."""

from django.conf import settings
from django.db import models

from schools.visits.models import Session


class OutcomeSubmission(models.Model):
    """One submission of the outcome form; the key is made when the form is opened and is sent with it."""

    key = models.UUIDField(unique=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="submissions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was said, so that a key is not used for something else.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-received_at", "-pk")

    def __str__(self) -> str:
        return f"{self.session}, {self.received_at:%Y-%m-%d %H:%M}"
