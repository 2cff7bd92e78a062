"""The outbox table: its unique key, attempts and next try make sure that a message is sent once, and again on failure.

Beside it: the addresses to which no mail goes any more, and how fast mail may go.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from simple_history.models import HistoricalRecords

from schools.messages.calendar_parts import CalendarPart
from schools.messages.envelopes import Sender, Source
from schools.messages.hashed import hashes_of, is_hash, plain
from schools.messages.links import Link

type KeepSaid = Callable[[], None]
"""Keeps what a try says."""

OF_SIGNING_IN = "sign-in:"
"""How the keys of codes and links begin that somebody asked for who is signing in, and of notices about their sign-in."""
TO_STRANGERS = "no-sign-in:"
"""How the keys begin of mails that say that nobody signs in with the address: whoever typed it may be anybody."""

NO_LONGER_TRUE = "It was true no longer, and may have arrived before. Whoever got it is told what is true now."
"""Why a message of a kind is not tried again."""


class Channel(models.TextChoices):
    """By which way a message goes."""

    MAIL = "mail", "By mail"
    SMS = "sms", "By SMS"


CAME_BACK = "It came back: "
"""How the reason begins of a message that the provider took and that came back later."""


class SuppressedAddressQuerySet(models.QuerySet["SuppressedAddress"]):
    """Addresses, narrowed by filters that chain in any order."""

    def active(self) -> Self:
        """Addresses to which no mail goes now."""
        return self.filter(lifted_at=None)

    def of(self, *addresses: str) -> Self:
        """The rows of the addresses, however they are written; of who was erased it is the hash that stands there."""
        return self.filter(address__in=[known for each in addresses for known in (plain(each), *hashes_of(each))])

    def coming_back(self) -> Self:
        """Addresses from which mail comes back now, whether or not their readers wanted none before."""
        reason = SuppressedAddress.Reason.BOUNCE
        return self.active().filter(Q(reason=reason) | Q(words__startswith=CAME_BACK))

    def by_address(self, addresses: Iterable[str]) -> "dict[str, SuppressedAddress]":
        """Each of the addresses, in small letters, that has a row here, with the row; one query."""
        known = {name: plain(each) for each in addresses for name in (plain(each), *hashes_of(each))}
        return {known[row.address]: row for row in self.filter(address__in=list(known))}


class SuppressedAddress(models.Model):
    """An address to which no mail goes: mail to it came back, or its reader complained, until somebody lifts that.

    Of who was erased and wanted nothing more sent, a keyed hash stands in place of the address (`schools.messages.hashed`).
    """

    class Reason(models.TextChoices):
        """Why no mail goes there."""

        BOUNCE = "bounce", "Mail to it came back"
        COMPLAINT = "complaint", "Its reader reported our mail as unwanted"
        NUMBER = "number", "SMS to it cannot arrive"
        STOP = "stop", "Its reader wants no more SMS"
        OBJECTION = "objection", "Its reader objected to our having it"

    address = models.CharField(max_length=254, unique=True, help_text="An e-mail address, or a phone number to which SMS went.")
    reason = models.CharField(max_length=9, choices=Reason.choices)
    since = models.DateTimeField()
    words = models.TextField(
        "what the mail server said", blank=True, default="", db_default="", help_text="Other addresses are taken out of it."
    )
    lifted_at = models.DateTimeField(null=True, blank=True, help_text="Since then mail goes there again.")
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    lifted_why = models.TextField("why it was lifted", blank=True, default="", db_default="")

    objects = SuppressedAddressQuerySet.as_manager()

    class Meta:
        ordering = ("since", "pk")
        verbose_name = "address that cannot be reached"
        verbose_name_plural = "addresses that cannot be reached"
        constraints = (
            models.CheckConstraint(
                condition=Q(reason__in=["bounce", "complaint", "number", "stop", "objection"]),
                name="suppressed_address_reason",
                violation_error_message="Choose why no mail goes to the address.",
            ),
            models.CheckConstraint(
                condition=Q(address=Lower("address")),
                name="suppressed_address_lower_case",
                violation_error_message="Write the e-mail address in small letters.",
            ),
        )

    def __str__(self) -> str:
        return f"Somebody who was erased ({self.pk})" if is_hash(self.address) else self.address


class MailPace(models.Model):
    """How fast messages go: a row for mail and a row for SMS, for all processes and machines; each sender locks its row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    recent = models.JSONField(
        default=list, blank=True, help_text="The moments at which one left: of the last minute for mail, of this day for SMS."
    )
    paused_until = models.DateTimeField(
        null=True, blank=True, help_text="The mail server, or who takes our SMS, asked us to wait until then."
    )

    class Meta:
        verbose_name = "pace of mail"
        verbose_name_plural = "paces of mail"
        constraints = (
            models.CheckConstraint(
                condition=Q(id__in=[1, 2]),
                name="mail_pace_rows",
                violation_error_message="There is a row for mail and one for SMS.",
            ),
        )

    def __str__(self) -> str:
        return "How fast mail goes" if self.pk == 1 else "How fast SMS go"


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages, narrowed by filters that chain in any order."""

    def mails(self) -> "OutboxMessageQuerySet":
        """Mails: an SMS stands beside its mail wherever messages are listed."""
        return self.filter(channel=Channel.MAIL)

    def unsent(self) -> "OutboxMessageQuerySet":
        """Messages that were not sent yet."""
        return self.filter(sent_at=None)

    def unbegun(self) -> "OutboxMessageQuerySet":
        """Unsent messages that nobody has begun to send."""
        return self.unsent().filter(attempts=0, handed_over_at=None, stopped_at=None)

    def stopped(self) -> "OutboxMessageQuerySet":
        """Unsent messages that are not tried again by themselves: refused for good, or nobody knows whether they went out."""
        return self.unsent().exclude(stopped_at=None)

    def taken_back(self) -> "OutboxMessageQuerySet":
        """Messages that held no longer when somebody may have got them already, or the SMS beside them."""
        return self.stopped().filter(last_error=NO_LONGER_TRUE)

    def undecided(self) -> "OutboxMessageQuerySet":
        """Stopped messages about which nobody has decided yet.

        Mail of signing in is left out: whoever waits for it is there and asks again, and a stranger can ask for any address.
        """
        by_anybody = Q(key__startswith=OF_SIGNING_IN) | Q(key__startswith=TO_STRANGERS)
        return self.stopped().filter(left_at=None).exclude(by_anybody)

    def to_look_at(self) -> "OutboxMessageQuerySet":
        """Stopped messages that a manager has to decide about one by one.

        Where the address is at fault, the messages of kinds are left out: they follow what somebody decides about the address.
        """
        one_by_one = Q(kind="") | Q(stopped_by=None) | Q(stopped_by__lifted_at__isnull=False)
        return self.undecided().filter(one_by_one)

    def expired(self, *, now: datetime) -> "OutboxMessageQuerySet":
        """Unsent messages that are of no use any more."""
        return self.unsent().filter(expires_at__lte=now)

    def of_use(self, *, now: datetime) -> "OutboxMessageQuerySet":
        """Messages that let nobody in, or whose link has not ended."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now))

    def due(self, *, now: datetime) -> "OutboxMessageQuerySet":
        """Unsent messages that are of use, were not stopped, and were never tried or whose next try is due."""
        return self.unsent().of_use(now=now).filter(Q(next_try=None) | Q(next_try__lte=now), stopped_at=None)


