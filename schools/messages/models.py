"""The outbox table: its unique key, attempts and next try make sure that a message is sent once, and again on failure."""

from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from schools.messages.calendar_parts import CalendarPart
from schools.messages.envelopes import Sender
from schools.messages.links import Link

OF_SIGNING_IN = "sign-in:"
"""How the keys of codes and links begin that somebody asked for who is signing in."""

NO_LONGER_TRUE = "It was true no longer, and may have arrived before. Whoever got it is told what is true now."
"""Why a message of a kind is not tried again."""


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages, narrowed by filters that chain in any order."""

    def unsent(self) -> "OutboxMessageQuerySet":
        """Messages that were not sent yet."""
        return self.filter(sent_at=None)

    def stopped(self) -> "OutboxMessageQuerySet":
        """Unsent messages that are not tried again by themselves: refused for good, or nobody knows whether they went out."""
        return self.unsent().exclude(stopped_at=None)

    def to_look_at(self) -> "OutboxMessageQuerySet":
        """Stopped messages that a manager has to decide about.

        Mail of signing in is left out: whoever waits for it is there and asks again, and a stranger can ask for any address.
        """
        return self.stopped().filter(left_at=None).exclude(key__startswith=OF_SIGNING_IN)

    def expired(self, *, now: datetime) -> "OutboxMessageQuerySet":
        """Unsent messages that are of no use any more."""
        return self.unsent().filter(expires_at__lte=now)

    def due(self, *, now: datetime) -> "OutboxMessageQuerySet":
        """Unsent messages that are of use, were not stopped, and were never tried or whose next try is due."""
        of_use = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.unsent().filter(of_use, Q(next_try=None) | Q(next_try__lte=now), stopped_at=None)


class OutboxMessage(models.Model):
    """One e-mail to one person, stored together with the change that it reports."""

    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(
        null=True, blank=True, help_text="Until then it belongs to whoever is sending it, or waits after a failure."
    )
    last_error = models.TextField(blank=True)
    message_id = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="The Message-ID of every try, given with the first."
    )
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="Since then it is not tried again by itself.")
    left_at = models.DateTimeField(null=True, blank=True, help_text="When a manager decided to leave a stopped one unsent.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Set where the text lets somebody in: it is taken out once sent, or at this time."
    )
    kind = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Blank: a direct one, which is sent as it is written."
    )
    handed_over_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then the mail server may have it; blank: nobody can have got it."
    )
    attached_name = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Of the file that goes with it."
    )
    attached = models.TextField(blank=True, default="", db_default="", help_text="That file, a CSV.")

    link: Link | None = None
    """Where the button of its mail leads; its kind says so when it is sent, and nothing stores it."""
    senders: Sequence[Sender] = ()
    """From which coordinators its mail is; likewise."""
    calendar: tuple[CalendarPart, ...] = ()
    """What the try that is running takes along for the reader’s calendar; made anew for each try, and stored nowhere."""

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=["next_try"], name="outbox_unsent", condition=Q(sent_at=None)),)

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
