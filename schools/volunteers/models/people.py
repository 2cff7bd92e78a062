"""Volunteers, and everything that decides whether they may cover a session."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords

from schools.accounts.models import User
from schools.core.nations import Language, Scheme
from schools.core.search_words import words_of_row
from schools.core.searchable import Searchable, SearchableQuerySet
from schools.directory.models import Area
from schools.directory.models.areas import Patch
from schools.programme.models import SessionType


class VolunteerStatus(models.TextChoices):
    """How far somebody has come; only active people are offered sessions."""

    ENQUIRER = "enquirer", "Enquirer"
    APPLICANT = "applicant", "Applicant"
    IN_TRAINING = "in_training", "In training"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    LEFT = "left", "Left"


class Precision(models.TextChoices):
    """How well the place of a home is known."""

    EXACT = "exact", "Exact: the postcode"
    SECTOR = "sector", "About: the middle of the schools in its postcode sector"
    DISTRICT = "district", "Roughly: the middle of the schools in its postcode district"


def default_languages() -> list[str]:
    """Return the languages of a new volunteer: English."""
    return [Language.ENGLISH.value]


ERASED = "Former volunteer"
"""What somebody who was erased is called, before their reference."""


class VolunteerQuerySet(SearchableQuerySet["Volunteer"]):
    """A selection of volunteers."""

    def active(self) -> "VolunteerQuerySet":
        """Volunteers who are offered sessions."""
        return self.filter(status=VolunteerStatus.ACTIVE)

    def in_areas(self, areas: models.QuerySet[Area]) -> "VolunteerQuerySet":
        """Volunteers who help in one of the areas."""
        return self.filter(Exists(Volunteer.areas.through.objects.filter(volunteer=OuterRef("pk"), area__in=areas)))

    def most_likely_first(self, text: str, user: User, *, on: date) -> "VolunteerQuerySet":
        """Volunteers in the order in which the user probably means them by the text.

        Whole names come first, then names that begin so; among equals those of the user's own areas, and who has left last.
        """
        own = Volunteer.areas.through.objects.filter(volunteer=OuterRef("pk"), area__in=Patch.of(user, on=on).areas)
        left = Q(status=VolunteerStatus.LEFT)
        return self.best_first(text, Case(When(Exists(own), then=0), default=1), Case(When(left, then=1), default=0))

    def erased(self) -> "VolunteerQuerySet":
        """Volunteers of whom nothing but the reference is left."""
        return self.filter(name=Concat(Value(f"{ERASED} "), "reference"))

    def for_user(self, user: User, *, on: date) -> "VolunteerQuerySet":
        """Volunteers that the user may see: managers see all, coordinators those of their areas, others none."""
        if user.is_manager:
            return self.all()
        return self.in_areas(Area.objects.coordinated_by(user, on=on)) if user.is_coordinator else self.none()


class Volunteer(Searchable):
    """A person who goes to schools; paid staff are volunteers with `staff`. Some have no account and do not sign in."""

    Status = VolunteerStatus
    Precision = Precision

    name = models.CharField(max_length=150)
    reference = models.CharField(max_length=20, unique=True, error_messages={"unique": "Another volunteer has this reference."})
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="volunteer",
        help_text="Blank for people without an address of their own.",
    )
    email = models.EmailField(
        "e-mail address",
        blank=True,
        default="",
        db_default="",
        help_text="Where an invitation goes. Once they sign in, their sign-in’s address counts and this one is blank.",
    )
    staff = models.BooleanField("paid staff", default=False, help_text="One paid member of staff covers a session alone.")
    areas = models.ManyToManyField(Area, related_name="volunteers", blank=True)
    phone = PhoneNumberField(blank=True)
    share_phone = models.BooleanField("share phone with partners", default=False)
    mornings_by_mail = models.BooleanField(
        "mornings by mail",
        default=True,
        db_default=True,
        help_text="Once a week they are mailed which mornings near them are open.",
    )
    emergency_contact = models.CharField(max_length=200, blank=True)
    home_postcode = models.CharField(max_length=8, blank=True)
    easting = models.PositiveIntegerField(null=True, blank=True)
    northing = models.PositiveIntegerField(null=True, blank=True)
    place_precision = models.CharField(
        max_length=8,
        choices=Precision.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="How the place was found from the postcode; blank: it was not.",
    )
    furthest_km = models.PositiveSmallIntegerField(null=True, blank=True, help_text="In a straight line; blank: anywhere.")
    languages = models.JSONField(default=default_languages, blank=True)
    status = models.CharField(max_length=12, choices=VolunteerStatus.choices, default=VolunteerStatus.ENQUIRER)
    joined = models.DateField(null=True, blank=True)
    left = models.DateField(null=True, blank=True)
    entered_at = models.DateTimeField(
        default=timezone.now, null=True, blank=True, editable=False, help_text="Since when they are in the list; blank: unknown."
    )

    asked_agreement: int | None
    """The id of an agreement that they still have to accept, None for none; set by volunteers.queries.with_agreement."""

    SEARCHED = ("name", "reference", "home_postcode", "email", "phone")

    objects = VolunteerQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=VolunteerStatus.values),
                name="volunteer_status_known",
                violation_error_message="Choose one of the statuses.",
            ),
            models.CheckConstraint(
                condition=Q(place_precision="")
                | Q(place_precision__in=Precision.values, easting__isnull=False, northing__isnull=False),
                name="volunteer_place_precision_of_a_place",
                violation_error_message="A place that is not known has no precision.",
            ),
            models.CheckConstraint(
                condition=Q(joined=None) | Q(left=None) | Q(left__gte=F("joined")),
                name="volunteer_days_in_order",
                violation_error_message="Nobody leaves before they joined.",
            ),
            # Session files name people as reference:role:state, separated by “;”. A name with an “@” is an e-mail address.
            models.CheckConstraint(
                condition=~Q(reference="")
                & ~Q(reference__contains=":")
                & ~Q(reference__contains=";")
                & ~Q(reference__contains="@"),
                name="volunteer_reference_plain",
                violation_error_message="Give a reference without colon, semicolon and @.",
            ),
            models.UniqueConstraint(
                Lower("reference"),
                name="volunteer_reference_once",
                violation_error_message="Another volunteer has this reference, but for capital letters.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def words_to_search(self) -> str:
        """Return the words of name, reference, postcode, phone and the address kept before there is a sign-in."""
        return words_of_row(
            self.name,
            others=[self.reference, self.email],
            numbers=[self.reference],
            postcode=self.home_postcode,
            phone=str(self.phone.as_e164) if self.phone else "",
        )

    @property
    def first_name(self) -> str:
        """The first word of the name, which is all that partners read; the reference where the name is blank.

        Of somebody who was erased it is all that stands in place of the name.
        """
        words = [self.name] if self.is_erased else self.name.split()
        return words[0] if words else self.reference

    @property
    def is_erased(self) -> bool:
        """Whether who they were was erased, so that nothing but the reference is left."""
        return self.name == f"{ERASED} {self.reference}"

    @property
    def mail_address(self) -> str:
        """The address that they sign in with, else the one that is kept until then; "" where we have none."""
        return self.user.email if self.user else self.email

    @property
    def place(self) -> tuple[int | None, int | None]:
        """The easting and northing of the home, in metres; None where unknown."""
        return self.easting, self.northing


class Decision(models.TextChoices):
    """What was decided about a clearance; PENDING means that it was only applied for."""

    PENDING = "pending", "Applied for"
    CLEAR = "clear", "Clear"
    NOT_CLEAR = "not_clear", "Not clear"


class ClearanceQuerySet(models.QuerySet["Clearance"]):
    """A selection of clearances."""

    def clear_on(self, day: date | F | OuterRef, scheme: str | OuterRef | models.Expression) -> "ClearanceQuerySet":
        """Clearances that let somebody work with children on the day under the scheme (rule 6)."""
        return self.holding_on(day).filter(scheme=scheme)

    def holding_on(self, day: date | F | OuterRef) -> "ClearanceQuerySet":
        """Clearances that let somebody work with children on the day, each under its own scheme."""
        return self.filter(
            Q(withdrawn_on=None) | Q(withdrawn_on__gt=day),
            decision=Decision.CLEAR,
            issued__lte=day,
            recheck_on__gt=day,
        )

    def for_user(self, user: User, *, on: date) -> "ClearanceQuerySet":
        """Clearances that the user may see: managers see all, coordinators those of their areas' volunteers, others none."""
        return self.filter(volunteer__in=Volunteer.objects.for_user(user, on=on))


