"""Things taken to a session, what a type of session needs, and what was used."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from schools.core.nations import Language
from schools.programme.models import SessionType
from schools.visits.models import Session

MOST_PIECES = 10_000
"""The largest believable number of one material in one session."""


class Kind(models.TextChoices):
    """Whether it is used up or comes back."""

    CONSUMABLE = "consumable", "Used up"
    EQUIPMENT = "equipment", "Comes back"


class Material(models.Model):
    """A thing taken to a session, in one language and version."""

    Kind = Kind

    name = models.CharField(max_length=100)
    unit = models.CharField(max_length=30, default="piece")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CONSUMABLE)
    language = models.CharField(max_length=3, choices=Language.choices, default=Language.ENGLISH)
    version = models.CharField(max_length=30, blank=True)
    reorder_level = models.PositiveIntegerField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ("name", "language", "version")
        constraints = (
            models.UniqueConstraint(
                fields=["name", "language", "version"],
                name="material_once",
                violation_error_message="This material is there already in that language and version.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values) & Q(language__in=Language.values),
                name="material_choices_known",
                violation_error_message="Choose the kind and the language from the lists.",
            ),
        )

    def __str__(self) -> str:
        words = [] if self.language == Language.ENGLISH else [self.get_language_display()]
        words += [self.version] if self.version else []
        return f"{self.name} ({', '.join(words)})" if words else self.name


class Per(models.TextChoices):
    """By what the quantity of a kit line grows."""

    SESSION = "session", "Session"
    CLASS = "class", "Class of 30"
    PUPIL = "pupil", "Pupil"
    ADULT = "adult", "Adult"


class KitLine(models.Model):
    """How much of a material a session of a type needs."""

    Per = Per

    session_type = models.ForeignKey(SessionType, on_delete=models.CASCADE, related_name="kit_lines", db_index=False)
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="kit_lines")
    quantity = models.PositiveIntegerField()
    per = models.CharField(max_length=8, choices=Per.choices, default=Per.SESSION)

    class Meta:
        ordering = ("session_type", "material")
        constraints = (
            models.UniqueConstraint(
                fields=["session_type", "material"],
                name="kit_line_once",
                violation_error_message="The kit of this session type has the material already.",
            ),
            models.CheckConstraint(
                condition=Q(per__in=Per.values) & Q(quantity__gte=1, quantity__lte=MOST_PIECES),
                name="kit_line_quantity_believable",
                violation_error_message=f"Choose what the quantity is per, and a quantity from 1 to {MOST_PIECES:,}.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} {self.material} per {self.get_per_display().lower()}"


class MaterialUse(models.Model):
    """What a session was to have of a material, what arrived and what was used; NULL is "not said", never 0."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="material_uses", db_index=False)
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="uses")
    planned = models.PositiveIntegerField(null=True, blank=True)
    arrived = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ("session", "material")
        constraints = (
            models.UniqueConstraint(
                fields=["session", "material"],
                name="material_use_once",
                violation_error_message="This session has a line for the material already.",
            ),
            models.CheckConstraint(
                condition=(Q(planned=None) | Q(planned__lte=MOST_PIECES))
                & (Q(arrived=None) | Q(arrived__lte=MOST_PIECES))
                & (Q(used=None) | Q(used__lte=MOST_PIECES)),
                name="material_use_believable",
                violation_error_message=f"A session has at most {MOST_PIECES:,} of a material.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.material}: {'not said' if self.used is None else self.used}"
