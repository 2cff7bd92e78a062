"""The one row about the charity that runs this installation, and the texts that it publishes."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords

from schools.core.distances import Unit
from schools.core.travel import Pace
from schools.core.year_groups import MOST_PUPILS

THE_ROW = 1
"""The key of the only row."""

LONGEST_CYCLE = 10
"""The longest believable cycle, in academic years."""

USUAL = Pace()
"""How fast volunteers travel, until somebody says otherwise."""

ONE_LINE = RegexValidator(r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z", "Write it on one line.")
"""Keeps line breaks out of what stands in the header of a mail."""


class Charity(models.Model):
    """What the charity says of itself: how it is called and reached, its public texts, its measures. There is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ROW, editable=False)
    name = models.CharField(max_length=80, blank=True, validators=[ONE_LINE], help_text="As volunteers and schools know it.")
    address = models.TextField("postal address", max_length=400, blank=True, help_text="Stands under each mail.")
    sender = models.EmailField(
        "mails come from",
        blank=True,
        help_text="An address that your mail server may send from. Blank: the address that was set when this was installed.",
    )
    reply_to = models.EmailField("answers go to", blank=True, help_text="Blank: to the address that mails come from.")
    safeguarding_phone = PhoneNumberField(
        blank=True, help_text="Who answers a worry about a child at any time. Volunteers see it on the page of each morning."
    )
    concern_name = models.CharField(
        "named person",
        max_length=100,
        blank=True,
        default="",
        db_default="",
        validators=[ONE_LINE],
        help_text="To whom a concern about somebody who works for you goes, such as “Mary Bell, trustee for safeguarding”.",
    )
    concern_phone = PhoneNumberField(
        "phone of the named person",
        blank=True,
        default="",
        db_default="",
        help_text="Stands beside every box for notes. Blank: there the safeguarding phone stands for it.",
    )
    data_protection = models.CharField(
        "who answers about personal data",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        validators=[ONE_LINE],
        help_text="A name or a role, and how to reach them; the privacy notice fills it in.",
    )
    credentials = models.TextField(
        "what schools may know of you",
        max_length=600,
        blank=True,
        default="",
        db_default="",
        help_text="Such as your charity number, your insurance, and how a school gets your safeguarding policy. Schools read it "
        "beside what they get before a visit.",
    )
    # Of the version before, which reads them while this one comes in; the texts are rows of PublicText since.
    privacy_notice = models.TextField(blank=True, editable=False)
    accessibility_statement = models.TextField(blank=True, editable=False)
    travel_km_per_hour = models.FloatField(
        "travel, km an hour", default=USUAL.km_per_hour, help_text="How fast volunteers travel."
    )
    travel_detour = models.FloatField(
        "travel, detour", default=USUAL.detour, help_text="How many times the straight line the road is: 1.3 is usual."
    )
    travel_minutes_around = models.FloatField(
        "travel, minutes around", default=USUAL.around, help_text="For parking and signing in at a school, added to each way."
    )
    cycle_years = models.PositiveSmallIntegerField(
        "cycle, in school years",
        default=2,
        help_text="Every school is visited once in so many academic years. New areas begin with it, and schools outside all "
        "areas have it; each area may have its own.",
    )
    distances_in = models.CharField(
        max_length=5,
        choices=Unit.choices,
        default=Unit.MILES,
        db_default=Unit.MILES,
        help_text="How volunteers read and write how far a school is. The office counts in kilometres.",
    )
    most_pupils = models.PositiveSmallIntegerField(
        default=MOST_PUPILS,
        help_text="Of one year group in one session, and adults in one session. A larger number is refused as a typing mistake.",
    )

    history = HistoricalRecords(use_base_model_db=True)

    class Meta:
        verbose_name_plural = "charities"
        constraints = (
            models.CheckConstraint(
                condition=Q(id=THE_ROW), name="charity_once", violation_error_message="There is one charity only."
            ),
            models.CheckConstraint(
                condition=Q(travel_km_per_hour__gte=3, travel_km_per_hour__lte=120),
                name="charity_speed_believable",
                violation_error_message="People travel between 3 and 120 km an hour.",
            ),
            models.CheckConstraint(
                condition=Q(travel_detour__gte=1, travel_detour__lte=5),
                name="charity_detour_believable",
                violation_error_message="A road is between 1 and 5 times as long as the straight line.",
            ),
            models.CheckConstraint(
                condition=Q(travel_minutes_around__gte=0, travel_minutes_around__lte=120),
                name="charity_minutes_around_believable",
                violation_error_message="Parking and signing in take between 0 and 120 minutes.",
            ),
            models.CheckConstraint(
                condition=Q(cycle_years__gte=1, cycle_years__lte=LONGEST_CYCLE),
                name="charity_cycle_believable",
                violation_error_message=f"A cycle is 1 to {LONGEST_CYCLE} academic years.",
            ),
            models.CheckConstraint(
                condition=Q(distances_in__in=Unit.values),
                name="charity_unit_known",
                violation_error_message="Choose miles or kilometres.",
            ),
            models.CheckConstraint(
                condition=Q(most_pupils__gte=1, most_pupils__lte=MOST_PUPILS),
                name="charity_most_pupils_believable",
                violation_error_message=f"A session has at most {MOST_PUPILS:,} pupils of a year group.",
            ),
        )

    def __str__(self) -> str:
        return self.name or "The charity"


LONGEST_PUBLIC_TEXT = 30_000
"""Characters."""


class PublicTextQuerySet(models.QuerySet["PublicText"]):
    """Public texts, narrowed by filters that chain in any order."""

    def standing(self) -> "PublicTextQuerySet":
        """Texts of which words are published."""
        return self.exclude(words="")

    def in_usual_language(self) -> "PublicTextQuerySet":
        """Texts in the language that everybody gets where there is none in their own."""
        return self.filter(language=settings.LANGUAGE_CODE)


class PublicText(models.Model):
    """A text that anybody may read, in one language: what is published of it, and the draft of what comes next."""

    class Key(models.TextChoices):
        """Which text it is."""

        PRIVACY = "privacy", "Privacy notice"
        ACCESSIBILITY = "accessibility", "Accessibility statement"

    key = models.CharField("text", max_length=20, choices=Key.choices)
    language = models.CharField(max_length=10)
    draft = models.TextField(max_length=LONGEST_PUBLIC_TEXT, blank=True, help_text="Nobody but managers reads it; blank: none.")
    words = models.TextField(max_length=LONGEST_PUBLIC_TEXT, blank=True, help_text="What is published; blank: nothing is.")
    version = models.PositiveIntegerField(default=0, help_text="How often it was published.")
    published_at = models.DateTimeField(null=True, blank=True, help_text="When the latest version was published.")

    objects = PublicTextQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("key", "language")
        constraints = (
            models.UniqueConstraint(
                fields=["key", "language"],
                name="public_text_once",
                violation_error_message="There is this text in this language already.",
            ),
            models.CheckConstraint(
                condition=Q(key__in=["privacy", "accessibility"]),
                name="public_text_known",
                violation_error_message="Choose which text it is.",
            ),
            models.CheckConstraint(
                condition=Q(version=0, published_at=None, words="") | Q(version__gte=1, published_at__isnull=False),
                name="public_text_published",
                violation_error_message="What is published has a version and a day.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_key_display()} ({self.language})"
