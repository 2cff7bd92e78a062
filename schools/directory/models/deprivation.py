"""How deprived small areas are, each within its own nation; the nations' scales are never compared."""

from django.db import models
from django.db.models import Q

from schools.core.nations import Nation

SMALL_AREA_LENGTH = 9
FIFTHS = range(1, 6)
"""1 is the most deprived fifth of the small areas of its nation, 5 the least deprived one."""


def fifth_name(fifth: int | None) -> str:
    """Return how people call a fifth of a nation's small areas; None is not known."""
    names = {None: "Not known", FIFTHS[0]: f"Fifth {FIFTHS[0]}, most deprived", FIFTHS[-1]: f"Fifth {FIFTHS[-1]}, least deprived"}
    return names.get(fifth, f"Fifth {fifth}")


class Deprivation(models.Model):
    """A small area (LSOA, data zone), and in which fifth of its nation's by deprivation it lies, by an index of a year."""

    small_area = models.CharField(max_length=SMALL_AREA_LENGTH, primary_key=True)
    nation = models.CharField(max_length=20, choices=Nation.choices)
    fifth = models.PositiveSmallIntegerField(help_text="1 is the most deprived fifth of its nation, 5 the least.")
    year = models.PositiveSmallIntegerField(help_text="Of the index.")

    class Meta:
        ordering = ("small_area",)
        verbose_name = "deprivation of a small area"
        verbose_name_plural = "small areas by deprivation"
        constraints = (
            models.CheckConstraint(
                condition=Q(fifth__range=(FIFTHS[0], FIFTHS[-1])),
                name="deprivation_fifth_known",
                violation_error_message="A fifth is 1 (most deprived) to 5.",
            ),
            models.CheckConstraint(
                condition=Q(nation__in=Nation.values),
                name="deprivation_nation_known",
                violation_error_message="Choose one of the nations.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.small_area}: fifth {self.fifth}, {self.year}"