class OutboxMessage(models.Model):
    """One e-mail to one person, stored together with the change that it reports; or the SMS that goes beside such a mail."""

    key = models.CharField(max_length=200, unique=True)
    to = models.CharField(max_length=254, help_text="An e-mail address; of an SMS the phone number.")
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
    # Not indexed: messages are looked up by it when an address is lifted or erased, which is seldom.
    stopped_by = models.ForeignKey(
        SuppressedAddress,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        db_index=False,
        help_text="The address at fault; blank: it was stopped for another reason.",
    )
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
    handed_over_before = models.DateTimeField(
        null=True, blank=True, help_text="The same of the tries before the last: blank, where none of them can have brought it."
    )
    attached_name = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="Of the file that goes with it."
    )
    attached = models.TextField(blank=True, default="", db_default="", help_text="That file, a CSV.")
    channel = models.CharField(max_length=4, choices=Channel.choices, default=Channel.MAIL, db_default=Channel.MAIL)
    beside = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="sms", help_text="Of an SMS: the mail beside which it goes."
    )
    arrived_at = models.DateTimeField(null=True, blank=True, help_text="When the phone had an SMS, as its provider reports.")
    signed_by = models.JSONField(
        null=True,
        blank=True,
        help_text="From whom its reader read that it was: pairs of a coordinator and for whom they stood in, by their ids. "
        "Blank: it is not sent, came back at once, or went before this was kept.",
    )

    link: Link | None = None
    """Where the button of its mail leads; its kind says so when it is sent, and nothing stores it."""
    senders: Sequence[Sender] = ()
    """From which coordinators its mail is; likewise."""
    source: Source | None = None
    """From where its address is, where the try that is running is the first to say so."""
    calendar: tuple[CalendarPart, ...] = ()
    """What the try that is running takes along for the reader’s calendar; made anew for each try, and stored nowhere."""
    keep_said: KeepSaid | None = None
    """Keeps what the try that is running says once the mail server gets it, where an earlier one may have arrived; likewise."""
    is_handed_over: bool = False
    """Whether the mail server has got the text in the try that is running; likewise."""

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "message"
        indexes = (
            models.Index(fields=["next_try"], name="outbox_unsent", condition=Q(sent_at=None)),
            # Whether anything went out lately is asked again and again, most of all when nothing does.
            models.Index(fields=["sent_at"], name="outbox_sent"),
            # The log shows the newest first.
            models.Index(fields=["created_at", "id"], name="outbox_by_age"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(channel="mail", beside=None) | Q(channel="sms", beside__isnull=False),
                name="outbox_sms_beside_mail",
                violation_error_message="An SMS goes beside a mail, and a mail beside nothing.",
            ),
        )

    def __str__(self) -> str:
        # Without the subject, which may say when a clearance ends; that is its owner's to read (rule 13).
        return f"{self.kind or 'message'} to {self.to}"

    @property
    def is_sms(self) -> bool:
        """Whether it goes to a phone, beside the mail with the same news."""
        return self.channel == Channel.SMS


class EditedText(models.Model):
    """A text of messages in the charity’s own words, in one language, in place of the one that is built in."""

    key = models.CharField(max_length=80, help_text="Which text it is (schools/messages/texts.py).")
    language = models.CharField(max_length=10)
    text = models.TextField(max_length=2000, help_text="With its placeholders in braces, such as {where}.")

    history = HistoricalRecords()

    class Meta:
        ordering = ("key", "language")
        constraints = (
            models.UniqueConstraint(
                fields=["key", "language"],
                name="edited_text_once",
                violation_error_message="This text is edited in this language already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} ({self.language})"
