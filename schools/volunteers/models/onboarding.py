"""The tables of onboarding: invitations, the agreement and who accepted it, and the secret addresses of calendars."""

from datetime import date, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from schools.accounts.models import User
from schools.core.words import local_day
from schools.volunteers.models.people import Volunteer, VolunteerStatus


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """A selection of invitations."""

    def open(self, *, now: datetime) -> "InvitationQuerySet":
        """Invitations that can still be used.

        Left out are those of people who have left or cannot sign in, and those sent to an address that is no longer theirs.
        """
        signs_in = Q(volunteer__user__is_active=True, email=F("volunteer__user__email"))
        # An address that was corrected was somebody else's: whoever reads there must not become the volunteer.
        not_yet = Q(volunteer__user=None, email=Lower("volunteer__email"))
        standing = self.exclude(volunteer__status=VolunteerStatus.LEFT).filter(not_yet | signs_in)
        return standing.filter(used_at=None, expires_at__gt=now)

    def for_user(self, user: User, *, on: date) -> "InvitationQuerySet":
        """Invitations of the volunteers that the user may see."""
        return self.filter(volunteer__in=Volunteer.objects.for_user(user, on=on))


class Invitation(models.Model):
    """A link that signs one volunteer in once. Only a hash of its token is stored, so nobody who reads the table can use it."""

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail address", help_text="Where it was sent; whoever follows the link signs in with it.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations_sent"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-sent_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("sent_at")),
                name="invitation_expires_later",
                violation_error_message="An invitation must hold for some time after it was sent.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.volunteer}, {local_day(self.sent_at)}"


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """A selection of versions of the agreement."""

    def in_force(self, *, on: date | OuterRef) -> "AgreementQuerySet":
        """Versions that volunteers are asked to accept by the day, newest first; the first one is the one that counts."""
        return self.filter(from_day__lte=on).order_by("-version")


class Agreement(models.Model):
    """One version of what volunteers promise; a new wording is a new version, which everybody is asked to accept."""

    version = models.PositiveSmallIntegerField(unique=True, error_messages={"unique": "There is this version already."})
    from_day = models.DateField(help_text="From this day on volunteers are asked to accept it.")
    text = models.TextField(help_text="Paragraphs are set apart by an empty line.")
    names_to_schools = models.BooleanField(
        "full names to schools",
        default=False,
        db_default=False,
        help_text="Whoever accepts this version agrees that schools where they go read in a letter of assurance what their full"
        " name is, and that they are checked. Its page says so above the button.",
    )

    objects = AgreementQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("-version",)
        verbose_name = "volunteer agreement"

    def __str__(self) -> str:
        return f"Volunteer agreement, version {self.version}"


class AcceptedQuerySet(models.QuerySet["Accepted"]):
    """A selection of acceptances."""

    def for_user(self, user: User, *, on: date) -> "AcceptedQuerySet":
        """Acceptances of the volunteers that the user may see."""
        return self.filter(volunteer__in=Volunteer.objects.for_user(user, on=on))


class Accepted(models.Model):
    """One volunteer's acceptance of one version of the agreement."""

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="accepted", db_index=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="accepted")
    at = models.DateTimeField()

    objects = AcceptedQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "accepted agreement"
        constraints = (
            models.UniqueConstraint(
                fields=["volunteer", "agreement"],
                name="accepted_once",
                violation_error_message="The volunteer has accepted this version already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.volunteer}: version {self.agreement.version}"


class FeedToken(models.Model):
    """The hash of the secret in the address of a volunteer's calendar; a new secret replaces the old one."""

    volunteer = models.OneToOneField(Volunteer, on_delete=models.CASCADE, related_name="feed_token")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField()

    objects: ClassVar[models.Manager["FeedToken"]] = models.Manager()

    class Meta:
        ordering = ("volunteer",)
        verbose_name = "calendar address"
        verbose_name_plural = "calendar addresses"

    def __str__(self) -> str:
        return f"{self.volunteer}, {local_day(self.made_at)}"
