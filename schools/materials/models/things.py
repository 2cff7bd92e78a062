"""Materials, and the kits that say what a session of a type needs."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from schools.core.nations import Language
from schools.programme.models import SessionType

MOST_PIECES = 10_000
"""The largest believable number of one material in one session."""

LONGEST_LEAD = 365
"""The longest believable lead time, in days."""


class Kind(models.TextChoices):
    """The two kinds of material: used up, or coming back."""

    CONSUMABLE = "consumable", "Used up"
    EQUIPMENT = "equipment", "Comes back"


class Material(models.Model):
    """A thing taken to sessions, in one language and version; equipment is kept as pieces, each with a label."""

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
        """Whether it comes back from sessions."""
        return self.kind == Kind.EQUIPMENT


class Per(models.TextChoices):
    """The unit for which a kit line gives its quantity."""

    SESSION = "session", "Session"
    CLASS = "class", "Class of 30"
    PUPIL = "pupil", "Pupil"
    ADULT = "adult", "Adult"


class KitLine(models.Model):
    """The quantity of a material that a session of a type needs.

    The session needs the material in its own language: where one of the same name and kind exists in that language, it replaces
    the line's material. Of several versions it is the line's own, else the latest.
    """

    Per = Per

    session_type = models.ForeignKey(SessionType, on_delete=models.CASCADE, related_name="kit_lines", db_index=False)
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="kit_lines")
    quantity = models.PositiveIntegerField()
    per = models.CharField(max_length=8, choices=Per.choices, default=Per.SESSION)

    history = HistoricalRecords()

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
