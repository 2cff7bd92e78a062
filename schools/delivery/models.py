"""Submissions of outcomes, so that an outcome that arrives twice is stored once."""

from django.conf import settings
from django.db import models

from schools.visits.models import Session


class OutcomeSubmission(models.Model):
    """One submission of the outcome form, known by a key that is sent with it, so that sending it twice stores it once.

    A phone makes a new key for each version of a report and names the versions that it replaces. Of one that was replaced before
    it arrived only the key is kept, so that it changes nothing when it arrives late.
    """

    key = models.UUIDField(unique=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="submissions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions")
    digest = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of what was said, so that a key is not used for something else; blank where it was replaced unread.",
    )
    version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The session’s version once this was stored; none where it was replaced unread."
    )
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-received_at", "-pk")

    def __str__(self) -> str:
        return f"{self.session}, {self.received_at:%Y-%m-%d %H:%M}"
