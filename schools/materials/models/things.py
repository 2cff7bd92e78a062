"""Materials and kits: what there is, and what a session of a type needs."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from schools.core.nations import Language
from schools.programme.models import SessionType

MOST_PIECES = 10_000
"""The largest believable number of one material in one session."""

LONGEST_LEAD = 365
"""Days; the longest believable time from ordering to having."""


class Kind(models.TextChoices):
    """Whether it is used up or comes back."""

    CONSUMABLE = "consumable", "Used up"
    EQUIPMENT = "equipment", "Comes back"


class Material(models.Model):
    """A thing taken to a session, in one language and version. Equipment is there in pieces, each known by its label."""

    Kind = Kind

    name = models.CharField(max_length=100)
    unit = models.CharField(max_length=30, default="piece")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CONSUMABLE)
    language = models.CharField(max_length=3, choices=Language.choices, default=Language.ENGLISH)
    version = models.CharField(max_length=30, blank=True)
    reorder_level = models.PositiveIntegerField(
        null=True, blank=True, help_text="An area with fewer than this free is told to order. Blank: never."
    )
    lead_days = models.PositiveSmallIntegerField(
        "lead time in days", null=True, blank=True, help_text="From ordering to having it. Blank: not known."
    )

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
            models.CheckConstraint(
                condition=Q(lead_days=None) | Q(lead_days__lte=LONGEST_LEAD),
                name="material_lead_believable",
                violation_error_message=f"A lead time is at most {LONGEST_LEAD} days.",
            ),
        )

    def __str__(self) -> str:
        words = [] if self.language == Language.ENGLISH else [self.get_language_display()]
        words += [self.version] if self.version else []
        return f"{self.name} ({', '.join(words)})" if words else self.name

    @property
    def is_equipment(self) -> bool:
        """Whether it comes back."""
        return self.kind == Kind.EQUIPMENT


class Per(models.TextChoices):
    """By what the quantity of a kit line grows."""

    SESSION = "session", "Session"
    CLASS = "class", "Class of 30"
    PUPIL = "pupil", "Pupil"
    ADULT = "adult", "Adult"


class KitLine(models.Model):
    """How much of a material a session of a type needs.

    The line stands for the material in the session's language: where there is one of the same name and kind in that language
    (of several versions the line's own, else the latest), the session needs that one.
    """

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