class Clearance(models.Model):
    """The decision whether somebody may work with children; never the content of a certificate."""

    Decision = Decision

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="clearances")
    scheme = models.CharField(max_length=10, choices=Scheme.choices)
    level = models.CharField(max_length=60, blank=True, help_text="Such as enhanced with barred list.")
    reference = models.CharField(max_length=40, blank=True, help_text="The certificate's number, nothing of its content.")
    applied_on = models.DateField(null=True, blank=True)
    issued = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.PENDING)
    decided_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="clearances_decided"
    )
    recheck_on = models.DateField(null=True, blank=True, help_text="From this day on it no longer holds.")
    withdrawn_on = models.DateField(null=True, blank=True)

    objects = ClearanceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("volunteer", "-issued", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(scheme__in=Scheme.values) & Q(decision__in=Decision.values),
                name="clearance_choices_known",
                violation_error_message="Choose the scheme and the decision from the lists.",
            ),
            models.CheckConstraint(
                condition=~Q(decision=Decision.CLEAR)
                | Q(issued__isnull=False, decided_on__isnull=False, recheck_on__isnull=False),
                name="clearance_clear_has_days",
                violation_error_message="A clear decision needs the days of issue, of the decision and of the recheck.",
            ),
            models.CheckConstraint(
                condition=Q(issued=None) | Q(recheck_on=None) | Q(recheck_on__gt=F("issued")),
                name="clearance_recheck_after_issue",
                violation_error_message="The recheck must be after the day of issue.",
            ),
        )

    def __str__(self) -> str:
        # Without the decision: a row's name stands in logs and titles, where nobody writes down who looked (rule 13).
        return f"{self.get_scheme_display()} of {self.volunteer}"


