"""What was asked for somebody who is locked out, the record of every step, and the trustees who may agree."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from schools.accounts.identity import Check
from schools.core.words import local_day, local_moment

AGREED_WITHIN = timedelta(days=7)
"""So long a request waits for the people who have to agree; after that it has lapsed, whether somebody wrote that down or not."""
LINK_HOLDS = timedelta(days=7)
"""How long the link that lets somebody in again works, from the moment at which everything took effect."""


class Lost(models.TextChoices):
    """What somebody has lost, and so what is taken away or changed."""

    SECOND_FACTOR = "second-factor", _("The second factor: phone, passkey and recovery codes")
    ADDRESS = "address", _("The e-mail address: they read its mail no more")
    BOTH = "both", _("Both: second factor and e-mail address")


class Why(models.TextChoices):
    """Why somebody is locked out. There is no box for more: what happened to them is nobody’s business."""

    PHONE_LOST = "phone-lost", _("Their phone is lost or broken")
    PHONE_STOLEN = "phone-stolen", _("Their phone was stolen")
    PHONE_CHANGED = "phone-changed", _("They have another phone, and the app was not moved")
    ADDRESS_ENDED = "address-ended", _("Their e-mail address was closed")
    ADDRESS_TAKEN = "address-taken", _("Somebody else reads their mail")
    MISTYPED = "mistyped", _("The e-mail address was never right")


class Outcome(models.TextChoices):
    """How a request ended."""

    DONE = "done", "Took effect"
    STOPPED = "stopped", "Was stopped"
    LAPSED = "lapsed", "Lapsed: not everybody who was needed said yes in time"
    OVER = "over", "Ended by itself, because something else had changed"


class Standing(models.TextChoices):
    """How a request that has not ended stands; it follows from its moments and the time, and is stored nowhere."""

    NEEDS_YES = "needs-yes", "Waits for a yes"
    LAPSING = "lapsing", "Nobody said yes in time"
    WAITS = "waits", "Agreed, and waits"
    DUE = "due", "Takes effect now"


type HowItStands = Standing | Outcome


class Trustee(models.Model):
    """Somebody outside of the office, such as a trustee of the charity, whom a manager named so that they may agree.

    They do not sign in: they answer by links in mails. They count from some days after they said yes to being one.
    """

    name = models.CharField(max_length=150)
    email = models.EmailField("e-mail address", help_text="Mails with links to agree go there.")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()
    said_yes_at = models.DateTimeField(null=True, blank=True, help_text="Blank: they have not said yes to it yet.")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Trustee"]] = models.Manager()

    class Meta:
        ordering = ("name", "pk")
        constraints: ClassVar[Any] = (
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                name="trustee_email_lower_case",
                violation_error_message="Write the e-mail address in small letters.",
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(ended_at=None),
                name="trustee_once",
                violation_error_message="There is a trustee with this e-mail address already.",
            ),
        )

    def __str__(self) -> str:
        return self.name or f"Former trustee {self.pk}"


class RecoveryQuerySet(models.QuerySet["Recovery"]):
    """A selection of requests."""

    def open(self) -> "RecoveryQuerySet":
        """Requests of which no end is written down."""
        return self.filter(ended_at=None)

    def asking(self, *, now: datetime) -> "RecoveryQuerySet":
        """Requests … for which somebody still has to say yes."""
        return self.open().filter(takes_effect_at=None, asked_at__gt=now - AGREED_WITHIN)

    def due(self, *, now: datetime) -> "RecoveryQuerySet":
        """Requests … that take effect now, or have lapsed, and of which nobody has written that down."""
        lapsed = Q(takes_effect_at=None, asked_at__lte=now - AGREED_WITHIN)
        return self.open().filter(lapsed | Q(takes_effect_at__lte=now))


class Recovery(models.Model):
    """That somebody who is locked out is to be let in again: what they lost, why, who asked, and when it takes effect.

    Who, what and why are never changed (schools/recovery/triggers.py); every step is a row of its own.
    """

    Lost = Lost
    Why = Why
    Check = Check
    Outcome = Outcome

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="recoveries")
    lost = models.CharField(max_length=20, choices=Lost.choices)
    why = models.CharField(max_length=20, choices=Why.choices)
    first_check = models.CharField("first step", max_length=10, choices=Check.choices)
    second_check = models.CharField("second step", max_length=10, choices=Check.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Blank: whoever runs the installation asked, by the command.",
    )
    asked_at = models.DateTimeField()
    old_email = models.EmailField("old e-mail address", blank=True, default="", db_default="")
    new_email = models.EmailField("new e-mail address", blank=True, default="", db_default="")
    new_said_yes_at = models.DateTimeField(null=True, blank=True, help_text="When the new address said that it is theirs.")
    takes_effect_at = models.DateTimeField(null=True, blank=True, help_text="Blank: not everybody has said yes.")
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default="", db_default="")

    objects: ClassVar[Any] = RecoveryQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "-pk")
        verbose_name = "way back in"
        verbose_name_plural = "ways back in"
        indexes = (models.Index(fields=["user", "asked_at"], name="recovery_of_user"),)
        constraints: ClassVar[Any] = (
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(ended_at=None),
                name="recovery_open_once",
                violation_error_message="Somebody has asked for this person already. Look at that request.",
            ),
            models.CheckConstraint(
                condition=Q(lost__in=Lost.values) & Q(why__in=Why.values),
                name="recovery_reason_known",
                violation_error_message="Choose what they lost, and why, from the lists.",
            ),
            models.CheckConstraint(
                condition=Q(first_check__in=Check.values) & Q(second_check__in=Check.values) & ~Q(first_check=F("second_check")),
                name="recovery_two_steps",
                violation_error_message="Choose two different steps by which they were known.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | (Q(ended_at__isnull=False) & Q(outcome__in=Outcome.values)),
                name="recovery_outcome_with_end",
                violation_error_message="A request that has ended says how.",
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=F("user")),
                name="recovery_not_for_oneself",
                violation_error_message="Nobody asks for themselves. Let another manager do it.",
            ),
        )

    def __str__(self) -> str:
        return f"Way back in for {self.user}, asked {local_day(self.asked_at)}"

    @property
    def takes_factor(self) -> bool:
        """Whether second factors and recovery codes are taken away."""
        return self.lost in {Lost.SECOND_FACTOR, Lost.BOTH}

    @property
    def changes_address(self) -> bool:
        """Whether the person signs in with another address afterwards."""
        return self.lost in {Lost.ADDRESS, Lost.BOTH}

    @property
    def needs(self) -> int:
        """How many people have to agree besides who asked: two where nobody of the office asked."""
        return 1 if self.asked_by_id is not None else 2

    def standing(self, now: datetime) -> HowItStands:
        """Return how the request stands at that moment, whoever has looked at it before."""
        if self.ended_at is not None:
            return Outcome(self.outcome)
        if self.takes_effect_at is not None:
            return Standing.WAITS if now < self.takes_effect_at else Standing.DUE
        return Standing.NEEDS_YES if now < self.asked_at + AGREED_WITHIN else Standing.LAPSING


class StepKind(models.TextChoices):
    """What happened to a request."""

    ASKED = "asked", "Asked"
    AGREED = "agreed", "Agreed"
    NEW_ADDRESS = "new-address", "The new address said yes"
    STOPPED = "stopped", "Stopped"
    LAPSED = "lapsed", "Lapsed"
    OVER = "over", "Ended by itself"
    DONE = "done", "Took effect"
    CAME_IN = "came-in", "Came in by the link"


class StepHow(models.TextChoices):
    """By which way somebody did a step, or why a request ended by itself; a closed list, so that no record tells stories."""

    OFFICE = "office", "in the office"
    COMMAND = "command", "by the command"
    LINK = "link", "by the link in a mail"
    OWN_PAGE = "own-page", "signed in, on their own page"
    TIME = "time", "because its time had come"
    SWITCHED_OFF = "switched-off", "because they may not sign in any more"
    ADDRESS_CHANGED = "address-changed", "because they had changed their address themselves"
    ADDRESS_IN_USE = "address-in-use", "because somebody else signs in with the new address by now"
    CAME_BACK = "came-back", "because mail to their address comes back, so they could not have stopped it"
    NOT_TWO = "not-two", "because somebody who asked or agreed may do so no longer"


class RecoveryStep(models.Model):
    """One step of a request: what, when, who and how. Never changed; triggers of the database refuse it."""

    Kind = StepKind
    How = StepHow

    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=StepKind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    trustee = models.ForeignKey(Trustee, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    how = models.CharField(max_length=20, choices=StepHow.choices)

    objects: ClassVar[models.Manager["RecoveryStep"]] = models.Manager()

    class Meta:
        ordering = ("at", "pk")
        verbose_name = "step of a way back in"
        verbose_name_plural = "steps of ways back in"
        constraints: ClassVar[Any] = (
            models.CheckConstraint(
                condition=Q(kind__in=StepKind.values) & Q(how__in=StepHow.values),
                name="recovery_step_known",
                violation_error_message="Choose the step, and how it was done, from the lists.",
            ),
            models.CheckConstraint(
                condition=Q(by=None) | Q(trustee=None),
                name="recovery_step_by_one",
                violation_error_message="A step is done by somebody who signs in or by a trustee, never by both.",
            ),
            models.UniqueConstraint(
                fields=["recovery", "kind"],
                condition=~Q(kind="agreed"),
                name="recovery_step_once",
                violation_error_message="This step was done already.",
            ),
            models.UniqueConstraint(
                fields=["recovery", "by"],
                condition=Q(kind="agreed"),
                name="recovery_agreed_once",
                violation_error_message="They have agreed already.",
            ),
            models.UniqueConstraint(
                fields=["recovery", "trustee"],
                condition=Q(kind="agreed"),
                name="recovery_trustee_agreed_once",
                violation_error_message="This trustee has agreed already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {local_moment(self.at)}"

    @property
    def actor(self) -> str:
        """Who did it, as a page says it; blank where it was nobody of whom we know."""
        return str(self.by or self.trustee or "")
