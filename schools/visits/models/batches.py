"""Batches: what was changed in one go, kept so that it can be undone once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.accounts.models import User
from schools.visits.models.visits import Visit

HELD_FOR = timedelta(seconds=60)
"""How long what people are told of a batch is kept back, so that an undo in time is heard of by nobody.

Long enough to read the page that follows and to see that it was the wrong day, short enough that even somebody on their way to a
session of this hour loses a minute and no more. It is no setting: a charity has no reason to want another number.
"""

CLOCKS_APART = timedelta(seconds=5)
"""So much longer it is kept than the page says: the clock of whoever sends may be a little ahead of the one of the page."""


class BatchKind(models.TextChoices):
    """What was done to many rows, or to one visit, at once."""

    CONFIRM = "confirm", "Confirmed"
    CANCEL = "cancel", "Cancelled"
    MOVE = "move", "Moved"
    REASSIGN = "reassign", "Given to another coordinator"
    HAND_OVER = "hand_over", "Area handed over"
    CHASE = "chase", "Asked how it went"
    ASK = "ask", "Asked several people to come"
    LEAVE = "leave", "Membership ended"
    CALL = "call", "Called"
    DROP_OUT = "drop_out", "Somebody dropped out or was taken off"
    ASSIGN = "assign", "Put on sessions"
    DATES = "dates", "Dates offered"
    STEP = "step", "A volunteer’s step"
    TELL = "tell", "Ticked that people know"
    BOOK = "book", "Booked"
    ADD = "add", "Sessions added"
    GUESTS = "guests", "Guest school added, changed or taken off"
    ANSWER = "answer", "Answer written down"
    REQUEST = "request", "Request of a school seen to"
    INVITE = "invite", "Invited to sign in"
    CHANGE = "change", "Details changed"


class BatchQuerySet(models.QuerySet["Batch"]):
    """A selection of batches."""

    def for_user(self, user: User, *, on: date) -> "BatchQuerySet":
        """Batches that the user may see: managers see all, others what they did, and what their schools cancelled or chose.

        By a choice of dates a visit is booked or moved in the name of whoever offered them, who may be a colleague.
        """
        if user.is_manager:
            return self.all()
        theirs = Visit.objects.for_user(user, on=on).order_by().values("pk")
        # A list by itself, found through their visits: as one more condition of the join every date ever offered is read.
        chosen = Batch.objects.filter(chosen_date__visit__in=theirs).order_by().values("pk")
        return self.filter(Q(by=user) | Q(by=None, school_change__visit__in=theirs) | Q(pk__in=chosen))


class Batch(models.Model):
    """A change that can be undone: each row that it touched, with its values before and after.

    `changes` is a list of {"table", "pk", "before": {field: value}, "after": {field: value}}, with values as JSON writes them.
    A row that the batch created has no `before`, one that it deleted an empty `after`. The conversation of a call has `typed`
    too, with whom and what was typed, so that an undo gives it back to whoever typed it; a session that was booked has
    `pupils`, who was expected in it; a request may have `shared`, who is at its school, too, since its person was put there; a
    visit whose details were changed has `reader_knew` where whoever read for its host before need not be told anew.
    Undoing restores the rows that are still as the batch left them; `left_alone` lists in sentences what was not restored.

    What people are told of it waits until `held_until` (schools.visits.actions.undoable): whatever is written meanwhile about one
    of its `visits` waits too. `messages` are the ids of those that the act itself has written. All three are blank where nobody
    is told anything by what was done.
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
    held_until = models.DateTimeField(null=True, blank=True, help_text="Until then nobody is told anything about its visits.")
    visits = models.JSONField(null=True, blank=True, help_text="The ids of the visits that it is about.")
    messages = models.JSONField(null=True, blank=True, help_text="The ids of the messages that it wrote.")

    asks: Sequence[tuple[Any, Any]] = ()
    """Kinds and drafts that the act wants written besides what the kinds find due; they are not stored here."""

    left_out: Sequence[str] = ()
    """What the act was asked to change and left as it was, in sentences; they are not stored here."""

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
        indexes = (models.Index(fields=["held_until"], name="batch_held", condition=Q(held_until__isnull=False)),)

    def __str__(self) -> str:
        return self.words

    @property
    def undo_until(self) -> datetime | None:
        """Until when an undo is heard of by nobody, as the page says; None: nothing was kept back."""
        return self.held_until - CLOCKS_APART if self.held_until else None