class Stage(models.TextChoices):
    """How far a volunteer has come with a session type."""

    TRAINED = "trained", "Trained"
    OBSERVED = "observed", "Observed"
    SIGNED_OFF = "signed_off", "Signed off"


class SignOffQuerySet(models.QuerySet["SignOff"]):
    """A selection of sign-offs."""

    def holding_on(self, day: date) -> "SignOffQuerySet":
        """Complete sign-offs that let somebody lead or present on the day, each for its own session type (rule 6)."""
        return self.filter(Q(recheck_on=None) | Q(recheck_on__gt=day), stage=Stage.SIGNED_OFF, day__lte=day)

    def with_nations(self) -> "SignOffQuerySet":
        """Sign-offs with `nations` added: the nations of the volunteer's areas, in whose words `name` is written."""
        person = Volunteer.objects.filter(pk=OuterRef("volunteer")).order_by().values("pk")
        joined = person.annotate(joined=models.StringAgg("areas__region__nation", delimiter=models.Value(" ")))
        # Passed as a mapping, because SignOff declares the attribute itself, for the code that reads it.
        added = {"nations": models.Subquery(joined.values("joined"))}
        return self.annotate(**added)


class SignOff(models.Model):
    """One stage that a volunteer has reached for a session type: trained, observed or signed off."""

    Stage = Stage

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="sign_offs", db_index=False)
    session_type = models.ForeignKey(SessionType, on_delete=models.PROTECT, related_name="sign_offs")
    stage = models.CharField(max_length=12, choices=Stage.choices)
    day = models.DateField()
    recheck_on = models.DateField(
        null=True, blank=True, help_text="From this day on it no longer holds, as where training is refreshed; blank: it stays."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="sign_offs_given"
    )

    objects = SignOffQuerySet.as_manager()

    nations: str | None
    """The nations of the volunteer's areas, separated by spaces, None without areas; set by SignOffQuerySet.with_nations."""

    class Meta:
        ordering = ("volunteer", "session_type", "day")
        verbose_name = "sign-off"
        constraints = (
            models.UniqueConstraint(
                fields=["volunteer", "session_type", "stage"],
                name="sign_off_once",
                violation_error_message="This volunteer has this sign-off already.",
            ),
            models.CheckConstraint(
                condition=Q(recheck_on=None) | Q(recheck_on__gte=F("day")),  # the same day: taken back at once
                name="sign_off_recheck_after_day",
                violation_error_message="The recheck must not be before the day of the sign-off.",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=Stage.values),
                name="sign_off_stage_known",
                violation_error_message="Choose trained, observed or signed off.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.volunteer}: {self.get_stage_display().lower()} for {self.session_type}"

    @property
    def name(self) -> str:
        """The name of the session type in the nations of the volunteer's areas; needs `with_nations`."""
        return self.session_type.name_among((self.nations or "").split())
