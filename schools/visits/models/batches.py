"""Batches: what was changed in one go, kept so that it can be undone once."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.accounts.models import User


class BatchKind(models.TextChoices):
    """What was done to many rows, or to one visit, at once."""

    CONFIRM = "confirm", "Confirmed"
    CANCEL = "cancel", "Cancelled"
    MOVE = "move", "Moved"
    REASSIGN = "reassign", "Given to another coordinator"
    HAND_OVER = "hand_over", "Area handed over"


class BatchQuerySet(models.QuerySet["Batch"]):
    """A selection of batches."""

    def for_user(self, user: User, *, on: date) -> "BatchQuerySet":
        """Batches that the user may see: managers see all, others what they did themselves."""
        return self.all() if user.is_manager else self.filter(by=user)


class Batch(models.Model):
    """A change that can be undone: each row that it touched, with its values before and after.

    `changes` is a list of {"table", "pk", "before": {field: value}, "after": {field: value}}, with values as JSON writes them.
    A row that the batch created has no `before`. Undoing restores the rows that are still as the batch left them; `left_alone`
    lists in sentences what was not restored.
    """

    Kind = BatchKind

    kind = models.CharField(max_length=10, choices=BatchKind.choices)
    words = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="batches")
    made_at = models.DateTimeField()
    changes = models.JSONField(default=list, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    left_alone = models.JSONField(default=list, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        verbose_name_plural = "batches"
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=BatchKind.values),
                name="batch_kind_known",
                violation_error_message="Choose one of the kinds.",
            ),
        )

    def __str__(self) -> str:
        return self.words
