"""The forms of stock that were sent, so that a form that is sent twice is written once (rule 18)."""

from django.conf import settings
from django.db import models

from schools.core.words import local_moment


class StockSubmission(models.Model):
    """A sent form about stock; the key is made when the form is opened and comes back with it."""

    key = models.UUIDField(unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="stock_submissions")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was said, so that a key is not used for something else.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-received_at", "-pk")

    def __str__(self) -> str:
        return f"{self.by}, {local_moment(self.received_at)}"
